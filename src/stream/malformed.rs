//! The error for a line that is no record.

use crate::refusal;

/// A line that is no valid record of its type. It is reported, and the stream goes on without it.
#[derive(Debug)]
pub struct Malformed {
    /// What the line is not, and why. It never contains a part of the line.
    words: String,
    /// Whether the line has a key twice: without the first of them it may be a valid record.
    twice: bool,
}

impl Malformed {
    /// Returns the error: `what` the line is not, and `why`.
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
