//! Counts tokens: the only room that uses the tokenizers.
//!
//! A [`TokenCounter`] counts the tokens of a text in one encoding, exactly as the reference
//! (`encode_ordinary` of tiktoken-rs) does: special tokens count as plain text. Tokenizers are slow
//! on long texts. So the counter first cuts the text where no token can cross the cut (`cut`), then
//! looks up the parts that it has counted recently (`memo`), and only then calls the tokenizer
//! (`bpe`). Content that is not text has rules of its own: an [`image`] is counted by its size,
//! [`encrypted`] content by its length.
//!
//! This room knows neither records nor files.

mod bpe;
mod cut;
pub mod encrypted;
pub mod image;
mod memo;

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

pub use bpe::Encoding;
use cut::PieceEnd;
use memo::Memo;

/// The number of tokens of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Exact, unless `estimated`.
    pub tokens: u64,
    /// Whether a long run without a safe cut was broken. Then the number may be off by a token or
    /// two for each break, and `tokens_by` ends in `~`.
    pub estimated: bool,
}

/// A part of a text, one or a few lines long. No token crosses its borders, so its tokens do not
/// depend on the text around it.
#[derive(Clone, Debug)]
pub struct Atom {
    /// The bytes of the text that it consists of.
    pub range: Range<usize>,
    /// XXH3 of these bytes, 64 bits.
    pub hash: u64,
    /// Its tokens.
    pub count: Count,
}

/// Counts tokens in one encoding. Each worker thread should keep a counter for itself: a counter
/// remembers lines that it has counted recently.
///
/// Memory: 256 KB, and the vocabulary, which all counters of a process share. The vocabulary of the
/// default encoding takes about 30 MB; it is built at the first count, which takes 100 ms.
pub struct TokenCounter {
    encoding: &'static Encoding,
    memo: Memo,
}

impl TokenCounter {
    /// Returns a counter for the encoding. It takes no memory until the first count.
    pub fn new(encoding: &'static Encoding) -> TokenCounter {
        TokenCounter {
            encoding,
            memo: Memo::default(),
        }
    }

    /// Returns the tokens of the text.
    pub fn count(&mut self, text: &str) -> Count {
        let mut sum = Count::default();
        self.atoms(text, |atom| sum.add(atom.count));
        sum
    }

    /// Counts the text atom by atom, in order, and passes each atom to `take`. The tokens of the
    /// atoms add up to those of the text.
    pub fn atoms(&mut self, text: &str, mut take: impl FnMut(Atom)) {
        let mut start = 0;
        while start < text.len() {
            let end = cut::line(text, start, self.encoding.newlines);
            let atom = &text[start..end];
            let hash = xxh3_64(atom.as_bytes());
            take(Atom {
                range: start..end,
                hash,
                count: self.atom(atom, hash),
            });
            start = end;
        }
    }

    fn atom(&mut self, atom: &str, hash: u64) -> Count {
        if let Some(tokens) = self.memo.get(hash, atom.len()) {
            return Count {
                tokens,
                estimated: false,
            };
        }
        let count = self.pieces(atom);
        if !count.estimated {
            self.memo.put(hash, atom.len(), count.tokens);
        }
        count
    }

    /// Calls the tokenizer on pieces of the atom: it is slow, or fails, on runs of megabytes.
    fn pieces(&self, atom: &str) -> Count {
        let mut sum = Count::default();
        let mut start = 0;
        while start < atom.len() {
            let PieceEnd { end, is_safe } = cut::piece(atom, start);
            sum.add(Count {
                tokens: self.encoding.count(&atom[start..end]),
                estimated: !is_safe,
            });
            start = end;
        }
        sum
    }
}

impl Count {
    /// Adds the tokens of another part of the same text.
    pub fn add(&mut self, more: Count) {
        self.tokens += more.tokens;
        self.estimated |= more.estimated;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_tile_the_text_and_their_tokens_add_up() {
        let mut counter = TokenCounter::new(Encoding::standard());
        let text = "fn a() {\n    b();\n\n\n}\r\n// 日本語\n日本\n/x\n";
        let (mut end, mut tokens) = (0, 0);
        counter.atoms(text, |atom| {
            assert_eq!(atom.range.start, end);
            (end, tokens) = (atom.range.end, tokens + atom.count.tokens);
        });
        assert_eq!((end, tokens), (text.len(), counter.encoding.count(text)));
    }

    #[test]
    fn a_run_without_a_safe_cut_is_broken_and_marked_as_estimated() {
        let mut counter = TokenCounter::new(Encoding::standard());
        assert!(!counter.count(&"ab ".repeat(100_000)).estimated);
        let spaces = counter.count(&" ".repeat(1_000_000));
        assert!(spaces.estimated && spaces.tokens > 0);
    }
}
