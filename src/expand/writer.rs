//! Writes restored lines, and ends the output with a line feed only where the original does.
//!
//! Of an original that may lack its last line feed, it is known only at the end whether it does (a
//! compressed file). Then each line feed is delayed until the next line begins. Otherwise every
//! line ends with its line feed at once. The writer knows bytes, not JSON.

use anyhow::Result;

use crate::stream::Sink;

/// Length and hash of the line that was written last, for the comparison with the end of the
/// original. Empty unless line feeds are delayed.
#[derive(Default)]
pub(super) struct LastLine {
    pub(super) bytes: u64,
    hasher: blake3::Hasher,
}

impl LastLine {
    fn add(&mut self, part: &[u8]) {
        self.bytes += part.len() as u64;
        self.hasher.update(part);
    }

    pub(super) fn hash(&self) -> blake3::Hash {
        self.hasher.finalize()
    }
}

/// Writes lines, whole or in parts.
pub(super) struct Writer<'o, 'w> {
    out: &'o mut Sink<'w>,
    /// Whether each line feed is delayed until the next line begins.
    delays_feed: bool,
    /// Whether the line feed of the last line is not written yet.
    owes_feed: bool,
    pub(super) last: LastLine,
}

impl<'o, 'w> Writer<'o, 'w> {
    /// Writes to `out`. With `delays_feed`, each line feed is written when the next line begins.
    pub(super) fn new(out: &'o mut Sink<'w>, delays_feed: bool) -> Writer<'o, 'w> {
        Writer {
            out,
            delays_feed,
            owes_feed: false,
            last: LastLine::default(),
        }
    }

    /// Writes one line, given without its line feed.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<()> {
        if !self.delays_feed {
            return self.out.line(line);
        }
        self.begin()?;
        self.part(line)?;
        self.end()
    }

    /// Begins a line that is written in parts. Writes the line feed of the line before it, if that
    /// was delayed.
    pub(super) fn begin(&mut self) -> Result<()> {
        self.last = LastLine::default();
        if std::mem::take(&mut self.owes_feed) {
            self.out.bytes(b"\n")?;
        }
        Ok(())
    }

    /// Writes a part of a line.
    pub(super) fn part(&mut self, part: &[u8]) -> Result<()> {
        if self.delays_feed {
            self.last.add(part);
        }
        self.out.bytes(part)
    }

    /// Ends a line that was written in parts.
    pub(super) fn end(&mut self) -> Result<()> {
        if self.delays_feed {
            self.owes_feed = true;
            return Ok(());
        }
        // Writes only the line feed.
        self.out.line(b"")
    }

    /// Ends the output. Writes the delayed line feed, unless the original lacks it. Where line
    /// feeds are not delayed, every line has its own, and `lacks_feed` is ignored.
    pub(super) fn finish(&mut self, lacks_feed: bool) -> Result<()> {
        if self.owes_feed && !lacks_feed {
            self.out.bytes(b"\n")?;
        }
        Ok(())
    }
}
