//! Safe cuts: where a text can be cut so that the tokens of the parts are those of the whole.
//!
//! Encodings first split a text into words by a pattern and never merge across two words. A cut is
//! safe where a word ends whatever stands on either side:
//!
//! - *After a newline*, if no word goes on past it. In the newer patterns white space up to its
//!   last newline is a word (`\s*[\r\n]+`), so blanks may follow, but not another newline or other
//!   white space; and punctuation takes newlines and slashes along (`[^\s\p{L}\p{N}]+[\r\n/]*`),
//!   so no slash may follow directly. In the older patterns the newline must stand alone between
//!   two characters that are no white space.
//! - *Between an ASCII letter or digit and an ASCII character that is neither*, nor an apostrophe
//!   (`'s` goes with the word before it). This holds for every pattern.
//!
//! The patterns look ahead for white space but never behind, so what follows a cut cannot see what
//! was before it, and what precedes it ends as it would have.

use super::bpe::Newlines;

/// The longest piece a tokenizer is given, in bytes. They are superlinear on unbroken runs: 1 MB
/// of random letters takes the fast one 0.6 s, 4 MB 4.7 s, and the reference overflows its stack
/// on 1 MB of spaces. Pieces of this size stay in the linear range of both.
pub(super) const LONGEST_BYTES: usize = 64 << 10;

/// The end of a piece, and whether it may end there.
pub(super) struct Piece {
    pub(super) end: usize,
    pub(super) safe: bool,
}

/// Returns the end of the atom that begins at `start`: the next safe cut after a newline, or the
/// end of the text.
pub(super) fn line(text: &str, start: usize, newlines: Newlines) -> usize {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\n', &bytes[start..])
        .map(|at| start + at + 1)
        .find(|after| match newlines {
            Newlines::First => ends_word(text, *after),
            Newlines::Plain => stands_alone(text, *after),
        })
        .unwrap_or(text.len())
}

/// Whether what follows the newline before `after` is a new word: blanks, then something that is
/// no white space; and no slash directly.
fn ends_word(text: &str, after: usize) -> bool {
    let rest = &text.as_bytes()[after..];
    let blanks = rest
        .iter()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    match rest.get(blanks) {
        None => false,
        Some(b'/') => blanks > 0,
        Some(0x21..=0x7e) => true,
        Some(_) => starts_dark(&text[after + blanks..]),
    }
}

/// Whether the newline before `after` has something that is no white space on either side.
fn stands_alone(text: &str, after: usize) -> bool {
    let before = text[..after - 1].chars().next_back();
    before.is_some_and(|c| !c.is_whitespace()) && starts_dark(&text[after..])
}

fn starts_dark(text: &str) -> bool {
    text.chars().next().is_some_and(|c| !c.is_whitespace())
}

/// Returns the end of the piece of `atom` that begins at `start`: at most [`LONGEST_BYTES`] on, at
/// the last safe cut between words; where there is none, at a character and not safe.
pub(super) fn piece(atom: &str, start: usize) -> Piece {
    if atom.len() - start <= LONGEST_BYTES {
        return Piece {
            end: atom.len(),
            safe: true,
        };
    }
    let window = &atom.as_bytes()[start..=start + LONGEST_BYTES];
    let word_ends = |pair: &[u8]| {
        pair[0].is_ascii_alphanumeric()
            && pair[1].is_ascii()
            && !pair[1].is_ascii_alphanumeric()
            && pair[1] != b'\''
    };
    match window.windows(2).rposition(word_ends) {
        Some(at) => Piece {
            end: start + at + 1,
            safe: true,
        },
        None => Piece {
            end: atom.floor_char_boundary(start + LONGEST_BYTES),
            safe: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atoms(text: &str, newlines: Newlines) -> Vec<&str> {
        let mut found = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let end = line(text, start, newlines);
            found.push(&text[start..end]);
            start = end;
        }
        found
    }

    #[test]
    fn blank_lines_stay_with_what_is_before_them() {
        assert_eq!(
            atoms("a\n\n  \n  b\r\nc\n", Newlines::First),
            ["a\n\n  \n", "  b\r\n", "c\n"]
        );
    }

    #[test]
    fn a_slash_right_after_the_newline_is_no_cut() {
        assert_eq!(
            atoms("a;\n/b\n /c\nd", Newlines::First),
            ["a;\n/b\n", " /c\n", "d"]
        );
    }

    #[test]
    fn the_older_patterns_are_cut_at_lone_newlines_only() {
        assert_eq!(
            atoms("a\nb\n\nc\n d\r\ne", Newlines::Plain),
            ["a\n", "b\n\nc\n d\r\ne"]
        );
    }
}
