//! What a mode of tok-compress is: its options, the lines it is given, and the trait it implements.
//!
//! This file knows no particular mode; the table of modes is in the room above.

use anyhow::Result;

use super::output::Output;
use crate::cli::Cuts;
use crate::format::EntryReader;
use crate::format::entry::Entry;
use crate::policy::Policies;

/// One line of the table of modes.
#[derive(Clone, Copy)]
pub struct Mode {
    /// Value of `--mode`.
    pub name: &'static str,
    /// Creates the mode for one run.
    pub make: fn(&Options) -> Result<Box<dyn Compress>>,
}

/// Options of one run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Limits of what is shortened.
    pub cuts: Cuts,
    /// Whether shortened lines get the marker that tok-expand needs to restore them.
    pub references: bool,
    /// Lines of this many bytes or more are copied to the output without being buffered.
    pub max_line_bytes: u64,
    /// Policies to apply.
    pub policies: Policies,
}

impl Default for Options {
    /// The options of a run without flags.
    fn default() -> Options {
        Options {
            cuts: Cuts::default(),
            references: true,
            max_line_bytes: 64 << 20,
            policies: Policies::default(),
        }
    }
}

/// One line of a session.
pub struct InputLine<'a> {
    /// Line number, from 1.
    pub number: u64,
    /// Where the line begins, in bytes from the start of the file.
    pub offset: u64,
    /// The line as it was read, without its line feed.
    pub bytes: &'a [u8],
    /// The line as text; empty where it is not UTF-8.
    pub text: &'a str,
    /// The entries of the line; `None` for a line that must be left as it is.
    pub entries: Option<Vec<Entry<'a>>>,
    /// Entries to remove from the line, as JSON pointers, in the order of the line.
    pub removed_pointers: Vec<String>,
}

impl<'a> InputLine<'a> {
    pub(super) fn new(
        number: u64,
        offset: u64,
        bytes: &'a [u8],
        read_entries: EntryReader,
    ) -> InputLine<'a> {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        InputLine {
            number,
            offset,
            bytes,
            text,
            entries: read_entries(text),
            removed_pointers: Vec::new(),
        }
    }
}

/// Compresses a session line by line.
pub trait Compress {
    /// Takes one line. Writes what remains of it, or keeps it pending.
    ///
    /// # Errors
    /// The output cannot be written.
    fn take(&mut self, line: &InputLine, out: &mut Output) -> Result<()>;

    /// Writes pending entries. Called before a line that bypasses the mode, and at the end of the
    /// input.
    ///
    /// # Errors
    /// The output cannot be written.
    fn settle(&mut self, out: &mut Output) -> Result<()> {
        let _ = out;
        Ok(())
    }

    /// Number of entries that are pending.
    fn pending(&self) -> u64 {
        0
    }
}
