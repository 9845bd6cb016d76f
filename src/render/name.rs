//! Strings that come from input: made harmless, short and free of the reader's home folder.
//!
//! A report is read by people and posted to issues. So no string of somebody else's may move a
//! cursor or break a line ([`crate::skip::visible`]), push everything else off the page, or tell
//! more of a machine than it must. How a format keeps them from being markup is its own affair.

use std::borrow::Cow;

use crate::skip::visible;

/// Folders that hold home folders; the name below them is a person's.
const HOMES: &[&str] = &["/home/", "/Users/"];

/// Returns the text with home folders as `~` and control characters made visible.
pub(super) fn tidy(text: &str, home: Option<&str>) -> String {
    visible(&without_home(text, home)).into_owned()
}

/// Replaces home folders by `~`, wherever a path begins in the text.
fn without_home<'t>(text: &'t str, home: Option<&str>) -> Cow<'t, str> {
    let home = home
        .map(|home| home.trim_end_matches('/'))
        .filter(|home| home.len() > 1);
    let mut shown = String::new();
    let mut rest = text;
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        let end = if begins_path(before) {
            home_at(rest, home)
        } else {
            None
        };
        if let Some(end) = end {
            shown.push('~');
            before = Some('~');
            rest = rest.get(end..).unwrap_or_default();
        } else {
            shown.push(first);
            before = Some(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    if shown == text {
        text.into()
    } else {
        shown.into()
    }
}

/// Whether a path can begin after this character: not in the middle of another path.
fn begins_path(before: Option<char>) -> bool {
    before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '~')))
}

/// Where the home folder that the text begins with ends.
fn home_at(text: &str, home: Option<&str>) -> Option<usize> {
    let ends = |at: usize| {
        text.get(at..)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':', '`']))
    };
    let own = home
        .filter(|home| text.starts_with(home))
        .map(str::len)
        .filter(|at| ends(*at));
    own.or_else(|| {
        let root = HOMES.iter().find(|root| text.starts_with(**root))?.len();
        let name = text
            .get(root..)?
            .find(|c: char| matches!(c, '/' | ':' | '`') || c.is_whitespace());
        let end = name.map_or(text.len(), |length| root + length);
        (end > root).then_some(end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_folders_are_a_tilde_where_a_path_begins() {
        let shown = |text| tidy(text, Some("/srv/ada/"));
        assert_eq!(shown("/srv/ada/x.jsonl:12"), "~/x.jsonl:12");
        assert_eq!(shown("read `/srv/ada` and /home/bob/y"), "read `~` and ~/y");
        assert_eq!(
            shown("/srv/adam/x /mnt/home/bob"),
            "/srv/adam/x /mnt/home/bob"
        );
        assert_eq!(tidy("/Users/eve", None), "~");
        assert_eq!(tidy("/x", Some("/")), "/x");
    }
}
