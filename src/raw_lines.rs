//! The lines of a file byte for byte, each with its number and offset.
//!
//! Unlike the reader of record streams (`stream`), this reader returns blank and damaged lines too
//! and trims nothing, so an offset is the offset in the file. A line longer than the limit is not
//! buffered: the caller copies it block by block ([`RawLines::hand_on`]).
//!
//! This module knows no format; it does not even know JSON.

use std::fmt;
use std::io::{self, BufRead, Read as _};

use anyhow::Result;

/// Reads the lines of an input and counts every byte of it.
pub struct RawLines<'r> {
    from: &'r mut dyn BufRead,
    max_line_bytes: u64,
    line: Vec<u8>,
    number: u64,
    offset: u64,
}

/// One line of the input.
pub enum RawLine<'a> {
    /// A line within the limit.
    Whole {
        /// Line number, from 1.
        number: u64,
        /// Where the line begins, in bytes from the start of the file.
        offset: u64,
        /// The line without its line feed.
        bytes: &'a [u8],
        /// Length in bytes, with the line feed where the line has one.
        size: u64,
    },
    /// A line over the limit, of which only the beginning has been read. The caller must call
    /// [`RawLines::hand_on`] before it reads the next line.
    TooLong,
}

/// The input failed in the middle.
#[derive(Debug)]
pub struct BrokenInput {
    /// Number of the line that is missing or incomplete.
    pub line: u64,
    /// The error that the input returned.
    pub error: io::Error,
}

impl fmt::Display for BrokenInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "input: {}", self.error)
    }
}

impl std::error::Error for BrokenInput {}

/// The line buffer is shrunk to this size before the next line is read.
const KEEP_BYTES: usize = 1 << 20;

impl<'r> RawLines<'r> {
    /// Reads from `from`. Lines of `max_line_bytes` or more are not buffered.
    pub fn new(from: &'r mut dyn BufRead, max_line_bytes: u64) -> RawLines<'r> {
        RawLines {
            from,
            max_line_bytes,
            line: Vec::new(),
            number: 0,
            offset: 0,
        }
    }

    /// Number of the line that was read last; 0 before the first.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line; `None` at the end of the input.
    ///
    /// # Errors
    /// The input cannot be read further.
    pub fn read(&mut self) -> Result<Option<RawLine<'_>>, BrokenInput> {
        self.line.clear();
        self.line.shrink_to(KEEP_BYTES);
        let line = self.number + 1;
        let read = self
            .from
            .take(self.max_line_bytes)
            .read_until(b'\n', &mut self.line);
        let read = read.map_err(|error| BrokenInput { line, error })? as u64;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let offset = self.offset;
        self.offset += read;
        let bytes = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        if bytes.len() == self.line.len() && read == self.max_line_bytes {
            return Ok(Some(RawLine::TooLong));
        }
        Ok(Some(RawLine::Whole {
            number: self.number,
            offset,
            bytes,
            size: read,
        }))
    }

    /// Passes the current line, which is [`RawLine::TooLong`], to `to` block by block and without
    /// its line feed. Returns its number and its size in bytes, line feed included.
    ///
    /// # Errors
    /// The input cannot be read further ([`BrokenInput`]), or `to` failed.
    pub fn hand_on(&mut self, to: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<(u64, u64)> {
        let mut size = self.line.len() as u64;
        to(&self.line)?;
        let mut ended = false;
        while !ended {
            let block = self.from.fill_buf().map_err(|error| BrokenInput {
                line: self.number,
                error,
            })?;
            let end = memchr::memchr(b'\n', block);
            let part = match end {
                Some(at) => block.get(..at).unwrap_or_default(),
                None => block,
            };
            to(part)?;
            ended = end.is_some() || block.is_empty();
            let used = part.len() + usize::from(end.is_some());
            size += used as u64;
            self.offset += used as u64;
            self.from.consume(used);
        }
        Ok((self.number, size))
    }
}
