//! What is recorded of the path that a call names.
//!
//! A tool asks for a path, but a model, or the author of its input, may put anything there: an
//! address with a password in it, a question, a letter. A path stays up to a `?` and up to 256
//! characters; of an address scheme and host remain; of a text that reads like a sentence, or holds
//! a key or a user's password, nothing does.

use crate::format::key::{begins_like_key, looks_like_key};

/// A path is cut to this length, in characters.
const MOST: usize = 256;
/// A component of a path with more words is a sentence. Names that programs give to pictures have
/// up to this many.
const MOST_WORDS: usize = 8;

/// Returns what is recorded of a path.
pub(super) fn target(path: &str) -> Option<String> {
    let path = path.trim();
    if path.is_empty() || path.chars().any(char::is_control) {
        return None;
    }
    if let Some((scheme, rest)) = path.split_once("://") {
        return address(scheme, rest);
    }
    let path = path.split('?').next().unwrap_or_default();
    if path.is_empty() || path.split(['/', '\\']).any(is_sentence) || has_password(path) {
        return None;
    }
    // `looks_like_key` refuses long hashes, which build systems give to folders: only a word that
    // stands alone is held against it.
    let mut words = path.split(|c: char| matches!(c, '/' | '\\') || c.is_whitespace());
    if words.any(begins_like_key) || !path.contains(['/', '\\']) && looks_like_key(path) {
        return None;
    }
    Some(path.chars().take(MOST).collect())
}

/// Scheme and host of an address, without user, path and query.
fn address(scheme: &str, rest: &str) -> Option<String> {
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if !is_plain(scheme) || !is_plain(host) || scheme.len() > 32 || host.len() > MOST {
        return None;
    }
    if host.split(['.', ':']).any(begins_like_key) {
        return None;
    }
    Some(format!("{scheme}://{host}"))
}

fn is_plain(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '+' | '[' | ']'))
}

/// Whether a path begins with a user and a password, as an address without its scheme does.
fn has_password(path: &str) -> bool {
    let first = path.split(['/', '\\']).next().unwrap_or_default();
    match first.split_once(':') {
        Some((_, rest)) => rest.contains('@'),
        None => false,
    }
}

/// Whether a component of a path reads like a sentence: several words with the marks of a sentence,
/// or more words than a name has.
fn is_sentence(part: &str) -> bool {
    let (mut words, mut lower_case) = (0, 0);
    for word in part.split_whitespace() {
        words += 1;
        if word.starts_with(char::is_lowercase) {
            lower_case += 1;
        }
    }
    let marks = [", ", "; ", ": ", ". ", "! ", "? "];
    let has_marks = marks.iter().any(|mark| part.contains(mark));
    // Names of folders have capitals (`Application Support`), names of files an ending.
    let is_name = lower_case < 2 || has_ending(part);
    words > MOST_WORDS || words >= 3 && (has_marks || !is_name)
}

fn has_ending(part: &str) -> bool {
    match part.rsplit_once('.') {
        Some((_, end)) => (1..=8).contains(&end.len()) && !end.contains(' '),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_an_address_is_cut_and_a_sentence_is_nothing() {
        let same = [
            "src/lib.rs",
            "/Users/ana/Library/Application Support/Code/settings.json",
            r"C:\Program Files (x86)\Steam\a.txt",
            "/home/ana/Screenshot 2026-01-02 at 10.11.12 AM.png",
            "My Documents and Settings/a",
            "README",
        ];
        for path in same {
            assert_eq!(target(path).as_deref(), Some(path));
        }
        let cut = [
            (
                "https://user:hunter2@host.example:8443/p?token=x#y",
                Some("https://host.example:8443"),
            ),
            ("file:///home/ana/a", Some("file://")),
            ("a/b?token=x", Some("a/b")),
            ("Dear diary, my password is hunter2", None),
            ("what is my password", None),
            ("notes/my key is ghp_0123456789abcdef", None),
            ("ghp_0123456789abcdef", None),
            ("notes/ghp_0123456789abcdef", None),
            ("https://ghp_0123456789abcdef/x", None),
            ("user:hunter2@host/a", None),
            ("git@host:a/b", Some("git@host:a/b")),
            ("a\nb", None),
            ("", None),
        ];
        for (path, expected) in cut {
            assert_eq!(target(path).as_deref(), expected, "{path}");
        }
    }
}
