//! Safe cuts: where a text can be cut so that the tokens of the parts are the tokens of the whole.
//!
//! Encodings first split a text into words by a pattern; a token never crosses the border of a
//! word. A cut is safe where a word ends whatever the text on either side:
//!
//! - *After a newline*, if no word continues past it. In the newer patterns white space up to its
//!   last newline is a word (`\s*[\r\n]+`), so spaces and tabs may follow the newline, but not
//!   another newline or other white space. Punctuation includes newlines and slashes that follow it
//!   (`[^\s\p{L}\p{N}]+[\r\n/]*`), so a slash may not follow directly. In the older patterns the
//!   newline must be alone between two characters that are not white space.
//! - *Between an ASCII letter or digit and an ASCII character that is neither*, except for an
//!   apostrophe (`'s` belongs to the word before it). This holds for every pattern.
//!
//! The patterns look ahead for white space but never behind. So the text after a cut is split as if
//! nothing preceded it, and the text before the cut ends as it would have ended anyway.

use super::bpe::Newlines;

/// The most bytes of a piece that a tokenizer is given. Tokenizers are superlinear on unbroken
/// runs: on 1 MB of random letters the fast one takes 0.6 s, on 4 MB 4.7 s, and the reference
/// overflows its stack on 1 MB of spaces. Both are linear up to this size.
pub(super) const LONGEST_BYTES: usize = 64 << 10;

/// The end of a piece.
pub(super) struct PieceEnd {
    /// Its offset in the atom.
    pub(super) end: usize,
    /// Whether the cut is safe, so that the tokens of the pieces add up exactly.
    pub(super) is_safe: bool,
}

/// Returns the end of the atom that begins at `start`: the next safe cut after a newline, or the
/// end of the text.
pub(super) fn line(text: &str, start: usize, newlines: Newlines) -> usize {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'\n', &bytes[start..]) {
        let after = start + at + 1;
        let is_safe = match newlines {
            Newlines::First => begins_word(text, after),
            Newlines::Plain => is_lone_newline(text, after),
        };
        if is_safe {
            return after;
        }
    }
    text.len()
}

/// Whether a word begins after the newline that precedes `after`: spaces or tabs may come first,
/// then a character that is not white space; a slash needs a space or tab before it.
fn begins_word(text: &str, after: usize) -> bool {
    let rest = &text.as_bytes()[after..];
    let mut blanks = 0;
    while let Some(b' ' | b'\t') = rest.get(blanks) {
        blanks += 1;
    }
    match rest.get(blanks) {
        None => false,
        Some(b'/') => blanks > 0,
        Some(0x21..=0x7e) => true,
        Some(_) => is_not_space(text[after + blanks..].chars().next()),
    }
}

/// Whether the newline that precedes `after` is between two characters that are not white space.
fn is_lone_newline(text: &str, after: usize) -> bool {
    let before = text[..after - 1].chars().next_back();
    is_not_space(before) && is_not_space(text[after..].chars().next())
}

fn is_not_space(c: Option<char>) -> bool {
    match c {
        Some(c) => !c.is_whitespace(),
        None => false,
    }
}

/// Returns the end of the piece of `atom` that begins at `start`. The piece has at most
/// [`LONGEST_BYTES`] and ends at the last safe cut between two words; if there is none, it ends
/// between two characters and the cut is not safe.
pub(super) fn piece(atom: &str, start: usize) -> PieceEnd {
    if atom.len() - start <= LONGEST_BYTES {
        return PieceEnd {
            end: atom.len(),
            is_safe: true,
        };
    }
    let window = &atom.as_bytes()[start..=start + LONGEST_BYTES];
    match window.windows(2).rposition(ends_word) {
        Some(at) => PieceEnd {
            end: start + at + 1,
            is_safe: true,
        },
        None => PieceEnd {
            end: atom.floor_char_boundary(start + LONGEST_BYTES),
            is_safe: false,
        },
    }
}

/// Whether a word ends between these two bytes in every pattern.
fn ends_word(pair: &[u8]) -> bool {
    pair[0].is_ascii_alphanumeric()
        && pair[1].is_ascii()
        && !pair[1].is_ascii_alphanumeric()
        && pair[1] != b'\''
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
    fn blank_lines_stay_with_the_line_before_them() {
        assert_eq!(
            atoms("a\n\n  \n  b\r\nc\n", Newlines::First),
            ["a\n\n  \n", "  b\r\n", "c\n"]
        );
    }

    #[test]
    fn there_is_no_cut_before_a_slash_at_the_start_of_a_line() {
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
