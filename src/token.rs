//! Token room: the only door to the tokenizers.
//!
//! A [`Counter`] counts the tokens of a text in one encoding, exactly as the reference
//! (`encode_ordinary` of tiktoken-rs) does, special tokens taken as plain text. It never hands a
//! tokenizer a whole text: it cuts it first where no token can reach across (`cut`), looks up
//! what it has counted lately (`memo`), and only then asks the tokenizer (`bpe`). What is no text
//! has rules of its own: [`image`] by its size, [`sealed`] content by its length.
//!
//! This room knows no record and no file.

mod bpe;
mod cut;
pub mod image;
mod memo;
pub mod sealed;

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

pub use bpe::Encoding;
use cut::Piece;
use memo::Memo;

/// The tokens of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub tokens: u64,
    /// Whether a run without any safe cut had to be broken, so that the number may be off by a
    /// token or two for each break (`tokens_by` then ends in `~`).
    pub estimated: bool,
}

/// A run of a text that no token reaches out of or into: a line or a few.
#[derive(Clone, Debug)]
pub struct Atom {
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
    /// XXH3 of its bytes, 64 bit: the same wherever the same run stands.
    pub hash: u64,
    /// Its tokens.
    pub count: Count,
}

/// Counts tokens in one encoding. Each thread should have its own, and keep it: what it has
/// counted lately it need not count again.
///
/// Memory: 256 KB, beside the vocabulary, which all counters of a process share (about 30 MB for
/// the default encoding) and which is built at the first count (100 ms).
pub struct Counter {
    encoding: &'static Encoding,
    memo: Memo,
}

impl Counter {
    /// Returns a counter for the encoding. Costs nothing until the first count.
    pub fn new(encoding: &'static Encoding) -> Counter {
        Counter {
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

    /// Counts the text atom by atom, from front to back: each is handed to `take`, and the tokens
    /// of all add up to those of the text.
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

    /// Asks the tokenizer, piece by piece: it is slow, or fails, on runs of megabytes.
    fn pieces(&self, atom: &str) -> Count {
        let mut sum = Count::default();
        let mut start = 0;
        while start < atom.len() {
            let Piece { end, safe } = cut::piece(atom, start);
            sum.add(Count {
                tokens: self.encoding.count(&atom[start..end]),
                estimated: !safe,
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
        let mut counter = Counter::new(Encoding::standard());
        let text = "fn a() {\n    b();\n\n\n}\r\n// 日本語\n日本\n/x\n";
        let (mut end, mut tokens) = (0, 0);
        counter.atoms(text, |atom| {
            assert_eq!(atom.range.start, end);
            (end, tokens) = (atom.range.end, tokens + atom.count.tokens);
        });
        assert_eq!((end, tokens), (text.len(), counter.encoding.count(text)));
    }

    #[test]
    fn a_run_without_a_cut_is_broken_and_says_so() {
        let mut counter = Counter::new(Encoding::standard());
        assert!(!counter.count(&"ab ".repeat(100_000)).estimated);
        let spaces = counter.count(&" ".repeat(1_000_000));
        assert!(spaces.estimated && spaces.tokens > 0);
    }
}
