//! Damaged lines: the objects that can be recovered from a line that its reader refuses.
//!
//! All repairs keep every byte at its offset: a byte that is not UTF-8 reads as `?`, a control
//! character as a blank, the first of two members of one name as blanks. Objects that follow one
//! another from the start of the line on, or up to its end, are records; an object in the middle of
//! a broken one is only a part of it.

use std::ops::Range;

use serde::de::IgnoredAny;

/// Names the damage of a line from which `saved` objects were recovered.
pub(super) fn damage(bytes: &[u8], saved: usize) -> &'static str {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        "a byte-order mark"
    } else if bytes.contains(&0) {
        "NUL bytes"
    } else if saved > 1 {
        "several objects on one line"
    } else if std::str::from_utf8(bytes).is_err() {
        "not UTF-8"
    } else {
        "damaged JSON"
    }
}

/// Returns the bytes as text of the same length: what is not UTF-8 reads as `?`, control
/// characters (JSON allows none in strings) as blanks.
pub(super) fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let is_control = c.is_ascii_control() && c != '\u{7f}';
            text.push(if is_control { ' ' } else { c });
        }
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    text
}

/// The most times that all bytes of a damaged line are parsed: a line of nothing but opened braces
/// would otherwise be parsed once for each of them.
const MOST_TIMES: usize = 4;
/// The most bytes that are parsed in addition.
const MOST_BYTES: usize = 16 << 20;
/// The bytes that each attempt counts in addition.
const START_BYTES: usize = 64;

/// Finds the objects of a damaged line: those that follow one another from some `{"` on up to the
/// end of the line, or up to the next damage.
pub(super) fn objects(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut left = text
        .len()
        .saturating_mul(MOST_TIMES)
        .saturating_add(MOST_BYTES);
    for start in memchr::memmem::find_iter(text.as_bytes(), b"{\"") {
        if start < from {
            continue;
        }
        let ObjectRun {
            objects,
            end,
            parsed,
        } = run(text, start);
        // An object in the middle of a broken one is a part of it, not a record: a run must start
        // the line or reach its end.
        let starts_line = text[..start].trim().is_empty() || !found.is_empty() && start == from;
        let ends_line = text[end..].trim().is_empty();
        if !objects.is_empty() && (starts_line || ends_line) {
            found.extend(objects);
            from = end;
        }
        match left.checked_sub(parsed + START_BYTES) {
            Some(rest) => left = rest,
            None => break,
        }
    }
    found
}

/// Objects that follow one another.
struct ObjectRun {
    objects: Vec<Range<usize>>,
    /// Where the last one ends.
    end: usize,
    /// The number of bytes that were parsed.
    parsed: usize,
}

fn run(text: &str, start: usize) -> ObjectRun {
    let mut run = ObjectRun {
        objects: Vec::new(),
        end: start,
        parsed: 0,
    };
    let rest = text.get(start..).unwrap_or_default();
    let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
    loop {
        match stream.next() {
            Some(Ok(_)) => {
                let next = start + stream.byte_offset();
                let object = text[run.end..next].trim_start();
                run.objects.push(next - object.len()..next);
                run.end = next;
            }
            // No line feed is left in the text, so the column is the byte.
            Some(Err(e)) => {
                run.parsed = e.column();
                return run;
            }
            None => {
                run.parsed = rest.len();
                return run;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_opened_braces_is_not_parsed_once_for_each() {
        let line = "{\"a\":".repeat(400_000);
        assert!(objects(&line).is_empty());
        let after = format!("{}{{\"b\":1}}", "{\"a\":\"x\",".repeat(5_000));
        let last = after.len() - 7..after.len();
        assert_eq!(objects(&after), vec![last]);
    }
}
