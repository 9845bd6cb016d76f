//! tok-split: session files to records.
//!
//! Files are found and sorted, read in parallel, and written in their order. What depends on other
//! files is decided while writing: whether a response was counted before, in another file that
//! holds a copy of it.

mod archive;
pub mod choice;
pub mod find;
mod first_lines;
pub mod found;
pub mod home;
mod message_index;
mod names;
mod no_session;
mod options;
mod progress;
pub mod read;
pub mod thread_index;
mod walk;
mod write;

use std::thread;

use anyhow::Result;

use crate::cli::Io;
use crate::path;
use crate::record::{Copies, Coverage, SCHEMA, Skip, Stream};
use crate::stream::{Sink, Status};
use crate::workers::Workers;
use found::FoundFiles;
pub use names::NameCleaner;
use no_session::NotSelected;
pub use options::Options;
use progress::ReadingProgress;
use read::FileOutcome;
use write::Chunk;

/// Reads the files and writes the stream.
///
/// # Errors
/// The output cannot be written.
pub fn run(found: &FoundFiles, options: &Options, io: &mut Io) -> Result<Status> {
    let program = format!("{} {}", io.program, env!("CARGO_PKG_VERSION"));
    io.out.put(&Stream {
        v: SCHEMA,
        program,
        since: options.range.since.clone(),
        until: options.range.until.clone(),
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
    if let Some(text) = found.passed_over() {
        io.say(&text);
    }
    read_and_write(found, options, &mut merge, io)?;
    let status = merge.end(found, options, io);
    io.out.put(&merge.coverage)?;
    Ok(status)
}

fn read_and_write(
    found: &FoundFiles,
    options: &Options,
    merge: &mut Merge,
    io: &mut Io,
) -> Result<()> {
    let threads = options.threads.min(found.inputs.len());
    let terminal = options.progress.as_deref();
    let mut progress = ReadingProgress::new(terminal, &found.inputs, &options.range);
    let mut inputs = found.inputs.iter();
    let mut write = |outcome: FileOutcome| -> Result<()> {
        for skip in &outcome.skips {
            io.skips.fold(skip);
        }
        merge.write(outcome, found, options, &mut io.out)?;
        if let Some(input) = inputs.next() {
            progress.read(input, &options.range);
        }
        Ok(())
    };
    thread::scope(|scope| -> Result<()> {
        let mut workers = Workers::scoped(scope, threads, 0, || |input| read::file(input, options));
        for input in &found.inputs {
            workers.give(input)?;
            if workers.is_full()
                && let Some(outcome) = workers.next(true)?
            {
                write(outcome)?;
            }
        }
        while let Some(outcome) = workers.next(true)? {
            write(outcome)?;
        }
        Ok(())
    })?;
    progress.end();
    Ok(())
}

/// What is known across files.
#[derive(Default)]
struct Merge {
    /// Responses that were counted. Of several copies that in the first file is counted.
    copies: Copies,
    coverage: Coverage,
    not_selected: NotSelected,
    /// The number of files so far.
    files: usize,
}

impl Merge {
    fn write(
        &mut self,
        outcome: FileOutcome,
        found: &FoundFiles,
        options: &Options,
        out: &mut Sink,
    ) -> Result<()> {
        self.cover(&outcome);
        self.not_selected.take(&outcome, self.files, found);
        self.files += 1;
        for chunk in outcome.chunks {
            self.put(chunk, outcome.copies_grow, options, out)?;
        }
        for skip in &outcome.skips {
            out.put(&options.names.skip(skip))?;
        }
        Ok(())
    }

    fn put(
        &mut self,
        chunk: Chunk,
        copies_grow: bool,
        options: &Options,
        out: &mut Sink,
    ) -> Result<()> {
        match chunk {
            Chunk::Lines(lines) => out.bytes(&lines),
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

    fn cover(&mut self, outcome: &FileOutcome) {
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
        let reasons = &mut coverage.by_reason;
        for (_, why) in &outcome.tally.recovered {
            *reasons.entry((*why).to_owned()).or_default() += 1;
        }
        for skipped in &outcome.tally.skipped {
            *reasons.entry(skipped.why.to_owned()).or_default() += 1;
        }
    }

    fn passed_over(&mut self, found: &FoundFiles) {
        self.coverage.passed_over = found.passed.len() as u64;
        let reasons = &mut self.coverage.passed_over_by_reason;
        for (why, _) in &found.passed {
            *reasons.entry(why.words().to_owned()).or_default() += 1;
        }
    }

    /// Ends the stream. Where no session was written, prints what was found instead; where all
    /// files had to be left out, their skips say so, and the output is partial.
    fn end(&mut self, found: &FoundFiles, options: &Options, io: &Io) -> Status {
        let coverage = &mut self.coverage;
        let is_empty = *coverage.sessions.get_or_insert(0) == 0;
        if is_empty {
            let not_selected = std::mem::take(&mut self.not_selected);
            let all_left_out =
                coverage.files == 0 && coverage.files_skipped > 0 && not_selected.is_empty();
            coverage.partial |= all_left_out;
            if !all_left_out {
                io.say(&not_selected.words(found, options));
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
