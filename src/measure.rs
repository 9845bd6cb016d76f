//! tok-measure: how large each span is, in tokens and in kind.
//!
//! Of the six filters this one alone opens the places that the spans name: whatever later stages
//! need of a text leaves here as numbers and hashes. The filter itself only deals out: lines go in
//! batches to a `crew` of threads, each with a `meter` of its own, and come back in the order they
//! went. It keeps what only the order tells (which file, provider and model a span belongs to) and
//! what was measured before (`known`), so that a text that comes again is not read again.
//!
//! The output does not depend on the number of threads, not even where a file cannot be read: the
//! same text measured before it in the stream speaks for it, or nothing does.

mod arguments;
mod batch;
mod blocks;
mod classes;
mod crew;
mod known;
mod meter;
mod plan;
mod shape;
mod shell;
mod task;

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::Result;
use serde::Deserialize;

use crate::record::{Measured, Part, Session, Span, Type, Unread};
use crate::skip::Skips;
use crate::stream::{Filter, Place, Record, Sink, Stage, Status, extended};
use crate::token::Encoding;
use batch::{Batch, Done, Origin, Work};
use crew::Crew;
use known::{Key, Known};

/// Lines of a batch: enough to make handing it over cheap, few enough to keep all threads busy.
const BATCH_LINES: usize = 128;
/// A batch of long lines (texts embedded by `--text`) is closed at this size.
const BATCH_BYTES: usize = 256 << 10;
/// A batch that waits for a model is let go at this size.
const WAIT_BYTES: usize = 1 << 20;

/// How to measure.
#[derive(Clone, Copy)]
pub struct Options {
    /// The encoding to count in.
    pub encoding: &'static Encoding,
    /// Threads that measure; the output is the same for any number.
    pub threads: NonZeroUsize,
    /// Write each line before the next is read (`--line-buffered`). Needs one thread.
    pub at_once: bool,
}

/// Adds [`Measured`] to the spans.
pub struct Measure {
    crew: Crew,
    batch: Batch,
    batch_lines: usize,
    /// Of the records that come next.
    origin: Arc<Origin>,
    /// Whether the batch has an image or sealed content whose model is not known yet.
    waits: bool,
    known: Known,
    /// Places that could not be read.
    unread: u64,
    skips: Skips,
}

impl Measure {
    /// Returns the filter, with its threads started.
    pub fn new(options: Options) -> Measure {
        Measure {
            crew: Crew::new(options.encoding, options.threads),
            batch: Batch::default(),
            batch_lines: if options.at_once { 1 } else { BATCH_LINES },
            origin: Arc::default(),
            waits: false,
            known: Known::default(),
            unread: 0,
            skips: Skips::default(),
        }
    }

    /// The places that could not be read, and what that means for the exit status.
    pub fn finish(self) -> (Skips, Status) {
        let status = if self.unread > 0 {
            Status::Partial
        } else {
            Status::Done
        };
        (self.skips, status)
    }

    fn session(&mut self, session: Session) {
        // A thread that ends without a request never says which model saw its images.
        self.settle("");
        self.origin = Arc::new(Origin::new(session));
    }

    /// The thread's requests name its model: the first one for all that stood before it too.
    fn request(&mut self, model: &str) {
        self.settle(model);
        if self.origin.model() != Some(model) {
            self.origin = Arc::new(self.origin.with_model(model));
        }
    }

    fn settle(&mut self, model: &str) {
        self.origin.settle(model);
        self.waits = false;
    }

    fn work(&mut self, span: Span) -> Box<Work> {
        // Whose rule it is, the model tells.
        let asks = matches!(span.part, Part::Image | Part::Reasoning | Part::Opaque);
        self.waits |= asks && self.origin.model().is_none();
        let key = Key::of(&span);
        let known = key.as_ref().and_then(|key| self.known.get(key));
        Box::new(Work {
            span,
            origin: Arc::clone(&self.origin),
            key,
            known,
        })
    }

    /// Hands the batch over, and writes what has come back.
    fn dispatch(&mut self, out: &mut Sink) -> Result<()> {
        self.crew.give(std::mem::take(&mut self.batch))?;
        while let Some(done) = self.crew.next(self.crew.is_busy())? {
            self.write(done, out)?;
        }
        Ok(())
    }

    fn write(&mut self, done: Done, out: &mut Sink) -> Result<()> {
        let Done {
            lines,
            learned,
            late,
            ..
        } = done;
        let mut learned = learned.into_iter().peekable();
        let mut from = 0;
        for late in late {
            write_lines(lines.get(from..late.at).unwrap_or_default(), out)?;
            from = late.at;
            // What stood before it in the stream, and nothing else, can speak for it.
            while let Some((_, key, measured)) = learned.next_if(|(at, ..)| *at < late.at) {
                self.known.put(key, measured);
            }
            let before = late.key.and_then(|key| Some((key, self.known.get(&key)?)));
            let more = match &before {
                Some((_, known)) => Measured {
                    tool_tokens: late.measured.tool_tokens,
                    ..Measured::clone(known)
                },
                None => late.measured,
            };
            let mut line = Vec::with_capacity(late.line.len() + 64);
            extended(&late.line, &more, &mut line)?;
            out.raw(&line)?;
            match before {
                Some((key, known)) => self.known.put(key, known),
                None => {
                    self.unread += 1;
                    self.skips.fold(&late.skip);
                    out.put(&late.skip)?;
                }
            }
        }
        learned.for_each(|(_, key, measured)| self.known.put(key, measured));
        write_lines(lines.get(from..).unwrap_or_default(), out)
    }
}

/// Writes lines that each end in a line feed.
fn write_lines(lines: &[u8], out: &mut Sink) -> Result<()> {
    lines
        .strip_suffix(b"\n")
        .map_or(Ok(()), |lines| out.raw(lines))
}

impl Filter for Measure {
    /// What carrying the spans costs rests on their tokens.
    fn place(&self) -> Place {
        Place {
            stage: Some(Stage::Measure),
            before: &[Stage::Join, Stage::Rank],
            ..Place::default()
        }
    }

    fn take(&mut self, record: Record, out: &mut Sink) -> Result<()> {
        #[derive(Deserialize)]
        struct Answered<'a> {
            #[serde(borrow)]
            model: Option<Cow<'a, str>>,
        }
        let mut work = None;
        match record.kind {
            Type::Session => self.session(record.read()?),
            Type::Request => {
                let answered: Answered = record.read()?;
                answered.model.iter().for_each(|model| self.request(model));
            }
            Type::Span => work = Some(self.work(record.read()?)),
            _ => {}
        }
        self.batch.push(record.line, work);
        if self.waits && self.batch.bytes() < WAIT_BYTES {
            return Ok(());
        }
        if self.waits {
            self.settle("");
        }
        if self.batch.len() >= self.batch_lines || self.batch.bytes() >= BATCH_BYTES {
            self.dispatch(out)?;
        }
        Ok(())
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        self.settle("");
        self.crew.give(std::mem::take(&mut self.batch))?;
        while let Some(done) = self.crew.next(true)? {
            self.write(done, out)?;
        }
        coverage.map_or(Ok(()), |record| {
            out.extend(
                &record,
                &Unread {
                    places_unread: self.unread,
                },
            )
        })
    }
}
