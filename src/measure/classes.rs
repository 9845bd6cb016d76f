//! Character classes: what a text is made of, in bytes.
//!
//! Where the tokenizer of a provider is not public, the six counts estimate its tokens better than
//! the tokens of another tokenizer alone (docs/formats.md 3.15).

/// Returns the bytes that are letters, digits, blanks, newlines, punctuation, and all others. The
/// first five are ASCII; the others are the bytes beyond ASCII and the control characters. The six
/// add up to the size of the text.
pub(super) fn of(text: &[u8]) -> [u64; 6] {
    let letters = tally(text, |b| b.is_ascii_alphabetic());
    let digits = tally(text, |b| b.is_ascii_digit());
    let blanks = tally(text, |b| matches!(b, b' ' | b'\t'));
    let newlines = tally(text, |b| matches!(b, b'\n' | b'\r'));
    let visible = tally(text, |b| matches!(b, 0x21..=0x7e));
    let punctuation = visible - letters - digits;
    let other = text.len() as u64 - visible - blanks - newlines;
    [letters, digits, blanks, newlines, punctuation, other]
}

/// Returns the bytes that are ASCII capitals. They cost more tokens: the longer pieces of a
/// tokenizer seldom contain them.
pub(super) fn capitals(text: &[u8]) -> u64 {
    tally(text, |b| b.is_ascii_uppercase())
}

/// Counts the bytes of a class, in chunks whose count fits into a byte: so the compiler can look at
/// 16 or more bytes at a time.
fn tally(text: &[u8], class: impl Fn(u8) -> bool) -> u64 {
    text.chunks(255)
        .map(|chunk| u64::from(chunk.iter().map(|b| u8::from(class(*b))).sum::<u8>()))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_one_class() {
        assert_eq!(of("aB1 \t\r\n.é\u{1}".as_bytes()), [2, 1, 2, 2, 1, 3]);
        assert_eq!(capitals("aB1 É_CD".as_bytes()), 3);
        assert_eq!(of("x".repeat(1000).as_bytes()), [1000, 0, 0, 0, 0, 0]);
    }
}
