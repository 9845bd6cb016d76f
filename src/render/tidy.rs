//! Makes strings from input safe to show: no control characters, and no home folders.
//!
//! Reports are read in terminals and posted to issues. So a string from input must not move the
//! cursor or break a line ([`crate::skip::visible`]), and it should not reveal the name of a user.
//! Each format prevents on its own that a string acts as markup.

use crate::skip::visible;

/// Folders that contain home folders; the next part of the path is the name of a user. In JSON the
/// folder of Windows is written with two backslashes each.
const PARENTS_OF_HOMES: &[&str] = &["/home/", "/Users/", r"\Users\", r"\\Users\\"];

/// Returns the text with home folders as `~` and control characters made visible. `home`: the home
/// folder of the user who runs the program, if it is known.
pub(super) fn tidy(text: &str, home: Option<&str>) -> String {
    visible(&without_home(text, home)).into_owned()
}

/// Replaces home folders by `~`, wherever a path begins in the text.
fn without_home(text: &str, home: Option<&str>) -> String {
    let home = home.unwrap_or_default().trim_end_matches('/');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let home_bytes = if path_may_begin_after(&shown) {
            home_at_start(rest, home)
        } else {
            None
        };
        if let Some(bytes) = home_bytes {
            shown.push('~');
            rest = rest.get(bytes..).unwrap_or_default();
        } else {
            shown.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    shown
}

/// Whether a path may begin after this text. It may not in the middle of another path, but after
/// the scheme of an address (`file://`).
fn path_may_begin_after(text: &str) -> bool {
    if text.ends_with("://") {
        return true;
    }
    match text.chars().next_back() {
        Some('/' | '.' | '_' | '-' | '~') => false,
        Some(c) => !c.is_alphanumeric(),
        None => true,
    }
}

/// Returns the length in bytes of the home folder at the start of the text. `home` is that of the
/// user who runs the program; it is ignored if it is empty or a single character.
fn home_at_start(text: &str, home: &str) -> Option<usize> {
    if home.len() > 1
        && let Some(rest) = text.strip_prefix(home)
        && name_bytes(rest) == 0
    {
        return Some(home.len());
    }
    for parent in PARENTS_OF_HOMES {
        if let Some(rest) = text.strip_prefix(parent)
            && name_bytes(rest) > 0
        {
            return Some(parent.len() + name_bytes(rest));
        }
    }
    None
}

/// Returns the length in bytes of the part of a folder's name at the start of the text; 0 if a name
/// ends there. The full stop of a sentence is no part of a name.
fn name_bytes(text: &str) -> usize {
    let end = text.find(|c| !is_in_name(c)).unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    name.trim_end_matches('.').len()
}

/// Whether a name of a user may contain this character. Some systems add `@` and a domain.
fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '+')
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

    #[test]
    fn a_home_folder_ends_where_its_name_ends_whoever_it_is() {
        for home in ["/srv/ada", "/home/bob", "/Users/eve"] {
            for end in ["", " && ls", "\"", "'", "), x", ", x", ":3", ".", "/x", "…"] {
                let text = format!("cd ({home}{end}");
                let shown = format!("cd (~{end}");
                assert_eq!(tidy(&text, Some("/srv/ada")), shown, "{text}");
            }
        }
        for same in [
            "/srv/ada.old",
            "/srv/ada-2/x",
            "/srv/ada_x",
            "/srv/adám",
            "/home/",
        ] {
            assert_eq!(tidy(same, Some("/srv/ada")), same);
        }
        assert_eq!(tidy("/home/bob@example.org/x", None), "~/x");
    }

    #[test]
    fn an_address_of_a_file_shows_no_user() {
        assert_eq!(tidy("file:///home/bob/x", None), "file://~/x");
        assert_eq!(tidy("file:///srv/ada", Some("/srv/ada")), "file://~");
        assert_eq!(tidy("//home/bob", None), "//home/bob");
    }

    #[test]
    fn a_home_folder_of_windows_is_a_tilde() {
        assert_eq!(tidy(r"C:\Users\bob\x", None), r"C:~\x");
        assert_eq!(tidy(r"C:\\Users\\bob\\x", None), r"C:~\\x");
        assert_eq!(tidy("C:/Users/bob/x", None), "C:~/x");
    }
}
