//! Shape: what a text looks like, for the rules that look for output without information.
//!
//! Each number is absent where it is not remarkable. None of them looks at every byte of a usual
//! text: they jump from one escape, line end or sampled byte to the next. Only long lines are read
//! through. The rows of a JSON text are counted elsewhere.

use crate::record::Shape;

/// Lines up to this size are not remarkable.
const LONG_LINE_BYTES: usize = 1000;
/// A long line with one blank in this many bytes is text; with fewer it is dense.
const DENSE_BYTES: usize = 50;
/// A long line with a member of an object in this many bytes is JSON.
const JSON_BYTES: usize = 200;
/// Runs of base64 shorter than this are names, hashes and tokens.
const BASE64_BYTES: usize = 256;

/// Returns what is remarkable about the text; `None` where nothing is.
pub(super) fn of(text: &str) -> Option<Shape> {
    let bytes = text.as_bytes();
    let (escapes, escape_bytes) = escapes(bytes);
    let (longest, dense) = long_lines(bytes);
    let shape = Shape {
        escapes: unless_zero(escapes),
        base64_bytes: unless_zero(base64_bytes(bytes)),
        escape_bytes: unless_zero(escape_bytes),
        overwritten_bytes: unless_zero(overwritten_bytes(bytes)),
        dense_bytes: unless_zero(dense),
        longest_line: (longest > LONG_LINE_BYTES).then_some(longest as u64),
        ..Shape::default()
    };
    if shape == Shape::default() {
        return None;
    }
    Some(shape)
}

fn unless_zero(n: u64) -> Option<u64> {
    if n == 0 { None } else { Some(n) }
}

/// Counts terminal sequences and their bytes: ESC and a bracket, `[` (colours, cursor) or `]`
/// (titles, links), up to their end.
fn escapes(text: &[u8]) -> (u64, u64) {
    let (mut count, mut sum) = (0, 0);
    for at in memchr::memchr_iter(0x1b, text) {
        let rest = text.get(at + 2..).unwrap_or_default();
        let end = match text.get(at + 1) {
            Some(b'[') => rest.iter().position(|b| (0x40..=0x7e).contains(b)),
            Some(b']') => memchr::memchr2(0x07, 0x1b, rest),
            _ => continue,
        };
        count += 1;
        // Of one that is cut off, only the beginning is known.
        sum += end.map_or(2, |end| 3 + end as u64);
    }
    (count, sum.min(text.len() as u64))
}

/// Counts the bytes of each line in front of its last carriage return that is not its end.
fn overwritten_bytes(text: &[u8]) -> u64 {
    let (mut sum, mut start, mut last) = (0, 0, 0);
    for at in memchr::memchr2_iter(b'\r', b'\n', text) {
        if text.get(at) == Some(&b'\n') {
            sum += last - start;
            (start, last) = (at + 1, at + 1);
        } else if text
            .get(at + 1)
            .is_some_and(|next| !matches!(next, b'\n' | b'\r'))
        {
            last = at;
        }
    }
    (sum + last - start) as u64
}

/// The bytes of the longest line, and those of all dense lines.
fn long_lines(text: &[u8]) -> (usize, u64) {
    let (mut start, mut longest, mut dense) = (0, 0, 0);
    for end in memchr::memchr_iter(b'\n', text).chain([text.len()]) {
        let line = text.get(start..end).unwrap_or_default();
        longest = longest.max(line.len());
        if line.len() > LONG_LINE_BYTES && is_dense(line) {
            dense += line.len() as u64;
        }
        start = end + 1;
    }
    (longest, dense)
}

/// Whether a long line has few blanks. So has JSON, and it means something; so have scripts that
/// write without blanks, and frames that are drawn.
fn is_dense(line: &[u8]) -> bool {
    let blanks = memchr::memchr2_iter(b' ', b'\t', line).count();
    let foreign = line.iter().filter(|b| !b.is_ascii()).count();
    let members = memchr::memmem::find_iter(line, b"\":").count();
    (blanks + foreign) * DENSE_BYTES < line.len() && members * JSON_BYTES < line.len()
}

/// Returns the bytes in unbroken runs of the base64 alphabets (`+/` and `-_`) that have capitals,
/// small letters and digits: a run of one class, or of hexadecimal digits, is something else.
fn base64_bytes(text: &[u8]) -> u64 {
    let mut sum = 0;
    // A run of 256 bytes has one at a multiple of 256: only these are looked at.
    let mut at = 0;
    while at < text.len() {
        let Some((from, to)) = run(text, at) else {
            at += BASE64_BYTES;
            continue;
        };
        let run = &text[from..to];
        if run.len() >= BASE64_BYTES && is_mixed(run) {
            sum += run.len() as u64;
        }
        at = (to / BASE64_BYTES + 1) * BASE64_BYTES;
    }
    sum
}

/// Returns the run of base64 characters around `at`: its start and its end.
fn run(text: &[u8], at: usize) -> Option<(usize, usize)> {
    if !is_base64(*text.get(at)?) {
        return None;
    }
    let (mut from, mut to) = (at, at + 1);
    while from > 0 && is_base64(text[from - 1]) {
        from -= 1;
    }
    while to < text.len() && is_base64(text[to]) {
        to += 1;
    }
    Some((from, to))
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

fn is_mixed(run: &[u8]) -> bool {
    let has = |class: fn(&u8) -> bool| run.iter().any(class);
    has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_no_shape() {
        assert_eq!(of("Compiling tok v0.1.0\nFinished in 3.4 s\n"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn escapes_long_lines_and_rows_are_counted() {
        assert_eq!(
            of("\u{1b}[31mred\u{1b}[0m \u{1b}x").and_then(|s| s.escapes),
            Some(2)
        );
        assert_eq!(
            of(&("a ".repeat(600) + "\nb")).and_then(|s| s.longest_line),
            Some(1200)
        );
    }

    #[test]
    fn what_a_terminal_would_not_show_is_counted_in_bytes() {
        let bytes = |text: &str| of(text).and_then(|shape| shape.escape_bytes);
        assert_eq!(bytes("\u{1b}[31mred\u{1b}[0m"), Some(9));
        assert_eq!(bytes("\u{1b}]0;title\u{7}x"), Some(10));
        assert_eq!(bytes("x\u{1b}["), Some(2));
        let over = |text: &str| overwritten_bytes(text.as_bytes());
        assert_eq!(over("a\r\nb\r\n"), 0);
        assert_eq!(over("10 %\r50 %\rdone\nnext\r\n"), 9);
        assert_eq!(over("10 %\rdone"), 4);
        assert_eq!(over("done\r"), 0);
    }

    #[test]
    fn a_dense_line_is_long_and_has_few_blanks_and_is_no_json() {
        let dense = |text: &str| of(text).and_then(|shape| shape.dense_bytes);
        let code = "function(a){return(b)};".repeat(100);
        assert_eq!(dense(&format!("x\n{code}\ny")), Some(2300));
        assert_eq!(dense(&"a word or two ".repeat(100)), None);
        assert_eq!(dense(&"{\"number\":1,\"title\":\"x\"},".repeat(100)), None);
        assert_eq!(dense(&"─".repeat(1000)), None);
        assert_eq!(dense("function(a){return(b)};"), None);
    }

    #[test]
    fn base64_is_not_hexadecimal_and_not_a_row_of_dashes() {
        let base64 = "iVBORw0KGgoAAAANSUhEUgAA".repeat(20);
        assert_eq!(base64_bytes(format!("x {base64}= y").as_bytes()), 481);
        assert_eq!(base64_bytes("0123456789abcdef".repeat(40).as_bytes()), 0);
        assert_eq!(base64_bytes("=".repeat(999).as_bytes()), 0);
        assert_eq!(base64_bytes(&base64.as_bytes()[..250]), 0);
    }
}
