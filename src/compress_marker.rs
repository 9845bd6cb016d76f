//! The marker that tok-compress adds to a shortened line, and that tok-expand reads.
//!
//! A shortened line ends with one more member, [`KEY`]: a list with one item for each value that
//! was replaced. An item names the location of the original value (line, byte offset, length) and
//! the hash of its bytes. The original file is therefore all that must be kept, and a hex dump of
//! it is enough to check a shortened line by hand.
//!
//! This module knows JSON and locations. It does not know why a value was replaced.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::json;
use crate::source_text;

/// Name of the member that lists the replaced values of a line.
pub const KEY: &str = "tok_elided";

/// One value that was replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Elision {
    /// Where in the line the value is, as a JSON pointer; empty for the whole line.
    pub at: String,
    /// Number of the original line, from 1.
    pub line: u64,
    /// Byte offset of the original value in the original file (decompressed).
    pub offset: u64,
    /// Bytes of the original value: of a string with its quotes, of a line without its line feed.
    pub length: u64,
    /// BLAKE3 of those bytes, 128 bits, hex.
    pub hash: String,
    /// BLAKE3 of the replacement text, 32 bits, hex. Where the line has a different text now, the
    /// text was edited since, and tok-expand leaves it alone. Absent where the whole line was
    /// replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
}

impl Elision {
    /// Describes an original value by its bytes and their location.
    pub fn of(original: &[u8], at: String, line: u64, offset: u64) -> Elision {
        Elision {
            at,
            line,
            offset,
            length: original.len() as u64,
            hash: source_text::hash(original),
            left: None,
        }
    }

    /// Whether these are the bytes that were replaced.
    pub fn is_of(&self, original: &[u8]) -> bool {
        self.hash == source_text::hash(original)
    }
}

/// Returns the check value of a replacement text: 32 bits of its BLAKE3, hex.
pub fn check(text: &str) -> String {
    let mut hex = source_text::hash(text.as_bytes());
    hex.truncate(8);
    hex
}

/// Returns the line, an object, with the list of replaced values as its last member. `None` where
/// the line is not an object with members.
pub fn marked(line: &str, elisions: &[Elision]) -> Option<String> {
    let end = line.trim_end().strip_suffix('}')?.len();
    let (head, tail) = line.split_at_checked(end)?;
    let list = serde_json::to_string(elisions).ok()?;
    Some(format!("{head},\"{KEY}\":{list}{tail}"))
}

/// The marker of a line.
pub struct Marked {
    /// The replaced values.
    pub elisions: Vec<Elision>,
    /// Byte range of the marker: the line without it is the line before it was marked.
    pub mark: Range<usize>,
}

/// Reads the marker of a line; `None` for a line without one.
///
/// # Errors
/// The line contains the name of the marker, but the list cannot be read.
pub fn read(line: &str) -> Result<Option<Marked>, Damage> {
    if !is_marked(line) {
        return Ok(None);
    }
    let [value] = json::members(line, [KEY]).ok_or(Damage::Line)?;
    let Some(value) = value else {
        return Ok(None);
    };
    let marked = marks(line, value).ok_or(Damage::List)?;
    Ok(Some(marked))
}

fn marks(line: &str, value: &str) -> Option<Marked> {
    let elisions = serde_json::from_str(value).ok()?;
    let value = json::range_of(line, value)?;
    Some(Marked {
        elisions,
        mark: member(line, value)?,
    })
}

/// Why the marker of a line cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The member is there, but its value is not a list of elisions.
    List,
    /// The line is not an object. It may have been so in the original already.
    Line,
}

/// Whether the line contains the name of the marker, as a member or as a text.
fn is_marked(line: &str) -> bool {
    memchr::memmem::find(line.as_bytes(), b"\"tok_elided\"").is_some()
}

/// Returns the byte range of the member that has its value at `value`. The range includes the comma
/// before the member, or, for the first member of an object, the comma after it.
fn member(line: &str, value: Range<usize>) -> Option<Range<usize>> {
    let head = line
        .get(..value.start)?
        .trim_end()
        .strip_suffix(':')?
        .trim_end();
    let name = head.len().checked_sub(KEY.len() + 2)?;
    let before = line.get(..name)?.trim_end();
    if let Some(before) = before.strip_suffix(',') {
        return Some(before.len()..value.end);
    }
    let after = line.get(value.end..)?;
    match after.trim_start().strip_prefix(',') {
        Some(rest) => Some(name..line.len() - rest.len()),
        None => Some(name..value.end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_can_be_removed_wherever_it_is() {
        let line = "{\"type\":\"tool\", \"a\":{} } \r";
        let elisions = [Elision::of(b"\"x\"", "/a".into(), 3, 70)];
        let marked = super::marked(line, &elisions).unwrap();
        let Marked {
            elisions: found,
            mark,
        } = read(&marked).unwrap().unwrap();
        assert_eq!(found, elisions);
        assert_eq!(json::spliced(&marked, vec![(mark, "")]), line);
        for moved in [
            "{ \"tok_elided\" : [] , \"a\":1}",
            "{\"b\":1 ,\"tok_elided\" :[], \"a\":1}",
            "{\"tok_elided\":[]}",
        ] {
            let mark = read(moved).unwrap().unwrap().mark;
            let without = json::spliced(moved, vec![(mark, "")]);
            assert!(
                serde_json::from_str::<serde_json::Value>(&without).is_ok(),
                "{without}"
            );
            assert!(!is_marked(&without));
        }
    }
}
