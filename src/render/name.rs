//! Strings from input: without control characters and without home folders.
//!
//! Reports are read in terminals and posted to issues. So a string from input must not move the
//! cursor or break a line ([`crate::skip::visible`]), and it should not reveal the name of a user.
//! Each format prevents on its own that a string acts as markup.

use std::borrow::Cow;

use crate::skip::visible;

/// Folders that contain home folders; the next part of the path is the name of a user.
const HOMES: &[&str] = &["/home/", "/Users/"];

/// Returns the text with home folders as `~` and control characters made visible.
pub(super) fn tidy(text: &str, home: Option<&str>) -> String {
    visible(&without_home(text, home)).into_owned()
}

/// Replaces home folders by `~`, wherever a path begins in the text.
fn without_home<'t>(text: &'t str, home: Option<&str>) -> Cow<'t, str> {
    let home = home.unwrap_or_default().trim_end_matches('/');
    let mut shown = String::new();
    let mut rest = text;
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        let home_bytes = if begins_path(before) {
            home_at_start(rest, home)
        } else {
            None
        };
        if let Some(bytes) = home_bytes {
            shown.push('~');
            before = Some('~');
            rest = rest.get(bytes..).unwrap_or_default();
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

/// Whether a path may begin after this character. It may not in the middle of another path.
fn begins_path(before: Option<char>) -> bool {
    match before {
        Some('/' | '.' | '_' | '-' | '~') => false,
        Some(c) => !c.is_alphanumeric(),
        None => true,
    }
}

/// Returns the length in bytes of the home folder at the start of the text. `home` is the home
/// folder of the user who runs the program; it is ignored if it is empty or a single character.
fn home_at_start(text: &str, home: &str) -> Option<usize> {
    if home.len() > 1 && text.starts_with(home) && ends_folder(text, home.len()) {
        return Some(home.len());
    }
    let root = HOMES.iter().find(|root| text.starts_with(**root))?.len();
    let name = text.get(root..)?;
    let name_bytes = name.find(ends_name).unwrap_or(name.len());
    if name_bytes == 0 {
        return None;
    }
    Some(root + name_bytes)
}

/// Whether the name of a folder ends at this offset of the text.
fn ends_folder(text: &str, at: usize) -> bool {
    match text.get(at..) {
        Some(rest) => rest.is_empty() || rest.starts_with(['/', ':', '`']),
        None => false,
    }
}

fn ends_name(c: char) -> bool {
    matches!(c, '/' | ':' | '`') || c.is_whitespace()
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
