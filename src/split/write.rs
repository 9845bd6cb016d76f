//! The records of a thread as lines. Requests stay apart, because whether they count is only known
//! across files.
//!
//! The lines of a thread take as much memory as the thread. The lines of a short thread are made by
//! the worker that reads its file, in parallel with others. A long thread stays as it is until its
//! turn to be written; then its lines are made and written a few at a time.

use std::mem::take;

use anyhow::Result;

use super::names::ThreadNames;
use super::options::Options;
use crate::format::history::{Final, FinishedThread};
use crate::record::{Request, Uncounted};

/// A part of a file's records.
pub enum Chunk {
    /// Whole lines.
    Lines(Vec<u8>),
    /// A request, which may still become uncounted.
    Request(Box<Request>),
    /// All records of a long thread except its session.
    Thread(Box<FinishedThread>),
}

/// A thread with more records is a long one.
const LONG: usize = 20_000;

/// A chunk of lines ends at this size.
const LINES_BYTES: usize = 64 << 10;

/// Adds the records of a thread to `chunks`, its session first. The session holds the real names of
/// all pseudonyms in the thread, so a thread with pseudonyms is never left for later.
pub(super) fn thread(
    thread: FinishedThread,
    options: &Options,
    chunks: &mut Vec<Chunk>,
) -> Result<()> {
    let mut names = options.names.in_thread();
    let mut session = thread.session.clone();
    let at = chunks.len();
    chunks.push(Chunk::Lines(Vec::new()));
    if options.list {
        drop(thread);
    } else if thread.len() > LONG && !names.hides() {
        chunks.push(Chunk::Thread(Box::new(thread)));
    } else {
        records(thread, options, &mut names, &mut |chunk| {
            chunks.push(chunk);
            Ok(())
        })?;
    }
    names.session(&mut session);
    let mut lines = Vec::new();
    line(&mut lines, &session)?;
    if let Some(chunk) = chunks.get_mut(at) {
        *chunk = Chunk::Lines(lines);
    }
    Ok(())
}

/// Passes the records of a thread to `put`, in order, as lines and requests.
pub(super) fn records(
    mut thread: FinishedThread,
    options: &Options,
    names: &mut ThreadNames,
    put: &mut dyn FnMut(Chunk) -> Result<()>,
) -> Result<()> {
    let file = thread.session.file.clone();
    let mut lines = Vec::new();
    for mut record in thread.take_records() {
        names.record(&mut record, &file);
        match record {
            Final::Span(span) => line(&mut lines, &span)?,
            Final::Event(event) if options.wants.spans => line(&mut lines, &event)?,
            Final::Event(_) => {}
            Final::Request(mut request) => {
                if request.counted && !options.range.has(request.at.as_deref()) {
                    request.counted = false;
                    request.uncounted = Some(Uncounted::Window);
                }
                put(Chunk::Lines(take(&mut lines)))?;
                put(Chunk::Request(request))?;
            }
        }
        if lines.len() > LINES_BYTES {
            put(Chunk::Lines(take(&mut lines)))?;
        }
    }
    if options.wants.spans {
        for disk in &mut thread.disk {
            names.disk(disk);
            line(&mut lines, disk)?;
        }
    }
    for ledger in &mut thread.ledgers {
        names.ledger(ledger);
        line(&mut lines, ledger)?;
    }
    put(Chunk::Lines(lines))
}

fn line(to: &mut Vec<u8>, record: &impl serde::Serialize) -> Result<()> {
    serde_json::to_writer(&mut *to, record)?;
    to.push(b'\n');
    Ok(())
}
