//! How far the reading is, for a person who waits: one line on a terminal, gone at the end.
//!
//! What remains is judged by bytes of files, because these are known before anything is read. The
//! line is no part of the stream, and a terminal that cannot be written to is no error.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::found::Input;
use crate::number::bytes;
use crate::time_range::TimeRange;

/// The line is not written more often.
const PAUSE: Duration = Duration::from_millis(100);
/// No guess at the seconds that are left is made before that time.
const FIRST_GUESS: Duration = Duration::from_millis(800);

/// The progress of one run.
pub(super) struct ReadingProgress {
    terminal: Option<File>,
    began: Instant,
    written: Instant,
    files: usize,
    bytes: u64,
    all_files: usize,
    all_bytes: u64,
}

impl ReadingProgress {
    /// Opens the terminal, and adds up what there is to read.
    pub(super) fn new(
        terminal: Option<&Path>,
        inputs: &[Input],
        range: &TimeRange,
    ) -> ReadingProgress {
        let terminal = terminal.and_then(|path| OpenOptions::new().append(true).open(path).ok());
        let mut progress = ReadingProgress {
            terminal,
            began: Instant::now(),
            written: Instant::now(),
            files: 0,
            bytes: 0,
            all_files: 0,
            all_bytes: 0,
        };
        if progress.terminal.is_some() {
            for input in inputs {
                if let Some(bytes) = size(input, range) {
                    progress.all_files += 1;
                    progress.all_bytes = progress.all_bytes.saturating_add(bytes);
                }
            }
        }
        progress
    }

    /// Takes a file that was read.
    pub(super) fn read(&mut self, input: &Input, range: &TimeRange) {
        if self.terminal.is_none() {
            return;
        }
        if let Some(bytes) = size(input, range) {
            self.files += 1;
            self.bytes = self.bytes.saturating_add(bytes);
        }
        if self.written.elapsed() >= PAUSE {
            let line = self.line();
            self.say(&line);
        }
    }

    /// Says that all has been read; the filters behind this one go on.
    pub(super) fn end(&mut self) {
        let all = bytes(self.all_bytes);
        self.say(&format!("tok-report: {all} read, adding up ..."));
    }

    fn say(&mut self, line: &str) {
        self.written = Instant::now();
        if let Some(terminal) = &mut self.terminal {
            // There is nobody to tell that the line cannot be written.
            let _ = write!(terminal, "\r\u{1b}[K{line}");
        }
    }

    fn line(&self) -> String {
        let mut line = format!(
            "tok-report: reading, {} of {} files, {} of {}",
            self.files,
            self.all_files,
            bytes(self.bytes),
            bytes(self.all_bytes)
        );
        if let Some(seconds) = self.left() {
            line += &format!(", {seconds} s left");
        }
        line
    }

    /// The seconds that are left if the rest is read as fast as what was read so far.
    fn left(&self) -> Option<u64> {
        let so_far = self.began.elapsed();
        if so_far < FIRST_GUESS || self.bytes == 0 {
            return None;
        }
        let rest = u128::from(self.all_bytes.saturating_sub(self.bytes));
        let left = so_far.as_millis().saturating_mul(rest) / u128::from(self.bytes);
        u64::try_from(left.div_ceil(1_000)).ok()
    }
}

/// The bytes of a file that is going to be read; `None` for others.
fn size(input: &Input, range: &TimeRange) -> Option<u64> {
    let data = std::fs::metadata(&input.path).ok()?;
    let is_read = input.named || data.modified().is_ok_and(|changed| range.reaches(changed));
    (data.is_file() && is_read && !input.store).then_some(data.len())
}
