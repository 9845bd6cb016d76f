//! Encodings: the tokenizers behind one table.
//!
//! The default, `o200k_base`, is counted by the crate `tiktoken`, five times as fast as
//! `tiktoken-rs`, which is the oracle of the tests (tests/token.rs) and serves all others. A
//! vocabulary is built when it is first asked for.

use tiktoken_rs as reference;

/// Where a pattern lets a text be cut after a newline without changing its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Newlines {
    /// White space up to and with its last newline is one piece of its own, in front of the
    /// general rule for white space (`\s*[\r\n]+`): `cl100k_base` and later.
    First,
    /// Newlines are white space like any other (`\s+(?!\S)`): `r50k_base`, `p50k_base`.
    Plain,
}

/// How text becomes tokens: a vocabulary and its pattern.
pub struct Encoding {
    name: &'static str,
    pub(super) newlines: Newlines,
    count: fn(&str) -> Option<usize>,
}

/// Every encoding, the default first.
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

/// The one text that the fast tokenizer is known to split elsewhere: an apostrophe and a long s,
/// which together are a contraction, before another (`x'ſ'lle`). No session has it.
const LONG_S: &[u8] = "'ſ".as_bytes();

fn o200k_base(text: &str) -> Option<usize> {
    if memchr::memmem::find(text.as_bytes(), LONG_S).is_some() {
        return Some(reference::o200k_base_singleton().count_ordinary(text));
    }
    Some(tiktoken::get_encoding("o200k_base")?.count(text))
}

impl Encoding {
    /// Returns the encoding of that name.
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

    /// Its name, as `tokens_by` gives it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the tokens of a piece of text, which must be short (see `cut::piece`).
    pub(super) fn count(&self, piece: &str) -> u64 {
        // Every encoding of the table is compiled in; a test counts in each.
        (self.count)(piece).map_or(0, |tokens| tokens as u64)
    }
}
