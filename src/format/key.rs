//! Words that look like keys: passwords of programs, which must not be in records and reports.
//!
//! A key that a user pastes where a program, a path or a kind is expected must not be recorded.
//! This is no search for secrets in texts, which are never recorded: it decides about one word.

/// How the keys of well-known services begin.
const BEGINS: &[&str] = &[
    "sk-",
    "pk-",
    "rk_",
    "sk_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxr-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "eyJ",
    "npm_",
    "pypi-",
    "hf_",
    "dop_v1_",
    "SG.",
    "-----BEGIN",
];

/// Shorter words are no keys.
const LEAST: usize = 12;

/// A word with a longer run of mixed letters and digits is no name.
const MOST_MIXED: usize = 24;

/// Whether a word looks like a key.
pub fn looks_like_key(word: &str) -> bool {
    begins_like_key(word)
        || word
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(is_mixed)
}

/// Whether a word begins as the keys of well-known services do.
pub fn begins_like_key(word: &str) -> bool {
    word.len() >= LEAST && BEGINS.iter().any(|begin| word.starts_with(*begin))
}

fn is_mixed(run: &str) -> bool {
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    // Hex digits alone are a hash or an id: of commits, sessions, temporary folders.
    let is_hex = run.bytes().all(|b| b.is_ascii_hexdigit());
    run.len() > MOST_MIXED && !is_hex && digits >= 3 && run.len() - digits >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_names() {
        for key in [
            "ghp_0123456789abcdef",
            "sk-ant-api03-AAAABBBB",
            "AKIAIOSFODNN7EXAMPLE",
            "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA",
        ] {
            assert!(looks_like_key(key), "{key}");
        }
        let names = [
            "cargo",
            "python3.11",
            "x86_64-unknown-linux-gnu-gcc",
            "sk-learn",
            "npm_run",
            "run_tests.sh",
        ];
        for name in names.iter().chain(&[
            "0199f000-0000-7000-8000-000000000004",
            "d41d8cd98f00b204e9800998ecf8427e",
        ]) {
            assert!(!looks_like_key(name), "{name}");
        }
    }
}
