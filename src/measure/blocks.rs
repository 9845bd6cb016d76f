//! Blocks: a text cut by its content, so that equal passages give equal blocks in any text: a
//! project document inside a larger prompt, a file read twice with one line changed.
//!
//! Blocks are made of whole atoms ([`Atom`]: about a line), so the tokens of all blocks add up to
//! those of the text. A block begins at what looks like the start of a section, and after lines
//! that are selected by their hash, one in eight. Both depend on the neighbouring lines only. The
//! bounds of a block's size depend on where it began too, but the next such line puts that right.

use crate::record::Block;
use crate::token::Atom;

/// The smallest block, except before a heading.
const LEAST_BYTES: usize = 64;
/// The largest block, unless one atom is longer.
const MOST_BYTES: usize = 4 << 10;
/// A block ends after an atom whose hash has these bits zero.
const SELECTED: u64 = 0b111;

/// The blocks of a text.
pub(super) struct Blocks<'t> {
    text: &'t str,
    start: usize,
    end: usize,
    tokens: u64,
    previous: PreviousAtom,
    /// The line that the next block begins at, where lines are named.
    line: Option<u64>,
    blocks: Vec<Block>,
}

/// What the previous atom was.
#[derive(Clone, Copy, Default, PartialEq)]
enum PreviousAtom {
    #[default]
    Other,
    /// Selected by its hash: the block may end.
    Selected,
    /// A heading: one right below it stays in the same block.
    Heading,
}

impl<'t> Blocks<'t> {
    /// The blocks of `text`, whose atoms follow with [`Blocks::push`]. `lines`: whether each names
    /// the line that it begins at.
    pub(super) fn of(text: &'t str, lines: bool) -> Blocks<'t> {
        Blocks {
            text,
            start: 0,
            end: 0,
            tokens: 0,
            previous: PreviousAtom::Other,
            line: lines.then_some(1),
            blocks: Vec::new(),
        }
    }

    /// Takes the next atom of the text.
    pub(super) fn push(&mut self, atom: &Atom) {
        let line = &self.text[atom.range.clone()];
        let heading = is_heading(line);
        let size = self.end - self.start;
        let section = line.starts_with('<') || line.starts_with("---");
        if (heading && self.previous != PreviousAtom::Heading)
            || (size >= LEAST_BYTES && (section || self.previous == PreviousAtom::Selected))
            || size + line.len() > MOST_BYTES
        {
            self.close();
        }
        self.end = atom.range.end;
        self.tokens += atom.count.tokens;
        self.previous = if heading {
            PreviousAtom::Heading
        } else if atom.hash & SELECTED == 0 {
            PreviousAtom::Selected
        } else {
            PreviousAtom::Other
        };
    }

    /// Ends the text; returns its blocks.
    pub(super) fn end(mut self) -> Vec<Block> {
        self.close();
        self.blocks
    }

    fn close(&mut self) {
        let bytes = self.end - self.start;
        if bytes == 0 {
            return;
        }
        let block = &self.text.as_bytes()[self.start..self.end];
        let mut hash = blake3::hash(block).to_hex().to_string();
        hash.truncate(16);
        let line = self.line;
        if let Some(next) = &mut self.line {
            *next += block.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        self.blocks.push(Block {
            hash,
            offset: self.start as u64,
            bytes: bytes as u64,
            tokens: self.tokens,
            line,
        });
        (self.start, self.tokens) = (self.end, 0);
    }
}

/// Whether a line is a heading of Markdown: one to six `#` and a blank.
fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    (1..=6).contains(&(line.len() - rest.len())) && rest.starts_with(' ')
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::token::{Encoding, TokenCounter};

    fn blocks(text: &str) -> (Vec<Block>, u64) {
        let mut counter = TokenCounter::new(Encoding::standard());
        let mut blocks = Blocks::of(text, false);
        counter.atoms(text, |atom| blocks.push(&atom));
        (blocks.end(), counter.count(text).tokens)
    }

    #[test]
    fn a_document_gives_the_same_blocks_inside_a_prompt() {
        let line = |n: u64| {
            format!(
                "Rule {n}: run the checks of part {} before you hand in.\n",
                n * 7 % 5
            )
        };
        let doc: String =
            "# Guide\n\n".to_owned() + &(0..80).map(line).collect::<String>() + "## End\n\nDone.\n";
        let prompt = format!("You are an agent.\n\n<doc>\n{doc}</doc>\nGo on.");
        let ((alone, tokens), (inside, all)) = (blocks(&doc), blocks(&prompt));
        assert_eq!(alone.iter().map(|b| b.tokens).sum::<u64>(), tokens);
        assert_eq!(inside.iter().map(|b| b.tokens).sum::<u64>(), all);
        assert!(alone.len() > 5);
        let seen: HashSet<&str> = inside.iter().map(|b| b.hash.as_str()).collect();
        let found: u64 = alone
            .iter()
            .filter(|b| seen.contains(b.hash.as_str()))
            .map(|b| b.bytes)
            .sum();
        assert!(
            found as usize * 100 >= doc.len() * 95,
            "{found} of {} bytes found",
            doc.len()
        );
    }
}
