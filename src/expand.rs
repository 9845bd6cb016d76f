//! tok-expand: restores what tok-compress removed from a session.
//!
//! It restores the lines of its input, not the file: each line with a marker gets back, byte for
//! byte, what the original has at the locations in the marker; every other line is written as it
//! is. Lines that were filtered out therefore stay out, and text that was edited stays edited.
//!
//! This room knows markers and bytes. It knows no format and no mode.

mod original;
mod writer;

use std::io::BufRead;
use std::ops::Range;

use anyhow::Result;

use crate::compress_marker::{self, Damage, Elision, Marked};
use crate::json;
use crate::number::counted;
use crate::raw_lines::{RawLine, RawLines};
use crate::skip::Skips;
use crate::stream::{Sink, Status};
pub use original::Original;
use writer::Writer;

/// Reads the output of tok-compress and writes it with everything restored.
///
/// Returns [`Status::Partial`], and writes nothing more, where the original has changed: a line is
/// never restored from other bytes than those that were removed. Also returns it where a marker is
/// damaged; such a line is written as it is.
///
/// # Errors
/// The input cannot be read, or the output cannot be written.
pub fn run(
    input: &mut dyn BufRead,
    original: &mut Original,
    max_line_bytes: u64,
    out: &mut Sink,
    skips: &mut Skips,
) -> Result<Status> {
    let mut input = RawLines::new(input, max_line_bytes);
    let mut writer = Writer::new(out, original.may_lack_last_feed());
    let mut unrestored = Unrestored::default();
    while let Some(read) = input.read()? {
        match read {
            RawLine::Whole { number, bytes, .. } => {
                match restored(bytes, original, &mut unrestored.edited) {
                    Ok(Restored::AsItIs) => writer.line(bytes)?,
                    Ok(Restored::Damaged(damage)) => {
                        unrestored.damaged += u64::from(damage == Damage::List);
                        skips.note("stdin", Some(number), words(damage));
                        writer.line(bytes)?;
                    }
                    Ok(Restored::Whole(whole)) => writer.line(&whole)?,
                    Err(Unrestorable { line, why }) => {
                        skips.note(original.name(), Some(line), &why);
                        writer.finish(false)?;
                        return Ok(Status::Partial);
                    }
                }
            }
            RawLine::TooLong => {
                writer.begin()?;
                input.hand_on(&mut |part| writer.part(part))?;
                writer.end()?;
            }
        }
    }
    let lacks_feed = match original.ends_with_unfinished(&writer.last) {
        Ok(lacks_feed) => lacks_feed,
        Err(why) => {
            skips.note(original.name(), None, &why);
            return Ok(Status::Partial);
        }
    };
    writer.finish(lacks_feed)?;
    Ok(unrestored.report(skips))
}

/// The message about a damaged marker.
fn words(damage: Damage) -> &'static str {
    match damage {
        Damage::List => "it does not say any more what was left out of it",
        Damage::Line => "it is no JSON: what may have been left out of it is not put back",
    }
}

/// Counts of what was not restored.
#[derive(Default)]
struct Unrestored {
    /// Values that were edited since they were shortened.
    edited: u64,
    /// Lines with a damaged marker.
    damaged: u64,
}

impl Unrestored {
    /// Reports the edited values. Returns the status of the run.
    fn report(&self, skips: &mut Skips) -> Status {
        if self.edited > 0 {
            let texts = counted(self.edited, "text");
            skips.note(
                "stdin",
                None,
                &format!("{texts} edited since: not put back"),
            );
        }
        if self.damaged > 0 {
            Status::Partial
        } else {
            Status::Done
        }
    }
}

/// A line cannot be restored: the line number in the original, and what is wrong there.
struct Unrestorable {
    line: u64,
    why: String,
}

/// What is written for a line.
enum Restored {
    /// The line as it is: it has no marker.
    AsItIs,
    /// The line as it is, because its marker is damaged.
    Damaged(Damage),
    /// The line with everything restored.
    Whole(Vec<u8>),
}

/// Restores one line. Adds to `edited` the number of values that were edited since.
fn restored(
    line: &[u8],
    original: &mut Original,
    edited: &mut u64,
) -> Result<Restored, Unrestorable> {
    let Ok(text) = std::str::from_utf8(line) else {
        return Ok(Restored::AsItIs);
    };
    let Marked { elisions, mark } = match compress_marker::read(text) {
        Ok(Some(marked)) => marked,
        Ok(None) => return Ok(Restored::AsItIs),
        Err(damage) => return Ok(Restored::Damaged(damage)),
    };
    if let Some(whole) = elisions.iter().find(|elision| elision.at.is_empty()) {
        return Ok(Restored::Whole(bytes(original, whole)?));
    }
    let mut edits = vec![(mark, String::new())];
    for elision in &elisions {
        let Some(range) = unedited(text, elision) else {
            *edited += 1;
            continue;
        };
        let value = bytes(original, elision)?;
        edits.push((range, String::from_utf8_lossy(&value).into_owned()));
    }
    Ok(Restored::Whole(json::spliced(text, edits).into_bytes()))
}

/// Reads a removed value from the original.
fn bytes(original: &mut Original, elision: &Elision) -> Result<Vec<u8>, Unrestorable> {
    original.bytes(elision).map_err(|why| Unrestorable {
        line: elision.line,
        why,
    })
}

/// Returns the byte range of a replaced value in the line; `None` where it was edited since.
fn unedited(line: &str, elision: &Elision) -> Option<Range<usize>> {
    let value = json::at(line, &elision.at)?;
    let now = json::text(value).map(|text| compress_marker::check(&text));
    if now != elision.left {
        return None;
    }
    json::range_of(line, value)
}
