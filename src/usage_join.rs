//! tok-usage-join: what carrying each span cost, and where a usage ledger saw it.
//!
//! The lines of one thread are held until it has ended ([`held`]), their numbers are fed to the
//! replay as they pass, and then the lines leave in their order with what the replay says added,
//! and after them the thread's `total` records. With a ledger, each counted request is joined with
//! one of its buckets ([`buckets`]); their `usage` records end the stream. A provider's export of
//! usage names no session: it is read for itself ([`burn`]).
//!
//! This room knows neither how costs are made (`replay`) nor what spans are.

mod buckets;
mod burn;
mod compare;
mod counted;
mod export;
mod held;
mod ledger;

use std::borrow::Cow;
use std::rc::Rc;

use anyhow::Result;
use serde::Deserialize;

use crate::record::{
    Event, Framing, Part, PredictedBy, Priced, Replayed, Request, Role, Session, Type, What,
};
use crate::replay::{Content, History, Laws, Prices};
use crate::stream::{Filter, Place, Record, Sink, Stage, Twice, extended};
use buckets::Buckets;
pub use burn::Burn;
use held::Held;
pub use ledger::Ledger;

/// Adds what carrying the spans of each thread cost.
pub struct UsageJoin {
    held: Held,
    thread: Option<Thread>,
    usage: Option<Buckets>,
    burn: Option<Burn>,
    prices: Rc<Prices>,
    laws: Rc<Laws>,
}

/// The thread at hand.
struct Thread {
    id: String,
    session: String,
    history: History,
    /// `seq` of its latest record.
    seq: u64,
    /// For each request the bucket it was joined with, and the model it is charged as where its own
    /// record does not name it.
    joined: Vec<(Option<String>, Option<String>)>,
    /// The model of requests that name none, as the user has said.
    model: Option<String>,
    /// Usage that the file repeats from a parent's, on so many lines; its model is the first that
    /// the thread names.
    replayed: Option<(Request, u64)>,
}

/// What is looked at of a span.
#[derive(Deserialize)]
struct View<'a> {
    #[serde(borrow)]
    thread: Cow<'a, str>,
    #[serde(borrow)]
    session: Cow<'a, str>,
    seq: u64,
    role: Role,
    part: Part,
    #[serde(borrow)]
    source: Cow<'a, str>,
    made_by: Option<u64>,
    #[serde(borrow, default)]
    tool: Cow<'a, str>,
    framing: Option<Framing>,
    #[serde(borrow, default)]
    server: Cow<'a, str>,
    #[serde(borrow, default)]
    command: Cow<'a, str>,
    #[serde(borrow, default)]
    detail: Cow<'a, str>,
    bytes: u64,
    line: Option<u64>,
    #[serde(borrow, default)]
    phase: Cow<'a, str>,
    cut_bytes: Option<u64>,
    length: Option<u64>,
    tokens: Option<u64>,
    #[serde(borrow, default)]
    tokens_by: Cow<'a, str>,
    rendered_tokens: Option<u64>,
    tool_tokens: Option<u64>,
    classes: Option<[u64; 6]>,
    capital_bytes: Option<u64>,
}

impl View<'_> {
    /// Tokens that come from the length of an encrypted text say how reasoning shares its output,
    /// not what it weighs when it is sent: that is for the provider's laws.
    fn content(&self) -> Content<'_> {
        let plain = !self.tokens_by.starts_with("encrypted_length");
        Content {
            seq: self.seq,
            tokens: self.tokens.filter(|_| plain),
            bytes: self.bytes,
            weight: self.tokens.or(self.length).unwrap_or(self.bytes),
            made_by: self.made_by,
            role: self.role,
            part: self.part,
            source: &self.source,
            tool: &self.tool,
            framing: self.framing,
            server: &self.server,
            command: &self.command,
            ephemeral: self.detail == "ephemeral",
            within: self.detail == "within",
            of_file: self.detail == "file",
            line: self.line,
            phase: &self.phase,
            rendered: self.rendered_tokens,
            tool_tokens: self.tool_tokens,
            sealed_bytes: self
                .length
                .filter(|_| self.part == Part::Reasoning && !plain),
            classes: self.classes,
            capital_bytes: self.capital_bytes.unwrap_or(0),
            cut: self.cut_bytes.map(|limit| (self.bytes, limit)),
        }
    }
}

/// The usage lines that the file repeats from a parent's, added up.
fn replayed(session: &Session) -> Request {
    Request {
        input_tokens: session.replayed_input_tokens,
        cache_read_tokens: session.replayed_cache_read_tokens,
        output_tokens: session.replayed_output_tokens,
        ..Request::default()
    }
}

impl UsageJoin {
    /// A filter that holds up to `memory` bytes of lines before it uses a temporary file, joins
    /// with that ledger, and charges by these prices.
    pub fn new(memory: usize, ledger: Option<Ledger>, prices: Prices) -> UsageJoin {
        let usage = ledger.map(Buckets::new);
        UsageJoin {
            held: Held::bounded(memory),
            thread: None,
            usage,
            burn: None,
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

    /// The same, and at the end of the stream what a provider's export says.
    #[must_use]
    pub fn with_export(self, burn: Option<Burn>) -> UsageJoin {
        UsageJoin { burn, ..self }
    }

    /// The thread that the record is of. One whose `session` record was filtered out begins here.
    fn thread(&mut self, id: &str, session: &str, out: &mut Sink) -> Result<&mut Thread> {
        if self.thread.as_ref().is_none_or(|thread| thread.id != id) {
            self.close(out)?;
        }
        let history = || History::priced(Rc::clone(&self.prices)).under(Rc::clone(&self.laws));
        Ok(self.thread.get_or_insert_with(|| Thread {
            id: id.to_owned(),
            session: session.to_owned(),
            history: history(),
            seq: 0,
            joined: Vec::new(),
            model: None,
            replayed: None,
        }))
    }

    /// The thread has ended: its lines leave, with what it cost.
    fn close(&mut self, out: &mut Sink) -> Result<()> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let bill = thread.history.replay();
        let (mut spans, mut requests) = (bill.spans(), bill.requests().zip(&thread.joined));
        let replayed = thread
            .replayed
            .and_then(|(usage, lines)| self.prices.cost(&usage, lines).ok());
        self.held.drain(|record| match record.kind {
            Type::Session => out.extend(
                &record,
                &Replayed {
                    naive_cost_usd: replayed,
                },
            ),
            Type::Span => out.extend(&record, &spans.next().unwrap_or_default()),
            Type::Request => match requests.next() {
                Some((mut billed, (bucket, charged_as))) => {
                    billed.bucket.clone_from(bucket);
                    billed.charged_as.clone_from(charged_as);
                    out.extend(&record, &billed)
                }
                None => out.pass(&record),
            },
            Type::Ledger => out.extend(&record, &self.prices.check(&record.read()?)),
            _ => out.pass(&record),
        })?;
        bill.events(&thread.id, &thread.session, thread.seq)
            .iter()
            .try_for_each(|event| out.put(event))?;
        bill.totals(&thread.id, &thread.session)
            .iter()
            .try_for_each(|total| out.put(total))
    }

    fn hold(&mut self, record: &Record, out: &mut Sink) -> Result<()> {
        if self.thread.is_some() {
            self.held.push(record)
        } else {
            out.pass(record)
        }
    }

    /// Takes a request: which bucket of the ledger it falls into, and which model it is charged as.
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
        thread.joined.push((bucket, charged_as));
        Ok(())
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
            Type::Session => {
                let session: Session = record.read()?;
                self.close(out)?;
                let model = self.prices.model_for(&session.file).map(str::to_owned);
                let thread = self.thread(&session.thread, &session.session, out)?;
                thread.model = model;
                thread
                    .history
                    .served_by(session.provider.as_deref().unwrap_or(""));
                thread.history.manner_is_unsure(session.manner_unsure);
                thread.replayed = session
                    .replayed_reports
                    .map(|lines| (replayed(&session), lines));
            }
            Type::Span => {
                let span: View = record.read()?;
                let thread = self.thread(&span.thread, &span.session, out)?;
                thread.seq = span.seq;
                thread.history.span(&span.content());
            }
            Type::Request => {
                self.request(record.read()?, out)?;
            }
            Type::Event => {
                let event: Event = record.read()?;
                // Written by an earlier pass, as totals are.
                if matches!(
                    event.what,
                    What::Unrecorded | What::Dropped | What::CacheBreak
                ) {
                    return Ok(());
                }
                let thread = self.thread(&event.thread, &event.session, out)?;
                thread.seq = event.seq;
                thread.history.event(&event);
            }
            // Written by an earlier pass of this filter: they are made anew.
            Type::Total | Type::Usage => return Ok(()),
            Type::Export if self.burn.is_some() => return Ok(()),
            Type::Stream => {
                self.close(out)?;
                let laws = self.laws.version().map(str::to_owned);
                let mut line = Vec::new();
                extended(record.line, &PredictedBy { laws }, &mut line)?;
                let record = Record::peek(std::str::from_utf8(&line)?)?;
                let prices = Some(self.prices.version().to_owned());
                return out.extend(&record, &Priced { prices });
            }
            _ => {}
        }
        self.hold(&record, out)
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        self.close(out)?;
        if let Some(usage) = &self.usage {
            usage
                .records()
                .chain(usage.compared())
                .try_for_each(|usage| out.put(&usage))?;
        }
        if let Some(burn) = &self.burn {
            burn.records()
                .iter()
                .try_for_each(|export| out.put(export))?;
        }
        coverage.map_or(Ok(()), |record| out.pass(&record))
    }
}
