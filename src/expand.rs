//! tok-expand: puts back into a session what tok-compress left out of it.
//!
//! It restores what the stream holds, not the file: each line that says what was left out of it
//! gets that back from the original, byte for byte; every other line is written as it is. So what
//! was filtered away stays away, and what was edited stays edited.
//!
//! This room knows elisions and bytes. It knows no format and no mode.

mod original;

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

/// Reads a stream that tok-compress wrote and writes it whole again.
///
/// Returns [`Status::Partial`], and writes nothing further, where the original is no longer what it
/// was: no line is ever restored from other bytes. Also where lines do not say any more what was
/// left out of them; these stay as they are.
///
/// # Errors
/// The input cannot be read, the output cannot be written.
pub fn run(
    input: &mut dyn BufRead,
    original: &mut Original,
    max_line_bytes: u64,
    out: &mut Sink,
    skips: &mut Skips,
) -> Result<Status> {
    let mut input = RawLines::new(input, max_line_bytes);
    let mut writer = Writer {
        out,
        holds_feed: original.may_lack_last_feed(),
        owes_feed: false,
        last: Last::default(),
    };
    let mut stays = Stays::default();
    while let Some(read) = input.read()? {
        match read {
            RawLine::Whole { number, bytes, .. } => {
                match restored(bytes, original, &mut stays.edited) {
                    Ok(Restored::AsItIs) => writer.line(bytes)?,
                    Ok(Restored::Damaged(damage)) => {
                        stays.damaged += u64::from(damage == Damage::List);
                        skips.note("stdin", Some(number), words(damage));
                        writer.line(bytes)?;
                    }
                    Ok(Restored::Whole(whole)) => writer.line(&whole)?,
                    Err(Refused { line, why }) => {
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
    if stays.edited > 0 {
        skips.note(
            "stdin",
            None,
            &format!(
                "{} edited since: not put back",
                counted(stays.edited, "text")
            ),
        );
    }
    Ok(if stays.damaged > 0 {
        Status::Partial
    } else {
        Status::Done
    })
}

fn words(damage: Damage) -> &'static str {
    match damage {
        Damage::List => "it does not say any more what was left out of it",
        Damage::Line => "it is no JSON: what may have been left out of it is not put back",
    }
}

/// What stays as it is.
#[derive(Default)]
struct Stays {
    /// Values that are no longer what was written in place of another.
    edited: u64,
    /// Lines that do not say any more what was left out of them.
    damaged: u64,
}

/// Why a line cannot be restored: the line of the original, and what is wrong there.
struct Refused {
    line: u64,
    why: String,
}

/// What becomes of a line.
enum Restored {
    /// Nothing was left out of it.
    AsItIs,
    /// Nobody can tell what was.
    Damaged(Damage),
    /// What was left out is in it again.
    Whole(Vec<u8>),
}

fn restored(line: &[u8], original: &mut Original, edited: &mut u64) -> Result<Restored, Refused> {
    let Ok(text) = std::str::from_utf8(line) else {
        return Ok(Restored::AsItIs);
    };
    let Marked { elisions, mark } = match compress_marker::read(text) {
        Ok(Some(marked)) => marked,
        Ok(None) => return Ok(Restored::AsItIs),
        Err(damage) => return Ok(Restored::Damaged(damage)),
    };
    let mut bytes = |elision: &Elision| {
        original.bytes(elision).map_err(|why| Refused {
            line: elision.line,
            why,
        })
    };
    if let Some(whole) = elisions.iter().find(|elision| elision.at.is_empty()) {
        return bytes(whole).map(Restored::Whole);
    }
    let (mut ranges, mut values) = (vec![mark], vec![String::new()]);
    for elision in &elisions {
        let Some(range) = left(text, elision) else {
            *edited += 1;
            continue;
        };
        ranges.push(range);
        values.push(String::from_utf8_lossy(&bytes(elision)?).into_owned());
    }
    let edits = ranges
        .into_iter()
        .zip(values.iter().map(String::as_str))
        .collect();
    Ok(Restored::Whole(json::spliced(text, edits).into_bytes()))
}

/// Where in the line stands what was written in place of a value, if it does still.
fn left(line: &str, elision: &Elision) -> Option<Range<usize>> {
    let value = json::at(line, &elision.at)?;
    let now = json::text(value).map(|text| compress_marker::check(&text));
    json::range_of(line, value).filter(|_| now == elision.left)
}

/// A line by its length and hash: enough to know it again.
#[derive(Default)]
struct Last {
    bytes: u64,
    hasher: blake3::Hasher,
}

/// Writes lines, and the last line feed only where the original has it.
struct Writer<'o, 'w> {
    out: &'o mut Sink<'w>,
    /// Whether line feeds must wait until it is known that a line follows.
    holds_feed: bool,
    owes_feed: bool,
    last: Last,
}

impl Writer<'_, '_> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        if !self.holds_feed {
            return self.out.raw(line);
        }
        self.begin()?;
        self.part(line)?;
        self.end()
    }

    fn begin(&mut self) -> Result<()> {
        self.last = Last::default();
        if std::mem::take(&mut self.owes_feed) {
            self.out.lines(b"\n")
        } else {
            Ok(())
        }
    }

    fn part(&mut self, part: &[u8]) -> Result<()> {
        if self.holds_feed {
            self.last.bytes += part.len() as u64;
            self.last.hasher.update(part);
        }
        self.out.lines(part)
    }

    fn end(&mut self) -> Result<()> {
        self.owes_feed = self.holds_feed;
        if self.holds_feed {
            Ok(())
        } else {
            self.out.raw(b"")
        }
    }

    fn finish(&mut self, lacks_feed: bool) -> Result<()> {
        if self.owes_feed && !lacks_feed {
            self.out.lines(b"\n")
        } else {
            Ok(())
        }
    }
}
