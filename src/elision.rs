//! What was left out of a line, and where it still stands: how tok-compress and tok-expand agree.
//!
//! A line of which something was left out has one more member, [`KEY`], at its end: a list with,
//! for each value that was replaced, the place of the original value (line, byte offset, length)
//! and the hash of its bytes there. So nothing need be kept but the original file; and whoever has
//! one of the two and a hex dump can check the other.
//!
//! This module knows JSON and places. It does not know why something was left out.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::json;
use crate::source_text;

/// The member of a line that lists what was left out of it.
pub const KEY: &str = "tok_elided";

/// One value that was replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Elision {
    /// Where in the line, as a JSON pointer; empty for the line itself.
    pub at: String,
    /// Number of the original line, from 1.
    pub line: u64,
    /// Byte offset of the original value in the original file (decompressed).
    pub offset: u64,
    /// Bytes of the original value: of a string with its quotes, of a line without its line feed.
    pub length: u64,
    /// BLAKE3 of those bytes, 128 bit, hex.
    pub hash: String,
    /// BLAKE3 of the text that stands there instead, 32 bit, hex: what has another text by now was
    /// edited, and stays edited. Absent where the line itself was replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
}

impl Elision {
    /// Describes an original value: its bytes and where they stand.
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

    /// Whether these are the bytes that were left out.
    pub fn is_of(&self, original: &[u8]) -> bool {
        self.hash == source_text::hash(original)
    }
}

/// Returns the check of a text that stands in place of another: 32 bit of its BLAKE3.
pub fn check(text: &str) -> String {
    let mut hex = source_text::hash(text.as_bytes());
    hex.truncate(8);
    hex
}

/// Returns the line, an object, with the list of what was left out of it as its last member.
/// `None` where it is no object that has members.
pub fn marked(line: &str, elisions: &[Elision]) -> Option<String> {
    let end = line.trim_end().strip_suffix('}')?.len();
    let (head, tail) = line.split_at_checked(end)?;
    let list = serde_json::to_string(elisions).ok()?;
    Some(format!("{head},\"{KEY}\":{list}{tail}"))
}

/// A line taken apart: what was left out of it, and where it says so.
pub struct Marked {
    /// What was left out.
    pub elisions: Vec<Elision>,
    /// The bytes to take away, so that the line is again as it was before it was marked.
    pub mark: Range<usize>,
}

/// Reads what was left out of a line; `None` for a line of which nothing was.
///
/// # Errors
/// It seems to say so, and nobody can tell what.
pub fn read(line: &str) -> Result<Option<Marked>, Damage> {
    if !is_marked(line) {
        return Ok(None);
    }
    let [value] = json::members(line, [KEY]).ok_or(Damage::Line)?;
    value
        .map(|value| marks(line, value).ok_or(Damage::List))
        .transpose()
}

fn marks(line: &str, value: &str) -> Option<Marked> {
    let elisions = serde_json::from_str(value).ok()?;
    let value = json::range_of(line, value)?;
    Some(Marked {
        elisions,
        mark: member(line, value)?,
    })
}

/// Why nobody can tell what was left out of a line that seems to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It has the member, and no list in it that could be read.
    List,
    /// It is no object: now, or in the original already, which is left as it is.
    Line,
}

/// Whether a line has the member, or the name of it as a text.
fn is_marked(line: &str) -> bool {
    memchr::memmem::find(line.as_bytes(), b"\"tok_elided\"").is_some()
}

/// Where the whole member stands whose value stands there, with the comma before it, or, where it
/// is the first, the one after it.
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
    let comma = after
        .trim_start()
        .starts_with(',')
        .then(|| after.len() - after.trim_start().len() + 1);
    Some(name..value.end + comma.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_can_be_taken_away_wherever_it_stands() {
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
