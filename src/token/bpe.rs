//! The encodings, in one table, and the tokenizer of each.
//!
//! The crate `tiktoken` counts the default encoding, `o200k_base`, five times as fast as
//! `tiktoken-rs`. `tiktoken-rs` counts the other encodings, and the tests compare the fast crate
//! with it (tests/token.rs). A vocabulary is built at its first use.

use tiktoken_rs as reference;

/// How the pattern of an encoding treats newlines. It decides where a text can be cut after a
/// newline without changing its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Newlines {
    /// White space up to and including its last newline is a word (`\s*[\r\n]+`); this rule comes
    /// before the general rule for white space. `cl100k_base` and later encodings.
    First,
    /// Newlines are treated as any other white space (`\s+(?!\S)`). `r50k_base` and `p50k_base`.
    Plain,
}

/// A way of splitting text into tokens: a vocabulary and a pattern.
pub struct Encoding {
    name: &'static str,
    pub(super) newlines: Newlines,
    count: fn(&str) -> Option<usize>,
}

/// All encodings, the default first.
static ENCODINGS: [Encoding; 5] = [
    Encoding {
        name: "o200k_base",
        newlines: Newlines::First,
        count: o200k_base,
    },
    Encoding {
        name: "o200k_harmony",
        newlines: Newlines::First,
        count: |text| Some(reference::o200k_harmony_singleton().count_ordinary(text)),
    },
    Encoding {
        name: "cl100k_base",
        newlines: Newlines::First,
        count: |text| Some(reference::cl100k_base_singleton().count_ordinary(text)),
    },
    Encoding {
        name: "p50k_base",
        newlines: Newlines::Plain,
        count: |text| Some(reference::p50k_base_singleton().count_ordinary(text)),
    },
    Encoding {
        name: "r50k_base",
        newlines: Newlines::Plain,
        count: |text| Some(reference::r50k_base_singleton().count_ordinary(text)),
    },
];

/// The only text that the fast tokenizer is known to split otherwise than the reference: an
/// apostrophe and a long s, which form a contraction, before another contraction (`x'ſ'lle`). It
/// has not been found in any session.
const LONG_S: &[u8] = "'ſ".as_bytes();

fn o200k_base(text: &str) -> Option<usize> {
    if memchr::memmem::find(text.as_bytes(), LONG_S).is_some() {
        return Some(reference::o200k_base_singleton().count_ordinary(text));
    }
    Some(tiktoken::get_encoding("o200k_base")?.count(text))
}

impl Encoding {
    /// Returns the encoding with this name.
    pub fn named(name: &str) -> Option<&'static Encoding> {
        ENCODINGS.iter().find(|encoding| encoding.name == name)
    }

    /// Returns the default encoding.
    pub fn standard() -> &'static Encoding {
        &ENCODINGS[0]
    }

    /// Returns the names of all encodings, the default first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ENCODINGS.iter().map(|encoding| encoding.name)
    }

    /// Returns the name, as in `tokens_by`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Counts the tokens of a text. The text must be short (see `cut::piece`).
    pub(super) fn count(&self, piece: &str) -> u64 {
        match (self.count)(piece) {
            Some(tokens) => tokens as u64,
            // Not reached: all encodings of the table are compiled in. A test counts in each.
            None => 0,
        }
    }
}
