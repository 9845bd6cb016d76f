//! Where lines go, counted.

use std::fs;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::Stats;
use crate::skip::Skips;
use crate::stream::Sink;
use crate::token::{Encoding, TokenCounter};

/// Writes lines and counts them.
pub struct Output<'o, 'w> {
    sink: &'o mut Sink<'w>,
    counter: Option<TokenCounter>,
    notes: Vec<String>,
    /// What was read, written and done so far.
    pub stats: Stats,
}

impl<'o, 'w> Output<'o, 'w> {
    /// Writes to `sink`; counts tokens too, if asked to.
    pub fn new(sink: &'o mut Sink<'w>, tokens: bool) -> Output<'o, 'w> {
        let counter = tokens.then(|| TokenCounter::new(Encoding::standard()));
        let counted = tokens.then_some(0);
        let stats = Stats {
            tokens_in: counted,
            tokens_out: counted,
            ..Stats::default()
        };
        Output {
            sink,
            counter,
            notes: Vec::new(),
            stats,
        }
    }

    /// Writes one line, given without its line feed, as one entry.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn put(&mut self, line: &[u8]) -> Result<()> {
        self.sink.raw(line)?;
        self.stats.entries_out += 1;
        self.stats.bytes_out += line.len() as u64 + 1;
        self.stats.tokens_out_est += estimate(line.len() as u64);
        let tokens = self.tokens(line);
        add(&mut self.stats.tokens_out, tokens);
        Ok(())
    }

    /// Writes a part of a line that is too long to be held.
    pub(super) fn part(&mut self, part: &[u8]) -> Result<()> {
        self.sink.lines(part)
    }

    /// Counts a line that was read: without its line feed, and its size with it.
    pub(super) fn count_in(&mut self, line: &[u8], size: u64) {
        self.stats.bytes_in += size;
        self.stats.tokens_in_est += estimate(size);
        let tokens = self.tokens(line);
        add(&mut self.stats.tokens_in, tokens);
    }

    /// Counts a line that was handed on without being held. Its tokens are estimated.
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

    /// Counts lines that a policy left out, before any mode took them.
    pub(super) fn drop_entries(&mut self, lines: u64) {
        self.stats.entries_in += lines;
        self.stats.policy_dropped += lines;
    }

    /// Says what could not be done for the line at hand.
    pub(super) fn note(&mut self, why: String) {
        self.notes.push(why);
    }

    /// Hands on what was said of the lines so far.
    pub(super) fn notes(&mut self, name: &str, number: u64, skips: &mut Skips) {
        for why in self.notes.drain(..) {
            skips.note(name, Some(number), &why);
        }
    }

    /// Says what was counted: on standard error for the program of that name, and in a file, which
    /// must not be the session itself.
    ///
    /// # Errors
    /// The file cannot be written, or is the session.
    pub fn report(
        &self,
        program: Option<&str>,
        stats: Option<&Path>,
        session: Option<&Path>,
    ) -> Result<()> {
        // Standard error that cannot be written has nobody left to tell.
        if let Some(program) = program {
            let _ = writeln!(io::stderr(), "{program}: {}", self.stats.log()?);
        }
        let Some(path) = stats else { return Ok(()) };
        let json = self.stats.json()?;
        if path == Path::new("-") {
            let _ = writeln!(io::stderr(), "{json}");
            return Ok(());
        }
        let is_session = session.map_or_else(|| is_stdin(path), |session| same_file(session, path));
        anyhow::ensure!(!is_session, "{}: is the session itself", path.display());
        fs::write(path, format!("{json}\n")).with_context(|| path.display().to_string())
    }

    fn tokens(&mut self, line: &[u8]) -> u64 {
        self.counter.as_mut().map_or(0, |counter| {
            counter.count(&String::from_utf8_lossy(line)).tokens
        })
    }
}

fn add(sum: &mut Option<u64>, tokens: u64) {
    if let Some(sum) = sum {
        *sum += tokens;
    }
}

/// The rough count: a token for each four bytes, at least one; none for an empty line.
fn estimate(bytes: u64) -> u64 {
    if bytes == 0 { 0 } else { (bytes / 4).max(1) }
}

/// Whether both are one file, by whatever names.
fn same_file(one: &Path, other: &Path) -> bool {
    let (Ok(one), Ok(other)) = (fs::metadata(one), fs::metadata(other)) else {
        return false;
    };
    id(&one) == id(&other)
}

/// Whether standard input is read from that file.
fn is_stdin(path: &Path) -> bool {
    let stdin = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .and_then(|stdin| fs::File::from(stdin).metadata());
    let (Ok(stdin), Ok(other)) = (stdin, fs::metadata(path)) else {
        return false;
    };
    id(&stdin) == id(&other)
}

fn id(data: &fs::Metadata) -> (u64, u64) {
    (data.dev(), data.ino())
}
