//! Shape: what a text looks like, for the rules that tell noise from signal.
//!
//! Four numbers, each absent where there is nothing to remark. None of them needs a second look at
//! every byte: they hop from one escape, newline or suspect to the next.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::record::Shape;

/// Lines up to this size are nothing remarkable.
const LONG_LINE_BYTES: usize = 1000;
/// Runs of base64 shorter than this are names, hashes and tokens.
const BASE64_BYTES: usize = 256;

/// Returns what is remarkable about the text; `None` where nothing is.
pub(super) fn of(text: &str) -> Option<Shape> {
    let bytes = text.as_bytes();
    let shape = Shape {
        escapes: Some(escapes(bytes)).filter(|n| *n > 0),
        base64_bytes: Some(base64_bytes(bytes)).filter(|n| *n > 0),
        json_rows: json_rows(text),
        longest_line: Some(longest_line(bytes))
            .filter(|n| *n > LONG_LINE_BYTES)
            .map(|n| n as u64),
    };
    (shape != Shape::default()).then_some(shape)
}

/// Terminal sequences: ESC and a bracket, `[` (colours, cursor) or `]` (titles, links).
fn escapes(text: &[u8]) -> u64 {
    memchr::memchr_iter(0x1b, text)
        .filter(|at| matches!(text.get(at + 1), Some(b'[' | b']')))
        .count() as u64
}

fn longest_line(text: &[u8]) -> usize {
    let mut start = 0;
    let inner = memchr::memchr_iter(b'\n', text)
        .map(|end| end - std::mem::replace(&mut start, end + 1))
        .max();
    inner.unwrap_or(0).max(text.len() - start)
}

/// Bytes in unbroken runs of the base64 alphabets (`+/` and `-_`) that have capitals, small
/// letters and digits: a run of one class or of hexadecimal digits is something else.
fn base64_bytes(text: &[u8]) -> u64 {
    let mut sum = 0;
    // A run of 256 has a byte at a multiple of 256: only these need a look.
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

/// The run of base64 characters around `at`.
fn run(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let inside =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=');
    text.get(at).filter(|b| inside(b))?;
    let before = text[..at].iter().rev().take_while(|b| inside(b)).count();
    let after = text[at..].iter().take_while(|b| inside(b)).count();
    Some((at - before, at + after))
}

fn is_mixed(run: &[u8]) -> bool {
    let has = |class: fn(&u8) -> bool| run.iter().any(class);
    has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

/// Rows of a text that is, as a whole, a JSON array of objects.
fn json_rows(text: &str) -> Option<u64> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?.trim();
    // Most texts that begin with a bracket are log lines: do not parse them to find out.
    if !(inner.starts_with('{') && inner.ends_with('}')) {
        return None;
    }
    serde_json::from_str::<Rows>(text).ok().map(|rows| rows.0)
}

/// The number of objects in an array; anything else in it is an error.
struct Rows(u64);

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Rows, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Rows;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an array of objects")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Rows, A::Error> {
                let mut count = 0;
                while rows.next_element::<Row>()?.is_some() {
                    count += 1;
                }
                Ok(Rows(count))
            }
        }
        from.deserialize_seq(Each)
    }
}

/// An object, whatever is in it.
struct Row;

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Row, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Row;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<Row, A::Error> {
                while keys.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Row)
            }
        }
        from.deserialize_map(Keys)
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
    fn escapes_long_lines_and_rows_are_told() {
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
    fn base64_is_told_from_hexadecimal_and_from_dashes() {
        let base64 = "iVBORw0KGgoAAAANSUhEUgAA".repeat(20);
        assert_eq!(base64_bytes(format!("x {base64}= y").as_bytes()), 481);
        assert_eq!(base64_bytes("0123456789abcdef".repeat(40).as_bytes()), 0);
        assert_eq!(base64_bytes("=".repeat(999).as_bytes()), 0);
        assert_eq!(base64_bytes(&base64.as_bytes()[..250]), 0);
    }
}
