//! Sniffing: what a file is, by its first lines.
//!
//! As many lines are read as the formats need; then the reader of the format starts over with them.

use std::io::{self, BufRead, Read};

use serde::de::IgnoredAny;

use super::foreign::{DATABASE_BYTES, STORE_BYTES, is_database, is_utf_16};
use super::{Format, Recognised, recognise};

/// Longer lines are not needed to recognise a format.
const HEAD_LINE_BYTES: usize = 1 << 20;

/// Reads lines, `most_bytes` at most, until a format recognises them or none can. Returns what was
/// read, which the reader of the file must read again, and the format.
///
/// # Errors
/// The input cannot be read.
pub fn read(
    input: &mut impl BufRead,
    most_bytes: usize,
) -> io::Result<(Vec<u8>, Option<&'static Format>)> {
    let start = input.fill_buf()?;
    if is_database(start) || is_utf_16(start) {
        return Ok((store(input)?, None));
    }
    let (mut head, mut lines) = (Vec::new(), Vec::new());
    loop {
        let from = head.len();
        let left = most_bytes.saturating_sub(from) as u64;
        let read = input.by_ref().take(left).read_until(b'\n', &mut head)?;
        lines.extend(whole_value(&head[from..]));
        // The formats look at all lines each time: they are asked after 1, 2, 4, ... lines.
        if read > 0 && !lines.len().is_power_of_two() {
            continue;
        }
        let known: Vec<&str> = lines.iter().map(String::as_str).collect();
        match recognise(&known, read == 0) {
            Recognised::Format(format) => return Ok((head, Some(format))),
            Recognised::Unknown => return Ok((head, None)),
            Recognised::NeedMore => {}
        }
    }
}

/// Reads as much of a file as is needed to name it, if it is of no known format.
///
/// # Errors
/// The input cannot be read.
pub fn store(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let most = if is_database(input.fill_buf()?) {
        DATABASE_BYTES
    } else {
        STORE_BYTES
    };
    let mut head = Vec::new();
    input.take(most).read_to_end(&mut head)?;
    Ok(head)
}

/// A line as the formats look at it; `None` for one that is damaged or too long.
fn whole_value(line: &[u8]) -> Option<String> {
    if line.len() > HEAD_LINE_BYTES {
        return None;
    }
    let text = String::from_utf8_lossy(line);
    let text = text.trim_matches(|c: char| matches!(c, '\u{feff}' | '\0') || c.is_whitespace());
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    Some(text.to_owned())
}
