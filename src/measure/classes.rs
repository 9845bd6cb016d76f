//! Character classes: what a text is made of, in bytes.
//!
//! Six numbers that tell prose from digits from white space, and that correct a foreign
//! tokenizer's count better than its tokens alone (docs/formats.md 3.15).

/// Returns the bytes that are letters, digits, blanks, newlines, punctuation, and all others: the
/// first five ASCII, the last everything that is not, and controls. They add up to the text.
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

/// Returns the bytes that are ASCII capitals. A foreign tokenizer pays for them: they seldom are in
/// its longer pieces.
pub(super) fn capitals(text: &[u8]) -> u64 {
    tally(text, |b| b.is_ascii_uppercase())
}

/// Counts the bytes of a class. By chunks that a byte can count, so that the compiler makes it 16
/// or more bytes at a time.
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
