//! Reads the lines of a stream as bytes. They are not decoded here, so that a line which is not
//! UTF-8 can be reported with its number.

use std::io::BufRead;

use anyhow::{Context, Result};

/// The lines of a reader, without line ends and without blank lines.
pub(super) struct Lines<'r> {
    input: &'r mut dyn BufRead,
    line: Vec<u8>,
    number: u64,
}

impl<'r> Lines<'r> {
    /// Reads from `input`.
    pub(super) fn new(input: &'r mut dyn BufRead) -> Self {
        Lines {
            input,
            line: Vec::with_capacity(4096),
            number: 0,
        }
    }

    /// Number of the line that [`Lines::next`] returned last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns the next line that is not blank; `None` at the end.
    ///
    /// # Errors
    /// The input cannot be read.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>> {
        loop {
            self.line.clear();
            let read = self
                .input
                .read_until(b'\n', &mut self.line)
                .context("stdin")?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            let end = self.line.trim_ascii_end().len();
            self.line.truncate(end);
            if end > 0 {
                return Ok(Some(&self.line));
            }
        }
    }
}
