//! A thread to its lines; requests apart, for whether they count is only known across files.
//!
//! A thread's lines take as much memory as the thread. Those of a short one are made where its file is
//! read, side by side with others; a long one stays as it is until its turn to be written has come,
//! and its lines are made and written a few at a time.

use std::mem::take;

use anyhow::Result;

use super::Options;
use crate::format::history::{Final, Thread};
use crate::record::{Request, Uncounted};

/// A part of a file's records.
pub enum Chunk {
    /// Whole lines.
    Lines(Vec<u8>),
    /// One request.
    Request(Box<Request>),
    /// All records of a long thread, its session apart.
    Thread(Box<Thread>),
}

/// A thread with more records is a long one.
const LONG: usize = 20_000;

/// Lines that come to more are handed on.
const LINES_BYTES: usize = 64 << 10;

/// Hands a thread on, its session first.
pub(super) fn thread(thread: Thread, options: &Options, chunks: &mut Vec<Chunk>) -> Result<()> {
    let mut session = Vec::new();
    line(&mut session, &thread.session)?;
    chunks.push(Chunk::Lines(session));
    if options.list {
        return Ok(());
    }
    if thread.len() > LONG {
        chunks.push(Chunk::Thread(Box::new(thread)));
        return Ok(());
    }
    records(thread, options, &mut |chunk| {
        chunks.push(chunk);
        Ok(())
    })
}

/// Hands the records of a thread on, in order: as lines, and requests.
pub(super) fn records(mut thread: Thread, options: &Options, put: &mut dyn FnMut(Chunk) -> Result<()>) -> Result<()> {
    let file = thread.session.file.clone();
    let mut lines = Vec::new();
    for record in thread.take_records() {
        match record {
            Final::Span(mut span) => {
                span.file = span.offset.and(span.file.take().or_else(|| Some(file.clone())));
                line(&mut lines, &span)?;
            }
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
    for disk in thread.disk.iter().filter(|_| options.wants.spans) {
        line(&mut lines, disk)?;
    }
    for ledger in &thread.ledgers {
        line(&mut lines, ledger)?;
    }
    put(Chunk::Lines(lines))
}

fn line(to: &mut Vec<u8>, record: &impl serde::Serialize) -> Result<()> {
    serde_json::to_writer(&mut *to, record)?;
    to.push(b'\n');
    Ok(())
}
