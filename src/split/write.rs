//! A thread to its lines; requests apart, for whether they count is only known across files.
//!
//! A thread's lines take as much memory as the thread. Those of a short one are made where its file
//! is read, side by side with others; a long one stays as it is until its turn to be written has
//! come, and its lines are made and written a few at a time.

use std::mem::take;

use anyhow::Result;

use super::Options;
use super::names::InThread;
use crate::format::history::{Final, FinishedThread};
use crate::record::{Request, Uncounted};

/// A part of a file's records.
pub enum Chunk {
    /// Whole lines.
    Lines(Vec<u8>),
    /// One request.
    Request(Box<Request>),
    /// All records of a long thread, its session apart.
    Thread(Box<FinishedThread>),
}

/// A thread with more records is a long one.
const LONG: usize = 20_000;

/// Lines that come to more are handed on.
const LINES_BYTES: usize = 64 << 10;

/// Hands a thread on, its session first. What its pseudonyms stand for goes with the session: a
/// thread that has any is not left for later.
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
    chunks
        .get_mut(at)
        .into_iter()
        .for_each(|chunk| *chunk = Chunk::Lines(take(&mut lines)));
    Ok(())
}

/// Hands the records of a thread on, in order: as lines, and requests.
pub(super) fn records(
    mut thread: FinishedThread,
    options: &Options,
    names: &mut InThread,
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
                if request.counted && !options.window.has(request.at.as_deref()) {
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
    for disk in thread.disk.iter_mut().filter(|_| options.wants.spans) {
        names.disk(disk);
        line(&mut lines, disk)?;
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
