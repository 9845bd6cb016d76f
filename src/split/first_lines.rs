//! The first lines of a session file, which name its thread.

use std::io::{BufRead, BufReader, Read, Take};
use std::path::Path;

use crate::format::open::open;

/// The most bytes that are read for the first lines.
const FIRST_BYTES: u64 = 4 << 20;

/// The most lines up to the first that names a thread.
const FIRST_LINES: usize = 16;

/// The first lines of a file, without empty lines. Agents may write lines before the first that
/// names the thread.
pub(super) struct FirstLines {
    /// `None` where the file cannot be read.
    input: Option<BufReader<Take<Box<dyn Read>>>>,
    /// The most lines that are still returned.
    left: usize,
}

/// Opens a file for its first lines; one that cannot be read has none.
pub(super) fn first_lines(path: &Path) -> FirstLines {
    let mut input = None;
    if path.is_file()
        && let Ok(opened) = open(path, FIRST_BYTES)
    {
        input = Some(BufReader::new(opened.input.take(FIRST_BYTES)));
    }
    FirstLines {
        input,
        left: FIRST_LINES,
    }
}

impl Iterator for FirstLines {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let input = self.input.as_mut()?;
        while self.left > 0 {
            let mut line = Vec::new();
            if input.read_until(b'\n', &mut line).ok()? == 0 {
                return None;
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim();
            if !text.is_empty() {
                self.left -= 1;
                return Some(text.to_owned());
            }
        }
        None
    }
}
