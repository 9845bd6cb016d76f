//! The output of a run: writes lines and counts what is read and written.
//!
//! It does not know why a line was changed or left out; the modes count that in [`Stats`].

use std::fs;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::stats::Stats;
use crate::skip::Skips;
use crate::stream::Sink;
use crate::token::{Encoding, TokenCounter};

/// Writes lines and keeps the counts of the run.
pub struct Output<'o, 'w> {
    sink: &'o mut Sink<'w>,
    counter: Option<TokenCounter>,
    notes: Vec<String>,
    /// The counts so far.
    pub stats: Stats,
}

impl<'o, 'w> Output<'o, 'w> {
    /// Writes to `sink`. With `tokens`, exact tokens are counted too.
    pub fn new(sink: &'o mut Sink<'w>, tokens: bool) -> Output<'o, 'w> {
        let mut output = Output {
            sink,
            counter: None,
            notes: Vec::new(),
            stats: Stats::default(),
        };
        if tokens {
            output.counter = Some(TokenCounter::new(Encoding::standard()));
            output.stats.tokens_in = Some(0);
            output.stats.tokens_out = Some(0);
        }
        output
    }

    /// Writes and counts one entry: a line, given without its line feed.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn put(&mut self, line: &[u8]) -> Result<()> {
        self.sink.line(line)?;
        self.stats.entries_out += 1;
        self.stats.bytes_out += line.len() as u64 + 1;
        self.stats.tokens_out_est += estimate(line.len() as u64);
        let tokens = self.tokens(line);
        add(&mut self.stats.tokens_out, tokens);
        Ok(())
    }

    /// Writes a part of a line that is too long to be buffered. Nothing is counted.
    pub(super) fn part(&mut self, part: &[u8]) -> Result<()> {
        self.sink.bytes(part)
    }

    /// Counts a line that was read. `line` is without its line feed, `size` includes it.
    pub(super) fn count_in(&mut self, line: &[u8], size: u64) {
        self.stats.bytes_in += size;
        self.stats.tokens_in_est += estimate(size);
        let tokens = self.tokens(line);
        add(&mut self.stats.tokens_in, tokens);
    }

    /// Counts a line that was copied without being buffered. Its tokens are estimated.
    pub(super) fn count_long(&mut self, size: u64) {
        let stats = &mut self.stats;
        stats.entries_in += 1;
        stats.entries_out += 1;
        stats.bytes_in += size;
        stats.bytes_out += size;
        stats.tokens_in_est += estimate(size);
        stats.tokens_out_est += estimate(size);
        add(&mut stats.tokens_in, estimate(size));
        add(&mut stats.tokens_out, estimate(size));
    }

    /// Counts lines that a policy dropped before the mode saw them, each as one entry.
    pub(super) fn drop_lines(&mut self, lines: u64) {
        self.stats.entries_in += lines;
        self.stats.policy_dropped += lines;
    }

    /// Notes what could not be done with the current line.
    pub(super) fn note(&mut self, why: String) {
        self.notes.push(why);
    }

    /// Moves the notes to `skips`, as notes on line `number` of the session `name`.
    pub(super) fn notes(&mut self, name: &str, number: u64, skips: &mut Skips) {
        for why in self.notes.drain(..) {
            skips.note(name, Some(number), &why);
        }
    }

    /// Reports the counts: to standard error in one line that begins with `program`, and as JSON to
    /// the file `stats` (`-` is standard error). `session` is the path of the session, `None` for
    /// standard input; the counts must not overwrite it.
    ///
    /// # Errors
    /// The file cannot be written, or it is the session.
    pub fn report(
        &self,
        program: Option<&str>,
        stats: Option<&Path>,
        session: Option<&Path>,
    ) -> Result<()> {
        // A write to standard error that fails is ignored: there is nowhere to report it.
        if let Some(program) = program {
            let _ = writeln!(io::stderr(), "{program}: {}", self.stats.log()?);
        }
        let Some(path) = stats else { return Ok(()) };
        let json = self.stats.json()?;
        if path == Path::new("-") {
            let _ = writeln!(io::stderr(), "{json}");
            return Ok(());
        }
        let is_session = match session {
            Some(session) => same_file(session, path),
            None => is_stdin(path),
        };
        anyhow::ensure!(!is_session, "{}: is the session itself", path.display());
        fs::write(path, format!("{json}\n")).with_context(|| path.display().to_string())
    }

    /// Returns the exact tokens of a line; 0 where tokens are not counted.
    fn tokens(&mut self, line: &[u8]) -> u64 {
        match &mut self.counter {
            Some(counter) => counter.count(&String::from_utf8_lossy(line)).tokens,
            None => 0,
        }
    }
}

fn add(sum: &mut Option<u64>, tokens: u64) {
    if let Some(sum) = sum {
        *sum += tokens;
    }
}

/// Estimates tokens: one for every four bytes, at least one; none for an empty line.
fn estimate(bytes: u64) -> u64 {
    if bytes == 0 { 0 } else { (bytes / 4).max(1) }
}

/// Whether two paths lead to the same file.
fn same_file(one: &Path, other: &Path) -> bool {
    let (Ok(one), Ok(other)) = (fs::metadata(one), fs::metadata(other)) else {
        return false;
    };
    id(&one) == id(&other)
}

/// Whether standard input is the file at `path`.
fn is_stdin(path: &Path) -> bool {
    let Ok(stdin) = io::stdin().as_fd().try_clone_to_owned() else {
        return false;
    };
    let (Ok(stdin), Ok(other)) = (fs::File::from(stdin).metadata(), fs::metadata(path)) else {
        return false;
    };
    id(&stdin) == id(&other)
}

/// Device and inode, which identify a file under all its names.
fn id(data: &fs::Metadata) -> (u64, u64) {
    (data.dev(), data.ino())
}
