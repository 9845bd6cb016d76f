//! tok-usage-join: what carrying each span cost, and which part of a usage ledger the requests are.
//!
//! The lines of a thread are buffered until the thread has ended ([`spill`]), and their numbers go
//! to the replay meanwhile. Then the lines are written in order, with the results of the replay
//! added, and after them the thread's `total` records. With a ledger, each counted request is
//! joined with one of its buckets ([`buckets`]); the `usage` records of the buckets end the stream.
//! A provider's export of usage names no session, so it becomes records for itself
//! ([`provider_export`]).
//!
//! This module does not know how costs are computed (`replay`), nor what spans are.

mod buckets;
mod compare;
mod counted;
mod export_csv;
mod ledger;
mod provider_export;
mod spill;

use std::rc::Rc;

use anyhow::Result;

use crate::record::{Event, PredictedBy, Priced, Replayed, Request, Session, Type};
use crate::replay::{History, JoinedSpan, Laws, Prices};
use crate::stream::{Filter, Place, Record, Sink, Stage, Twice, extended};
use buckets::Buckets;
pub use ledger::UsageLedger;
pub use provider_export::ProviderExport;
use spill::LineBuffer;

/// Adds what carrying the spans of each thread cost.
pub struct UsageJoin {
    /// The lines of the current thread.
    lines: LineBuffer,
    thread: Option<BufferedThread>,
    usage: Option<Buckets>,
    export: Option<ProviderExport>,
    prices: Rc<Prices>,
    laws: Rc<Laws>,
}

/// The thread whose records are read.
struct BufferedThread {
    id: String,
    session: String,
    history: History,
    /// `seq` of the latest record.
    seq: u64,
    requests: Vec<JoinedRequest>,
    /// The model that the user gives for requests that name none.
    model: Option<String>,
    /// Usage that the file repeats from a parent's file, and on how many lines. The model is the
    /// first that the thread names.
    replayed: Option<(Request, u64)>,
}

/// What is added to a request besides the results of the replay.
struct JoinedRequest {
    /// The bucket of the ledger.
    bucket: Option<String>,
    /// The model that it is charged as, where that is not the model that it names.
    charged_as: Option<String>,
}

/// Returns the sum of the usage lines that the file repeats from a parent's file.
fn replayed(session: &Session) -> Request {
    Request {
        input_tokens: session.replayed_input_tokens,
        cache_read_tokens: session.replayed_cache_read_tokens,
        output_tokens: session.replayed_output_tokens,
        ..Request::default()
    }
}

impl UsageJoin {
    /// Returns a filter that buffers up to `memory` bytes of lines before it uses a temporary file,
    /// joins requests with that ledger, and charges them by these prices.
    pub fn new(memory: usize, ledger: Option<UsageLedger>, prices: Prices) -> UsageJoin {
        let usage = ledger.map(Buckets::new);
        UsageJoin {
            lines: LineBuffer::bounded(memory),
            thread: None,
            usage,
            export: None,
            prices: Rc::new(prices),
            laws: Rc::default(),
        }
    }

    /// The same, with requests predicted by these laws.
    #[must_use]
    pub fn with_laws(mut self, laws: Laws) -> UsageJoin {
        self.laws = Rc::new(laws);
        self
    }

    /// The same, with the records of a provider's export at the end of the stream.
    #[must_use]
    pub fn with_export(self, export: Option<ProviderExport>) -> UsageJoin {
        UsageJoin { export, ..self }
    }

    /// Returns the thread of a record. A thread whose `session` record was filtered out begins
    /// here.
    fn thread(&mut self, id: &str, session: &str, out: &mut Sink) -> Result<&mut BufferedThread> {
        if let Some(thread) = &self.thread
            && thread.id != id
        {
            self.close(out)?;
        }
        Ok(self.thread.get_or_insert_with(|| BufferedThread {
            id: id.to_owned(),
            session: session.to_owned(),
            history: History::priced(Rc::clone(&self.prices)).under(Rc::clone(&self.laws)),
            seq: 0,
            requests: Vec::new(),
            model: None,
            replayed: None,
        }))
    }

    /// Ends the current thread: replays it, and writes its lines with the results.
    fn close(&mut self, out: &mut Sink) -> Result<()> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let bill = thread.history.replay();
        let mut spans = bill.spans();
        let mut requests = bill.requests().zip(&thread.requests);
        let naive_cost_usd = match &thread.replayed {
            Some((usage, lines)) => self.prices.cost(usage, *lines).ok(),
            None => None,
        };
        self.lines.drain(|record| match record.kind {
            Type::Session => out.extend(&record, &Replayed { naive_cost_usd }),
            Type::Span => out.extend(&record, &spans.next().unwrap_or_default()),
            Type::Request => match requests.next() {
                Some((mut billed, joined)) => {
                    billed.bucket.clone_from(&joined.bucket);
                    billed.charged_as.clone_from(&joined.charged_as);
                    out.extend(&record, &billed)
                }
                None => out.pass(&record),
            },
            Type::Ledger => out.extend(&record, &self.prices.check(&record.read()?)),
            _ => out.pass(&record),
        })?;
        for event in bill.events(&thread.id, &thread.session, thread.seq) {
            out.put(&event)?;
        }
        for total in bill.totals(&thread.id, &thread.session) {
            out.put(&total)?;
        }
        Ok(())
    }

    /// Buffers a record of the current thread; any other passes.
    fn buffer(&mut self, record: &Record, out: &mut Sink) -> Result<()> {
        if self.thread.is_some() {
            self.lines.push(record)
        } else {
            out.pass(record)
        }
    }

    fn session(&mut self, session: &Session, out: &mut Sink) -> Result<()> {
        self.close(out)?;
        let model = self.prices.model_for(&session.file).map(str::to_owned);
        let thread = self.thread(&session.thread, &session.session, out)?;
        thread.model = model;
        let provider = session.provider.as_deref().unwrap_or("");
        thread.history.served_by(provider);
        thread.history.manner_is_unsure(session.manner_unsure);
        thread.replayed = session
            .replayed_reports
            .map(|lines| (replayed(session), lines));
        Ok(())
    }

    fn span(&mut self, span: &JoinedSpan, out: &mut Sink) -> Result<()> {
        let thread = self.thread(&span.thread, &span.session, out)?;
        thread.seq = span.seq;
        thread.history.span(&span.content());
        Ok(())
    }

    /// Joins a request with its bucket of the ledger, and decides which model it is charged as.
    fn request(&mut self, mut request: Request, out: &mut Sink) -> Result<()> {
        let bucket = match &mut self.usage {
            Some(usage) => usage.join(&request),
            None => None,
        };
        let prices = Rc::clone(&self.prices);
        let thread = self.thread(&request.thread, &request.session, out)?;
        thread.seq = request.seq;
        let given = match request.model {
            None => thread.model.clone(),
            Some(_) => None,
        };
        request.model = given.clone().or(request.model);
        if let Some((usage, _)) = &mut thread.replayed
            && usage.model.is_none()
        {
            usage.model.clone_from(&request.model);
        }
        let mut charged_as = given;
        if let Some(model) = &request.model
            && let Some(alias) = prices.alias(model)
        {
            charged_as = Some(alias.to_owned());
        }
        thread.history.request(&request);
        thread.requests.push(JoinedRequest { bucket, charged_as });
        Ok(())
    }

    fn event(&mut self, event: &Event, out: &mut Sink) -> Result<()> {
        let thread = self.thread(&event.thread, &event.session, out)?;
        thread.seq = event.seq;
        thread.history.event(event);
        Ok(())
    }

    /// Writes the `stream` record, with the versions of the laws and of the prices.
    fn stream(&mut self, record: &Record, out: &mut Sink) -> Result<()> {
        self.close(out)?;
        let laws = self.laws.version().map(str::to_owned);
        let mut line = Vec::new();
        extended(record.line, &PredictedBy { laws }, &mut line)?;
        let record = Record::peek(std::str::from_utf8(&line)?)?;
        let prices = Some(self.prices.version().to_owned());
        out.extend(&record, &Priced { prices })
    }
}

impl Filter for UsageJoin {
    fn place(&self) -> Place {
        Place {
            stage: Some(Stage::Join),
            after: &[Stage::Measure],
            before: &[Stage::Rank],
            twice: Twice::Settled,
            ..Place::default()
        }
    }

    fn take(&mut self, record: Record, out: &mut Sink) -> Result<()> {
        match record.kind {
            Type::Session => self.session(&record.read()?, out)?,
            Type::Span => self.span(&record.read()?, out)?,
            Type::Request => self.request(record.read()?, out)?,
            Type::Event => {
                let event: Event = record.read()?;
                if event.is_of_replay() {
                    // An earlier pass of this filter wrote it; it is made again.
                    return Ok(());
                }
                self.event(&event, out)?;
            }
            // An earlier pass of this filter wrote them; they are made again.
            Type::Total | Type::Usage => return Ok(()),
            Type::Export if self.export.is_some() => return Ok(()),
            Type::Stream => return self.stream(&record, out),
            _ => {}
        }
        self.buffer(&record, out)
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        self.close(out)?;
        if let Some(usage) = &self.usage {
            for usage in usage.records() {
                out.put(&usage)?;
            }
            if let Some(whole) = usage.compared() {
                out.put(&whole)?;
            }
        }
        if let Some(export) = &self.export {
            for export in export.records() {
                out.put(&export)?;
            }
        }
        match coverage {
            Some(record) => out.pass(&record),
            None => Ok(()),
        }
    }
}
