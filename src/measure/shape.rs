//! Shape: what a text looks like, for the rules that look for output without information.
//!
//! Four numbers, each absent where it is not remarkable. None of them looks at every byte: they
//! jump from one escape, line feed or sampled byte to the next.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::record::Shape;

/// Lines up to this size are not remarkable.
const LONG_LINE_BYTES: usize = 1000;
/// Runs of base64 shorter than this are names, hashes and tokens.
const BASE64_BYTES: usize = 256;

/// Returns what is remarkable about the text; `None` where nothing is.
pub(super) fn of(text: &str) -> Option<Shape> {
    let bytes = text.as_bytes();
    let mut shape = Shape {
        escapes: unless_zero(escapes(bytes)),
        base64_bytes: unless_zero(base64_bytes(bytes)),
        json_rows: json_rows(text),
        longest_line: None,
    };
    let longest = longest_line(bytes);
    if longest > LONG_LINE_BYTES {
        shape.longest_line = Some(longest as u64);
    }
    if shape == Shape::default() {
        return None;
    }
    Some(shape)
}

fn unless_zero(n: u64) -> Option<u64> {
    if n == 0 { None } else { Some(n) }
}

/// Counts terminal sequences: ESC and a bracket, `[` (colours, cursor) or `]` (titles, links).
fn escapes(text: &[u8]) -> u64 {
    let mut count = 0;
    for at in memchr::memchr_iter(0x1b, text) {
        if matches!(text.get(at + 1), Some(b'[' | b']')) {
            count += 1;
        }
    }
    count
}

fn longest_line(text: &[u8]) -> usize {
    let (mut start, mut longest) = (0, 0);
    for end in memchr::memchr_iter(b'\n', text) {
        longest = longest.max(end - start);
        start = end + 1;
    }
    longest.max(text.len() - start)
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

/// Returns the rows of a text that is, as a whole, a JSON array of objects.
fn json_rows(text: &str) -> Option<u64> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?.trim();
    // Most texts that begin with a bracket are log lines, which are not worth parsing.
    if !(inner.starts_with('{') && inner.ends_with('}')) {
        return None;
    }
    match serde_json::from_str(text) {
        Ok(ObjectCount(rows)) => Some(rows),
        Err(_) => None,
    }
}

/// The number of objects in an array; anything else in it is an error.
struct ObjectCount(u64);

impl<'de> Deserialize<'de> for ObjectCount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<ObjectCount, D::Error> {
        struct ArrayVisitor;
        impl<'de> Visitor<'de> for ArrayVisitor {
            type Value = ObjectCount;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an array of objects")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<ObjectCount, A::Error> {
                let mut count = 0;
                while rows.next_element::<AnyObject>()?.is_some() {
                    count += 1;
                }
                Ok(ObjectCount(count))
            }
        }
        from.deserialize_seq(ArrayVisitor)
    }
}

/// An object with any members.
struct AnyObject;

impl<'de> Deserialize<'de> for AnyObject {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<AnyObject, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = AnyObject;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<AnyObject, A::Error> {
                while keys.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(AnyObject)
            }
        }
        from.deserialize_map(ObjectVisitor)
    }
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
        assert_eq!(
            of(" [ {\"a\":[1]}, {} ]\n").and_then(|s| s.json_rows),
            Some(2)
        );
        assert_eq!(of("[{\"a\":1},2,{}]"), None);
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
