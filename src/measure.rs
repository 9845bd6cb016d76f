//! tok-measure: how large each span is, in tokens and in kind.
//!
//! Of the six filters of a report only this one reads texts again, at the locations that the spans
//! name: whatever later stages need of a text leaves here as numbers and hashes. The filter itself
//! only distributes: lines go in batches to a pool of threads, each with a [`Meter`], and come back
//! in order. The filter keeps what only the order can decide (which file, provider and model a span
//! belongs to) and a cache of earlier results, so that a repeated text is not measured again.
//!
//! The output does not depend on the number of threads, not even where a file cannot be read: then
//! the span gets the result of an equal text earlier in the stream, or no result.

mod arguments;
mod batch;
mod blocks;
mod cache;
mod classes;
mod meter;
mod plan;
mod rows;
mod shape;
mod shell;
mod user_task;

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use serde::Deserialize;

use crate::record::{Measured, Part, Session, Span, Type, Unread};
use crate::skip::Skips;
use crate::stream::{Filter, Place, Record, Sink, Stage, Status, extended};
use crate::token::Encoding;
use crate::workers::Workers;
use batch::{Batch, MeasuredBatch, Origin, SpanWork, UnreadSpan};
use cache::{MeasuredCache, TextKey};
use meter::Meter;

/// Lines of a batch: enough to make handing it over cheap, few enough to keep all threads busy.
const BATCH_LINES: usize = 128;
/// A batch of long lines (texts embedded by `--text`) is closed at this size.
const BATCH_BYTES: usize = 256 << 10;
/// A batch that waits for the name of a model is handed over at this size without it.
const WAIT_BYTES: usize = 1 << 20;
/// Batches under way beyond two for each thread: the filter reads them while all threads work.
const SPARE_BATCHES: usize = 3;

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
    workers: Workers<'static, Batch, MeasuredBatch>,
    batch: Batch,
    batch_lines: usize,
    /// The origin of the next records.
    origin: Arc<Origin>,
    /// Whether the batch has an image or encrypted content whose model is not known yet.
    waits: bool,
    cache: MeasuredCache,
    /// Spans whose text could not be read.
    unread: u64,
    skips: Skips,
}

impl Measure {
    /// Returns the filter, with its threads started.
    pub fn new(options: Options) -> Measure {
        let encoding = options.encoding;
        let long = Arc::new(Mutex::new(()));
        let workers = Workers::new(options.threads.get(), SPARE_BATCHES, || {
            let mut meter = Meter::new(encoding, Arc::clone(&long));
            move |batch: Batch| meter.batch(&batch)
        });
        Measure {
            workers,
            batch: Batch::default(),
            batch_lines: if options.at_once { 1 } else { BATCH_LINES },
            origin: Arc::default(),
            waits: false,
            cache: MeasuredCache::default(),
            unread: 0,
            skips: Skips::default(),
        }
    }

    /// Returns the texts that could not be read, and the exit status: partial where there are any.
    pub fn finish(self) -> (Skips, Status) {
        let status = if self.unread > 0 {
            Status::Partial
        } else {
            Status::Done
        };
        (self.skips, status)
    }

    fn session(&mut self, session: Session) {
        // The thread before had no request, so the model of its images stays unknown.
        self.settle("");
        self.origin = Arc::new(Origin::new(session));
    }

    /// Takes the model of a request. The first request of a thread names the model for the records
    /// before it too.
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

    fn work(&mut self, span: Span) -> Box<SpanWork> {
        // The rule for images and encrypted content depends on the model.
        let needs_model = matches!(span.part, Part::Image | Part::Reasoning | Part::Opaque);
        self.waits |= needs_model && self.origin.model().is_none();
        let key = TextKey::of(&span);
        let known = match &key {
            Some(key) => self.cache.get(key),
            None => None,
        };
        Box::new(SpanWork {
            span,
            origin: Arc::clone(&self.origin),
            key,
            known,
        })
    }

    /// Gives the batch to the workers, and writes the batches that are ready.
    fn dispatch(&mut self, out: &mut Sink) -> Result<()> {
        self.workers.give(std::mem::take(&mut self.batch))?;
        while let Some(batch) = self.workers.next(self.workers.is_full())? {
            self.write(batch, out)?;
        }
        Ok(())
    }

    fn write(&mut self, batch: MeasuredBatch, out: &mut Sink) -> Result<()> {
        let MeasuredBatch {
            lines,
            learned,
            unread,
        } = batch;
        let mut learned = learned.into_iter().peekable();
        let mut from = 0;
        for span in unread {
            write_lines(lines.get(from..span.at).unwrap_or_default(), out)?;
            from = span.at;
            // The result may come from an equal text earlier in the stream, and from no other.
            while let Some((_, key, measured)) = learned.next_if(|(at, ..)| *at < span.at) {
                self.cache.put(key, measured);
            }
            self.write_unread(span, out)?;
        }
        for (_, key, measured) in learned {
            self.cache.put(key, measured);
        }
        write_lines(lines.get(from..).unwrap_or_default(), out)
    }

    /// Writes a span whose text could not be read: with the result of an equal text, where the
    /// cache has one, else with a skip record after it.
    fn write_unread(&mut self, span: UnreadSpan, out: &mut Sink) -> Result<()> {
        let mut line = Vec::with_capacity(span.line.len() + 64);
        if let Some(key) = span.key
            && let Some(known) = self.cache.get(&key)
        {
            let measured = Measured {
                tool_tokens: span.measured.tool_tokens,
                ..Measured::clone(&known)
            };
            extended(&span.line, &measured, &mut line)?;
            out.line(&line)?;
            self.cache.put(key, known);
            return Ok(());
        }
        extended(&span.line, &span.measured, &mut line)?;
        out.line(&line)?;
        self.unread += 1;
        self.skips.fold(&span.skip);
        out.put(&span.skip)
    }
}

/// Writes lines that each end in a line feed.
fn write_lines(lines: &[u8], out: &mut Sink) -> Result<()> {
    match lines.strip_suffix(b"\n") {
        Some(lines) => out.line(lines),
        None => Ok(()),
    }
}

/// The model of a `request` record.
#[derive(Deserialize)]
struct RequestModel<'a> {
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
}

impl Filter for Measure {
    /// tok-usage-join and tok-rank need the tokens of the spans.
    fn place(&self) -> Place {
        Place {
            stage: Some(Stage::Measure),
            before: &[Stage::Join, Stage::Rank],
            ..Place::default()
        }
    }

    fn take(&mut self, record: Record, out: &mut Sink) -> Result<()> {
        let mut work = None;
        match record.kind {
            Type::Session => self.session(record.read()?),
            Type::Request => {
                let request: RequestModel = record.read()?;
                if let Some(model) = request.model {
                    self.request(&model);
                }
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
        self.workers.give(std::mem::take(&mut self.batch))?;
        while let Some(batch) = self.workers.next(true)? {
            self.write(batch, out)?;
        }
        let unread = Unread {
            places_unread: self.unread,
        };
        match coverage {
            Some(record) => out.extend(&record, &unread),
            None => Ok(()),
        }
    }
}
