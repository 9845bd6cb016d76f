//! What may be said of the path that a call names.
//!
//! A tool asks for a path, and a model, or whoever wrote to it, may put anything there: an address
//! with a password in it, a question, a letter. A path stays as it is; of an address its scheme and
//! host remain; what reads like a sentence is nothing.

use crate::format::key::{begins_like_key, looks_like_key};

/// No longer than this is said of a path, in characters.
const MOST: usize = 256;
/// One component of a path has no more words, but for the names that programs give to pictures.
const MOST_WORDS: usize = 8;

/// Returns what may be said of it.
pub(super) fn target(path: &str) -> Option<String> {
    let path = path.trim();
    if path.is_empty() || path.chars().any(char::is_control) {
        return None;
    }
    if let Some((scheme, rest)) = path.split_once("://") {
        return address(scheme, rest);
    }
    let path = path.split('?').next().unwrap_or_default();
    let is_sentence = path.split(['/', '\\']).any(is_sentence);
    // Folders of build systems have hashes for names.
    let mut words = path.split(|c: char| matches!(c, '/' | '\\') || c.is_whitespace());
    let has_key = words.any(begins_like_key) || !path.contains(['/', '\\']) && looks_like_key(path);
    let clipped: String = path.chars().take(MOST).collect();
    (!clipped.is_empty() && !is_sentence && !has_key).then_some(clipped)
}

/// Scheme and host, without who asks there and for what.
fn address(scheme: &str, rest: &str) -> Option<String> {
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let is_plain = |text: &str| {
        text.chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '+' | '[' | ']'))
    };
    let is_address = is_plain(scheme) && is_plain(host) && scheme.len() <= 32 && host.len() <= MOST;
    is_address.then(|| format!("{scheme}://{host}"))
}

/// Whether a component of a path reads like a sentence: several words with the marks of one, or
/// more of them than a name has.
fn is_sentence(part: &str) -> bool {
    let words = part.split_whitespace().count();
    let marks = [", ", "; ", ": ", ". ", "! ", "? "];
    let has_end = part
        .rsplit_once('.')
        .is_some_and(|(_, end)| (1..=8).contains(&end.len()) && !end.contains(' '));
    let has_marks = marks.iter().any(|mark| part.contains(mark));
    // Names of folders have capitals (`Application Support`), names of files an ending.
    let is_name = has_end
        || part
            .split_whitespace()
            .filter(|word| word.starts_with(|c: char| c.is_lowercase()))
            .count()
            < 2;
    words > MOST_WORDS || words >= 3 && (has_marks || !is_name)
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
            ("a\nb", None),
            ("", None),
        ];
        for (path, expected) in cut {
            assert_eq!(target(path).as_deref(), expected, "{path}");
        }
    }
}
