//! Lines of a session file, and the objects that can be recovered from damaged ones.
//!
//! One JSON object a line is the rule; real files break it in every way a crash or two writers at
//! once can (docs/formats.md 5.1; docs/faults.md 1 to 20). A line that its reader accepts costs
//! nothing here. Only when it does not is the line taken apart: byte-order mark, NUL runs, raw
//! control characters, two objects on a line, an object cut off by the next one. All repairs keep
//! every byte at its offset, so that the location of a text is its location in the file.

mod mend;

use std::io::{self, BufRead, BufReader, Read};

use crate::{json, refusal};

/// Why a line cannot be used: a fixed text, so that nothing of the line can be part of it.
pub type Why = &'static str;

/// The last line was cut off: another program is writing, or was stopped.
const TORN: Why = "the last line is torn";
const TOO_LONG: Why = "the line is too long (--max-line)";
const NO_UTF8: Why = "not UTF-8";
const NULS: Why = "NUL bytes";

/// One object of a file, as readers take it.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// Number of the line in the file, from 1.
    pub number: u64,
    /// Byte offset of the object in the file.
    pub offset: u64,
    /// The bytes as they are in the file.
    pub bytes: &'a [u8],
    /// The bytes as text of the same length: each byte that is not UTF-8 reads as `?`.
    pub json: &'a str,
}

impl<'a> Line<'a> {
    /// Where a part of [`Line::json`] is within it; `None` for text from elsewhere.
    pub fn range_of(&self, part: &str) -> Option<std::ops::Range<usize>> {
        let start = (part.as_ptr() as usize).checked_sub(self.json.as_ptr() as usize)?;
        let end = start.checked_add(part.len())?;
        if end > self.json.len() {
            return None;
        }
        Some(start..end)
    }

    fn part(&self, range: std::ops::Range<usize>) -> Option<Line<'a>> {
        Some(Line {
            number: self.number,
            offset: self.offset + range.start as u64,
            bytes: self.bytes.get(range.clone())?,
            json: self.json.get(range)?,
        })
    }
}

/// Counts of a file's lines: `lines` = `understood` + `recovered` + the skipped ones.
#[derive(Debug, Default)]
pub struct Tally {
    /// Lines that are not blank.
    pub lines: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// Lines read without repairs.
    pub understood: u64,
    /// Damaged lines of which an object was recovered, with the reason.
    pub recovered: Vec<(u64, Why)>,
    /// Lines of which nothing could be used.
    pub skipped: Vec<Skipped>,
}

/// A line of which nothing could be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Number of the line in the file, from 1.
    pub line: u64,
    /// The reason.
    pub why: Why,
    /// The length of the line, where that is the reason.
    pub bytes: Option<u64>,
}

/// The size of the read buffer.
const BLOCK_BYTES: usize = 1 << 20;

/// Reads all lines of `input` and hands each object to `take`, which returns a reason if it cannot
/// use one (and must then have done nothing). Lines longer than `max_line` bytes are skipped.
///
/// # Errors
/// The input cannot be read.
pub fn each(
    input: impl Read,
    max_line: u64,
    take: &mut dyn FnMut(Line) -> Result<(), Why>,
    tally: &mut Tally,
) -> io::Result<()> {
    let mut input = BufReader::with_capacity(BLOCK_BYTES, input);
    let mut line = Vec::new();
    let (mut number, mut offset) = (0, 0);
    loop {
        line.clear();
        let read = input.by_ref().take(max_line).read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            return Ok(());
        }
        number += 1;
        let rest = if read == max_line && !line.ends_with(b"\n") {
            past_line(&mut input)?
        } else {
            0
        };
        if rest > 0 {
            tally.lines += 1;
            tally.skipped.push(Skipped {
                line: number,
                why: TOO_LONG,
                bytes: Some(read + rest),
            });
        } else if line.iter().any(|b| !b.is_ascii_whitespace()) {
            tally.lines += 1;
            one(number, offset, &line, take, tally);
        }
        offset += read + rest;
        tally.bytes = offset;
    }
}

/// Skips the rest of the line; returns its length in bytes.
fn past_line(input: &mut impl BufRead) -> io::Result<u64> {
    let mut passed = 0;
    loop {
        let block = input.fill_buf()?;
        let end = memchr::memchr(b'\n', block);
        let used = match end {
            Some(at) => at + 1,
            None => block.len(),
        };
        input.consume(used);
        passed += used as u64;
        if end.is_some() || used == 0 {
            return Ok(passed);
        }
    }
}

/// Takes one line: whole, or the objects that can be recovered from it.
fn one(
    number: u64,
    offset: u64,
    bytes: &[u8],
    take: &mut dyn FnMut(Line) -> Result<(), Why>,
    tally: &mut Tally,
) {
    let mut line = Line {
        number,
        offset,
        bytes,
        json: "",
    };
    let mut why = NO_UTF8;
    if let Ok(json) = std::str::from_utf8(bytes) {
        line.json = json;
        match take(line) {
            Ok(()) => {
                tally.understood += 1;
                return;
            }
            Err(reason) => why = reason,
        }
    }
    let mended = mend::text(bytes);
    line.json = &mended;
    let mut saved = 0;
    for range in mend::objects(&mended) {
        if let Some(part) = line.part(range)
            && with_last(part, take).is_ok()
        {
            saved += 1;
        }
    }
    count_damaged(&line, saved, why, tally);
}

/// Counts a damaged line from which `saved` objects were recovered. `why`: the reason for which the
/// whole line was refused.
fn count_damaged(line: &Line, saved: usize, why: Why, tally: &mut Tally) {
    if saved > 0 {
        let damage = if saved == 1 && why == refusal::TWICE {
            why
        } else {
            mend::damage(line.bytes, saved)
        };
        tally.recovered.push((line.number, damage));
        return;
    }
    let why = if !line.bytes.ends_with(b"\n") {
        TORN
    } else if line.bytes.contains(&0) {
        NULS
    } else {
        why
    };
    tally.skipped.push(Skipped {
        line: line.number,
        why,
        bytes: None,
    });
}

/// Hands an object to `take`; if that refuses it because a key is there twice, hands over the
/// object with the last value only.
fn with_last(line: Line, take: &mut dyn FnMut(Line) -> Result<(), Why>) -> Result<(), Why> {
    match take(line) {
        Err(refusal::TWICE) => match json::without_repeats(line.json) {
            Some(json) => take(Line {
                json: &json,
                ..line
            }),
            None => Err(refusal::TWICE),
        },
        taken => taken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Vec<String>, Tally) {
        let (mut seen, mut tally) = (Vec::new(), Tally::default());
        let mut take = |line: Line| {
            serde_json::from_str::<serde::de::IgnoredAny>(line.json)
                .map_err(|e| refusal::of(&e))?;
            assert_eq!(
                &bytes[line.offset as usize..][..line.bytes.len()],
                line.bytes
            );
            seen.push(line.json.trim().to_owned());
            Ok(())
        };
        each(bytes, 1 << 20, &mut take, &mut tally).unwrap();
        assert_eq!(
            tally.lines,
            tally.understood + (tally.recovered.len() + tally.skipped.len()) as u64
        );
        (seen, tally)
    }

    #[test]
    fn two_objects_on_one_line_are_both_read() {
        let (seen, tally) = read(b"{\"a\":{\"b\":1}}{\"c\":2}\n{\"d\":3}\n");
        assert_eq!(seen, ["{\"a\":{\"b\":1}}", "{\"c\":2}", "{\"d\":3}"]);
        assert_eq!(tally.recovered.len(), 1);
    }

    #[test]
    fn an_object_cut_off_by_the_next_loses_only_itself() {
        let (seen, tally) = read(b"{\"a\":{\"b\":\"trunc{\"c\":{\"d\":2}}\n");
        assert_eq!(seen, ["{\"c\":{\"d\":2}}"]);
        assert_eq!(tally.recovered.len(), 1);
    }

    #[test]
    fn a_torn_tail_is_one_skip_and_no_more() {
        let (seen, tally) = read(b"{\"a\":1}\n{\"b\":\"\\u00");
        assert_eq!(seen, ["{\"a\":1}"]);
        assert_eq!(
            tally.skipped,
            [Skipped {
                line: 2,
                why: TORN,
                bytes: None
            }]
        );
    }

    #[test]
    fn nul_runs_byte_order_marks_and_bad_bytes_are_mended_in_place() {
        let (seen, tally) =
            read(b"\xef\xbb\xbf{\"a\":1}\n\0\0\0{\"b\":2}\n{\"c\":\"\xff\x01\"}\n\0\0\n");
        assert_eq!(seen, ["{\"a\":1}", "{\"b\":2}", "{\"c\":\"? \"}"]);
        assert_eq!((tally.recovered.len(), tally.skipped.len()), (3, 1));
    }

    #[test]
    fn a_giant_line_is_passed_over_with_its_size() {
        let mut bytes = vec![b'x'; 3 << 20];
        bytes.extend_from_slice(b"\n{\"a\":1}\n");
        let (seen, tally) = read(&bytes);
        assert_eq!(seen, ["{\"a\":1}"]);
        assert_eq!(
            tally.skipped,
            [Skipped {
                line: 1,
                why: TOO_LONG,
                bytes: Some(3_145_729)
            }]
        );
    }
}
