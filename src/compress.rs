//! tok-compress: a session file made small, line by line.
//!
//! A mode ([`MODES`]) takes the lines one by one and writes what is left of each. What it may
//! touch, and what must stay, is said by the format (`format::entry`); what it did is counted in
//! [`Stats`], and after each line the counts must add up ([`Stats::adds_up`]), or the run ends.
//! Policies that choose among the turns of a session stand before the mode ([`select`]).
//!
//! This room knows no agent's format. It holds one line, and what its parts say they hold.

mod conversation;
mod draft;
mod image;
mod lossless;
mod output;
mod plain;
mod reference;
mod reminder;
mod rewrite;
mod select;
mod source;
mod stats;
mod terminal;

use anyhow::{Context, Result};

use crate::cli::Cuts;
use crate::format::Entries;
use crate::format::entry::Entry;
use crate::path::reason;
use crate::policy::Policies;
use crate::raw_lines::{BrokenInput, RawLine, RawLines};
use crate::skip::Skips;
use crate::stream::Status;
pub use output::Output;
use select::{Held, Select};
pub use source::Source;
pub use stats::Stats;

/// Every mode.
pub const MODES: &[Mode] = &[conversation::MODE, lossless::MODE, plain::MODE];

/// A way of making a session small.
#[derive(Clone, Copy)]
pub struct Mode {
    /// Its name, as `--mode` has it.
    pub name: &'static str,
    /// Makes what does it.
    pub make: fn(&Options) -> Result<Box<dyn Compress>>,
}

/// What a mode is given to work with.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is shortened.
    pub cuts: Cuts,
    /// Whether lines say what was left out of them, so that it can be put back.
    pub references: bool,
    /// Longer lines are handed on as they are, without being held.
    pub max_line_bytes: u64,
    /// What else is to be done.
    pub policies: Policies,
}

/// The names of the modes.
pub fn modes() -> Vec<&'static str> {
    MODES.iter().map(|mode| mode.name).collect()
}

impl Default for Options {
    /// As without flags.
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
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: u64,
    /// Where it begins, in bytes from the start of the file.
    pub offset: u64,
    /// As it was read, without the line feed.
    pub bytes: &'a [u8],
    /// The same as text; empty where it is not UTF-8.
    pub text: &'a str,
    /// What it says; `None` for a line that must be left as it is.
    pub entries: Option<Vec<Entry<'a>>>,
    /// Entries of it to be left out, as JSON pointers, in the order of the line.
    pub orphans: Vec<String>,
}

impl<'a> Line<'a> {
    fn new(number: u64, offset: u64, bytes: &'a [u8], entries: Entries) -> Line<'a> {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        Line {
            number,
            offset,
            bytes,
            text,
            entries: entries(text),
            orphans: Vec::new(),
        }
    }
}

/// Makes a session small, line by line.
pub trait Compress {
    /// Takes one line; writes what is left of it, or remembers that it must.
    ///
    /// # Errors
    /// The output cannot be written.
    fn take(&mut self, line: &Line, out: &mut Output) -> Result<()>;

    /// Writes what was held back: a line follows that goes by itself, or none does.
    ///
    /// # Errors
    /// The output cannot be written.
    fn settle(&mut self, out: &mut Output) -> Result<()> {
        let _ = out;
        Ok(())
    }

    /// How many entries are held back that will be written.
    fn pending(&self) -> u64 {
        0
    }
}

/// Reads a session and writes it through the mode of that name.
///
/// Returns [`Status::Partial`] where the input cannot be read to its end; and, writing nothing
/// further, where the counts do not add up.
///
/// # Errors
/// The output cannot be written.
pub fn run(
    source: Source,
    mode: &str,
    options: &Options,
    out: &mut Output,
    skips: &mut Skips,
) -> Result<Status> {
    let mode = MODES
        .iter()
        .find(|known| known.name == mode)
        .context("no such mode")?;
    through(source, &mut *(mode.make)(options)?, options, out, skips)
}

/// As [`run`], through any mode, also one that is not in the table.
///
/// # Errors
/// As [`run`].
pub fn through(
    source: Source,
    mode: &mut dyn Compress,
    options: &Options,
    out: &mut Output,
    skips: &mut Skips,
) -> Result<Status> {
    let Source {
        name,
        entries,
        mut input,
    } = source;
    let (name, mut input) = (
        name.as_str(),
        RawLines::new(&mut *input, options.max_line_bytes),
    );
    let mut select = Select::new(&options.policies);
    let mut status = Status::Done;
    match lines(name, entries, &mut input, &mut select, mode, out, skips) {
        Ok(true) => {}
        Ok(false) => return Ok(refuse(&input, name, out, skips)),
        Err(e) => {
            // What was read before stays; an output that cannot be written is another thing.
            let BrokenInput { line, error } = e.downcast()?;
            skips.note(name, Some(line), &reason(&error));
            status = Status::Partial;
        }
    }
    settle(&mut select, mode, entries, out)?;
    if out.stats.adds_up(0) {
        Ok(status)
    } else {
        Ok(refuse(&input, name, out, skips))
    }
}

/// Takes line after line. Returns whether the counts add up after each.
fn lines(
    name: &str,
    entries: Entries,
    input: &mut RawLines,
    select: &mut Select,
    mode: &mut dyn Compress,
    out: &mut Output,
    skips: &mut Skips,
) -> Result<bool> {
    while let Some(read) = input.read()? {
        match read {
            RawLine::Whole {
                number,
                offset,
                bytes,
                size,
            } => {
                out.count_in(bytes, size);
                if select.is_idle() {
                    mode.take(&Line::new(number, offset, bytes, entries), out)?;
                } else {
                    for held in select.push(Held::new(number, offset, bytes), entries, out) {
                        mode.take(&held.line(entries), out)?;
                    }
                }
            }
            RawLine::TooLong => {
                settle(select, mode, entries, out)?;
                let (number, size) = input.hand_on(&mut |part| out.part(part))?;
                out.part(b"\n")?;
                out.count_long(size);
                skips.note(
                    name,
                    Some(number),
                    &format!("a line of {size} bytes is handed on as it is (--max-line)"),
                );
            }
        }
        if !out.stats.adds_up(mode.pending()) {
            return Ok(false);
        }
        out.notes(name, input.number(), skips);
    }
    Ok(true)
}

/// Writes what is held back, here and in the mode.
fn settle(
    select: &mut Select,
    mode: &mut dyn Compress,
    entries: Entries,
    out: &mut Output,
) -> Result<()> {
    for held in select.end(entries, out) {
        mode.take(&held.line(entries), out)?;
    }
    mode.settle(out)
}

fn refuse(input: &RawLines, name: &str, out: &Output, skips: &mut Skips) -> Status {
    let why = format!(
        "the counts do not add up, and nothing further is written: {}",
        out.stats.identity()
    );
    skips.note(name, Some(input.number()), &why);
    Status::Partial
}
