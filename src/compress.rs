//! tok-compress: makes a session file smaller, line by line.
//!
//! A mode ([`MODES`]) takes one line after the other and writes what remains of each. The format
//! (`format::entry`) says which texts of a line may be changed. [`Stats`] counts what is done, and
//! after each line the counts must add up ([`Stats::adds_up`]); where they do not, the run ends.
//! Policies that choose among the turns of a session are applied before the mode ([`select`]).
//!
//! This room knows no agent's format. It sees one line at a time, and the entries that the format
//! finds in it.

mod conversation;
mod draft;
mod image;
mod lossless;
mod mode;
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

use crate::format::EntryReader;
use crate::path::reason;
use crate::raw_lines::{BrokenInput, RawLine, RawLines};
use crate::skip::Skips;
use crate::stream::Status;
pub use mode::{Compress, InputLine, Mode, Options};
pub use output::Output;
use select::{Select, WaitingLine};
pub use source::SessionSource;
pub use stats::Stats;

/// Every mode.
pub const MODES: &[Mode] = &[conversation::MODE, lossless::MODE, plain::MODE];

/// The names of the modes.
pub fn modes() -> Vec<&'static str> {
    MODES.iter().map(|mode| mode.name).collect()
}

/// Compresses a session with the mode of the given name.
///
/// Returns [`Status::Partial`] where the input cannot be read to its end, and where the counts do
/// not add up; in the second case nothing more is written.
///
/// # Errors
/// The output cannot be written.
pub fn run(
    source: SessionSource,
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

/// Compresses a session as [`run`] does, with any mode, also one that is not in the table.
///
/// # Errors
/// The output cannot be written.
pub fn through(
    source: SessionSource,
    mode: &mut dyn Compress,
    options: &Options,
    out: &mut Output,
    skips: &mut Skips,
) -> Result<Status> {
    let SessionSource {
        name,
        read_entries,
        mut input,
    } = source;
    let mut input = RawLines::new(&mut *input, options.max_line_bytes);
    let mut select = Select::new(&options.policies);
    let mut status = Status::Done;
    match lines(
        &name,
        read_entries,
        &mut input,
        &mut select,
        mode,
        out,
        skips,
    ) {
        Ok(true) => {}
        Ok(false) => return Ok(refuse(&input, &name, out, skips)),
        Err(e) => {
            // An input that breaks off keeps what was read before; any other error ends the run.
            let BrokenInput { line, error } = e.downcast()?;
            skips.note(&name, Some(line), &reason(&error));
            status = Status::Partial;
        }
    }
    settle(&mut select, mode, read_entries, out)?;
    if out.stats.adds_up(0) {
        Ok(status)
    } else {
        Ok(refuse(&input, &name, out, skips))
    }
}

/// Compresses all lines. Returns `false` as soon as the counts do not add up.
fn lines(
    name: &str,
    read_entries: EntryReader,
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
                    mode.take(&InputLine::new(number, offset, bytes, read_entries), out)?;
                } else {
                    let line = WaitingLine::new(number, offset, bytes);
                    for chosen in select.push(line, read_entries, out) {
                        mode.take(&chosen.as_input_line(read_entries), out)?;
                    }
                }
            }
            RawLine::TooLong => {
                settle(select, mode, read_entries, out)?;
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

/// Writes the lines that wait for a policy, and then what is pending in the mode.
fn settle(
    select: &mut Select,
    mode: &mut dyn Compress,
    read_entries: EntryReader,
    out: &mut Output,
) -> Result<()> {
    for chosen in select.flush(read_entries, out) {
        mode.take(&chosen.as_input_line(read_entries), out)?;
    }
    mode.settle(out)
}

/// Notes that the counts do not add up.
fn refuse(input: &RawLines, name: &str, out: &Output, skips: &mut Skips) -> Status {
    let why = format!(
        "the counts do not add up, and nothing further is written: {}",
        out.stats.identity()
    );
    skips.note(name, Some(input.number()), &why);
    Status::Partial
}
