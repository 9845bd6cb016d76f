//! The lines of one thread, held back until it has ended.
//!
//! What the first span of a thread cost is known when its last request has passed, so the lines
//! wait: in memory up to a bound, and past it in a temporary file that has no name (it is gone
//! with the process, however that ends).

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, Write};

use anyhow::{Context, Result};

use crate::stream::Record;

/// Lines in the order they were pushed.
pub(super) struct Held {
    lines: Vec<u8>,
    spilled: Option<File>,
    most_bytes: usize,
}

impl Held {
    /// Holds up to `most_bytes` in memory.
    pub(super) fn bounded(most_bytes: usize) -> Held {
        Held {
            lines: Vec::new(),
            spilled: None,
            most_bytes,
        }
    }

    /// Holds one more line.
    ///
    /// # Errors
    /// The temporary file cannot be made or written.
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

    /// Gives all lines back, in order, and holds none of them any longer.
    ///
    /// # Errors
    /// Those of `each`, and the temporary file cannot be read.
    pub(super) fn drain(&mut self, mut each: impl FnMut(Record) -> Result<()>) -> Result<()> {
        if self.spilled.is_some() {
            self.spill().context("temporary file")?;
        }
        let Some(mut file) = self.spilled.take() else {
            let lines = std::mem::take(&mut self.lines);
            lines
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .try_for_each(|line| give(line, &mut each))?;
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
            give(line.trim_ascii_end(), &mut each)?;
            line.clear();
        }
        Ok(())
    }
}

fn give(line: &[u8], each: &mut impl FnMut(Record) -> Result<()>) -> Result<()> {
    let line = std::str::from_utf8(line).context("a held line")?;
    each(Record::peek(line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_the_same_from_memory_and_from_the_file() {
        for most_bytes in [0, 40, 1 << 20] {
            let mut held = Held::bounded(most_bytes);
            for round in 0..2 {
                let lines: Vec<String> = (0..10)
                    .map(|n| format!(r#"{{"type":"span","n":{}}}"#, n + round))
                    .collect();
                for line in &lines {
                    held.push(&Record::peek(line).unwrap()).unwrap();
                }
                let mut back = Vec::new();
                held.drain(|record| {
                    back.push(record.line.to_owned());
                    Ok(())
                })
                .unwrap();
                assert_eq!(back, lines);
            }
        }
    }
}
