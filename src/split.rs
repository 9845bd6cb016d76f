//! tok-split: session files to records.
//!
//! Files are found and put in order, read side by side, and written in that order. What can only
//! be known across files is decided while writing: whether a response was counted before, in
//! another file that holds a copy of it.

mod archive;
pub mod beside;
pub mod choice;
pub mod find;
mod first_lines;
pub mod found;
pub mod home;
mod names;
mod nothing;
pub mod pool;
pub mod read;
mod said;
mod walk;
mod write;

use anyhow::Result;

use crate::cli::Io;
use crate::format::{Roots, Wants};
use crate::path;
use crate::record::{Copies, Coverage, SCHEMA, Skip, Stream};
use crate::stream::{Sink, Status};
use crate::window::Window;
use beside::Beside;
use choice::Choice;
use found::Found;
pub use names::Names;
use nothing::Unasked;
use read::Outcome;
use write::Chunk;

/// What to read, and what of it to write.
#[derive(Default)]
pub struct Options {
    /// Which requests count.
    pub window: Window,
    /// Which sessions.
    pub choice: Choice,
    /// Only `session` records.
    pub list: bool,
    /// A run without a session is a gate that fires.
    pub fail_if_empty: bool,
    /// What the readers are asked for.
    pub wants: Wants,
    /// Longer lines are passed over.
    pub max_line: u64,
    /// More is not decompressed of one file.
    pub max_decompressed: u64,
    /// How many files are read side by side.
    pub threads: usize,
    /// Folders beside the sessions.
    pub roots: Roots,
    /// What names the records may carry.
    pub names: Names,
    /// The files that are read, by the threads they hold.
    pub beside: Beside,
}

/// Reads what was found and writes the stream.
///
/// # Errors
/// The output cannot be written.
pub fn run(found: &Found, options: &Options, io: &mut Io) -> Result<Status> {
    let program = format!("{} {}", io.program, env!("CARGO_PKG_VERSION"));
    let Window { since, until, .. } = options.window.clone();
    io.out.put(&Stream {
        v: SCHEMA,
        program,
        since,
        until,
    })?;
    let mut merge = Merge::default();
    for (path, why) in &found.unreadable {
        let skip = Skip {
            file: path::written(path),
            line: None,
            why: why.clone(),
        };
        io.skips.fold(&skip);
        io.out.put(&options.names.skip(&skip))?;
        merge.coverage.files_skipped += 1;
        merge.coverage.partial = true;
    }
    merge.passed_over(found);
    found.passed_over().iter().for_each(|text| io.say(text));
    let work = |n: usize| {
        found
            .inputs
            .get(n)
            .map(|input| read::file(input, options))
            .unwrap_or_default()
    };
    pool::in_order(found.inputs.len(), options.threads, work, |outcome| {
        outcome.skips.iter().for_each(|skip| io.skips.fold(skip));
        merge.write(outcome, found, options, &mut io.out)
    })?;
    let status = merge.end(found, options, io);
    io.out.put(&merge.coverage)?;
    Ok(status)
}

/// What is known across files.
#[derive(Default)]
struct Merge {
    /// Responses that were counted: of copies the first path's is.
    copies: Copies,
    coverage: Coverage,
    unasked: Unasked,
    /// Files so far.
    files: usize,
}

impl Merge {
    fn write(
        &mut self,
        outcome: Outcome,
        found: &Found,
        options: &Options,
        out: &mut Sink,
    ) -> Result<()> {
        self.cover(&outcome);
        self.unasked.take(&outcome, self.files, found);
        self.files += 1;
        for chunk in outcome.chunks {
            self.put(chunk, outcome.copies_grow, options, out)?;
        }
        outcome
            .skips
            .iter()
            .try_for_each(|skip| out.put(&options.names.skip(skip)))
    }

    fn put(
        &mut self,
        chunk: Chunk,
        copies_grow: bool,
        options: &Options,
        out: &mut Sink,
    ) -> Result<()> {
        match chunk {
            Chunk::Lines(lines) => out.lines(&lines),
            Chunk::Request(mut request) => {
                self.copies.settle(&mut request, copies_grow);
                out.put(&request)
            }
            Chunk::Thread(thread) => {
                let mut names = options.names.in_thread();
                write::records(*thread, options, &mut names, &mut |chunk| {
                    self.put(chunk, copies_grow, options, out)
                })
            }
        }
    }

    fn cover(&mut self, outcome: &Outcome) {
        let coverage = &mut self.coverage;
        coverage.logged_requests += outcome.covered.logged_requests;
        coverage.unresolved_messages += outcome.covered.unresolved_messages;
        for (version, requests) in &outcome.covered.helpers_unseen {
            *coverage.helpers_unseen.entry(version.clone()).or_default() += requests;
        }
        coverage.files += u64::from(!outcome.left_out && !outcome.passed_over);
        coverage.files_skipped += u64::from(outcome.left_out);
        coverage.files_cut += u64::from(outcome.cut);
        *coverage.sessions.get_or_insert(0) += outcome.sessions;
        coverage.lines += outcome.tally.lines;
        coverage.bytes += outcome.tally.bytes;
        coverage.understood += outcome.tally.understood;
        coverage.recovered += outcome.tally.recovered.len() as u64;
        coverage.skipped += outcome.tally.skipped.len() as u64;
        coverage.partial |= outcome.partial;
        coverage.usage_unusable += outcome.unusable;
        let recovered = outcome.tally.recovered.iter().map(|(_, why)| *why);
        for why in recovered.chain(outcome.tally.skipped.iter().map(|skipped| skipped.why)) {
            *coverage.by_reason.entry(why.to_owned()).or_default() += 1;
        }
    }

    fn passed_over(&mut self, found: &Found) {
        self.coverage.passed_over = found.passed.len() as u64;
        for (why, _) in &found.passed {
            *self
                .coverage
                .passed_over_by_reason
                .entry(why.words().to_owned())
                .or_default() += 1;
        }
    }

    /// All files were read. Says what there was where no session was written; where all there was
    /// had to be left out, that has been said, and a part is missing.
    fn end(&mut self, found: &Found, options: &Options, io: &Io) -> Status {
        let coverage = &mut self.coverage;
        let is_empty = *coverage.sessions.get_or_insert(0) == 0;
        if is_empty {
            let unasked = std::mem::take(&mut self.unasked);
            let left_out = coverage.files == 0 && coverage.files_skipped > 0 && unasked.is_empty();
            coverage.partial |= left_out;
            if !left_out {
                io.say(&unasked.words(found, options));
            }
        }
        let gate = if is_empty && options.fail_if_empty {
            Status::Gate
        } else {
            Status::Done
        };
        gate.or(if coverage.partial {
            Status::Partial
        } else {
            Status::Done
        })
    }
}
