//! A buffer for the lines of one thread, which spills to disk.
//!
//! The cost of a thread's first span is known only after its last request, so the lines wait: in
//! memory up to a bound, and beyond it in a temporary file without a name, which is gone when the
//! process ends, however it ends.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, Write};

use anyhow::{Context, Result};

use crate::stream::Record;

/// Lines in the order in which they were pushed.
pub(super) struct LineBuffer {
    /// The latest lines.
    lines: Vec<u8>,
    /// The lines before them, if there were too many for memory.
    spilled: Option<File>,
    most_bytes: usize,
}

impl LineBuffer {
    /// An empty buffer, with up to `most_bytes` in memory.
    pub(super) fn bounded(most_bytes: usize) -> LineBuffer {
        LineBuffer {
            lines: Vec::new(),
            spilled: None,
            most_bytes,
        }
    }

    /// Adds the line of a record.
    ///
    /// # Errors
    /// The temporary file cannot be created or written.
    pub(super) fn push(&mut self, record: &Record) -> Result<()> {
        self.lines.extend_from_slice(record.line.as_bytes());
        self.lines.push(b'\n');
        if self.lines.len() > self.most_bytes {
            self.spill().context("temporary file")?;
        }
        Ok(())
    }

    fn spill(&mut self) -> std::io::Result<()> {
        let file = match &mut self.spilled {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.write_all(&self.lines)?;
        self.lines.clear();
        Ok(())
    }

    /// Passes all lines to `each`, in order, and empties the buffer.
    ///
    /// # Errors
    /// Those of `each`; or the temporary file cannot be read.
    pub(super) fn drain(&mut self, mut each: impl FnMut(Record) -> Result<()>) -> Result<()> {
        if self.spilled.is_some() {
            self.spill().context("temporary file")?;
        }
        let Some(mut file) = self.spilled.take() else {
            let lines = std::mem::take(&mut self.lines);
            for line in lines.split(|byte| *byte == b'\n') {
                if !line.is_empty() {
                    pass(line, &mut each)?;
                }
            }
            self.lines = lines;
            self.lines.clear();
            return Ok(());
        };
        file.rewind().context("temporary file")?;
        let mut reader = BufReader::with_capacity(64 << 10, file);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .context("temporary file")?
            > 0
        {
            pass(line.trim_ascii_end(), &mut each)?;
            line.clear();
        }
        Ok(())
    }
}

fn pass(line: &[u8], each: &mut impl FnMut(Record) -> Result<()>) -> Result<()> {
    let line = std::str::from_utf8(line).context("a held line")?;
    each(Record::peek(line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_the_same_from_memory_and_from_the_file() {
        for most_bytes in [0, 40, 1 << 20] {
            let mut buffer = LineBuffer::bounded(most_bytes);
            for round in 0..2 {
                let lines: Vec<String> = (0..10)
                    .map(|n| format!(r#"{{"type":"span","n":{}}}"#, n + round))
                    .collect();
                for line in &lines {
                    buffer.push(&Record::peek(line).unwrap()).unwrap();
                }
                let mut back = Vec::new();
                buffer
                    .drain(|record| {
                        back.push(record.line.to_owned());
                        Ok(())
                    })
                    .unwrap();
                assert_eq!(back, lines);
            }
        }
    }
}
