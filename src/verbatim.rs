//! Lines of a file byte for byte, each with its place, and lines that are too long to be held.
//!
//! Unlike the lines of a record stream (`stream`), blank and damaged ones count, and nothing is
//! trimmed: an offset is the offset in the file.

use std::fmt;
use std::io::{self, BufRead, Read as _};

use anyhow::Result;

/// Lines of a reader: every byte of it, so that places are places in the file.
pub struct Verbatim<'r> {
    from: &'r mut dyn BufRead,
    max_line_bytes: u64,
    line: Vec<u8>,
    number: u64,
    offset: u64,
}

/// What was read.
pub enum Read<'a> {
    /// A line.
    Line {
        /// Its number, from 1.
        number: u64,
        /// Where it begins, in bytes from the start of the file.
        offset: u64,
        /// Without its line feed.
        bytes: &'a [u8],
        /// Its bytes, with its line feed where it has one.
        size: u64,
    },
    /// The beginning of a line that is too long: [`Verbatim::hand_on`] writes it and reads on.
    TooLong,
}

/// Why the input could not be read further, and in which line.
#[derive(Debug)]
pub struct Broken {
    /// Number of the line that is not there, or not all of it.
    pub line: u64,
    /// What went wrong.
    pub error: io::Error,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "input: {}", self.error)
    }
}

impl std::error::Error for Broken {}

/// A buffer that one line has made larger is given back after it.
const KEEP_BYTES: usize = 1 << 20;

impl<'r> Verbatim<'r> {
    /// Reads from `from`. Lines of that many bytes or more are not held.
    pub fn new(from: &'r mut dyn BufRead, max_line_bytes: u64) -> Verbatim<'r> {
        Verbatim {
            from,
            max_line_bytes,
            line: Vec::new(),
            number: 0,
            offset: 0,
        }
    }

    /// Number of the line that was read last.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line; `None` at the end.
    ///
    /// # Errors
    /// The input cannot be read further.
    pub fn read(&mut self) -> Result<Option<Read<'_>>, Broken> {
        self.line.clear();
        self.line.shrink_to(KEEP_BYTES);
        let line = self.number + 1;
        let read = self
            .from
            .take(self.max_line_bytes)
            .read_until(b'\n', &mut self.line);
        let read = read.map_err(|error| Broken { line, error })? as u64;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let offset = self.offset;
        self.offset += read;
        let bytes = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        if bytes.len() == self.line.len() && read == self.max_line_bytes {
            return Ok(Some(Read::TooLong));
        }
        Ok(Some(Read::Line {
            number: self.number,
            offset,
            bytes,
            size: read,
        }))
    }

    /// Hands the line that is too long to `to`, block by block, without its line feed. Returns its
    /// number and its size, line feed included.
    ///
    /// # Errors
    /// The input cannot be read further ([`Broken`]), or `to` failed.
    pub fn hand_on(&mut self, to: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<(u64, u64)> {
        let mut size = self.line.len() as u64;
        to(&self.line)?;
        let mut ended = false;
        while !ended {
            let block = self.from.fill_buf().map_err(|error| Broken {
                line: self.number,
                error,
            })?;
            let end = memchr::memchr(b'\n', block);
            let part = end.map_or(block, |at| block.get(..at).unwrap_or_default());
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
