//! Lines that are no records, and why.

use crate::refusal;

/// A line that is no record of the type it claims to be. The stream goes on without it.
#[derive(Debug)]
pub struct Malformed {
    /// What it is not, and why; nothing of what it says.
    words: String,
    /// It has a key twice: with the last one only, it may be a record.
    twice: bool,
}

impl Malformed {
    pub(super) fn because(what: &str, why: &str) -> Malformed {
        Malformed {
            words: format!("{what}: {why}"),
            twice: why == refusal::TWICE,
        }
    }

    /// Whether the line has a key twice.
    pub(super) fn is_twice(&self) -> bool {
        self.twice
    }
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Malformed {}
