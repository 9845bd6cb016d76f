//! A thread as policies are tried on it: its contexts, what its spans are, and its requests.
//!
//! The records of a thread are read as tok-usage-join reads them, so the replay gives the same
//! contexts. What a policy asks for is kept as facts; of outputs of tools also the places of their
//! texts, until those are measured.

use std::rc::Rc;

use jiff::Timestamp;
use serde::Deserialize;

use crate::policy::{RequestFacts, SpanFacts, ThreadFacts};
use crate::pseudonym::{self, RealNames};
use crate::record::{Basis, Billed, Event, Part, Request, Session, Span, Usd};
use crate::replay::{ContextTape, History, JoinedSpan, Laws, Prices, RerunSent, RunKind};

/// Outputs below this size are not read again: no cut saves anything.
const LEAST_BYTES: u64 = 256;

/// The output of a tool whose text can be read again.
#[derive(Debug)]
pub(super) struct OutputText {
    /// The number of the span.
    pub(super) number: usize,
    /// The file that its place is in.
    pub(super) file: String,
    pub(super) span: Span,
    pub(super) tokens: u64,
    /// The size that is sent follows from the tokens by a law.
    pub(super) by_law: bool,
}

/// A thread while its records are read.
pub(super) struct ReadThread {
    pub(super) id: String,
    pub(super) session: String,
    agent: String,
    project: Option<String>,
    file: String,
    history: History,
    facts: ThreadFacts,
    requests: Vec<BilledRequest>,
    outputs: Vec<OutputText>,
    /// The real names for those in the records, where these are pseudonyms.
    names: RealNames,
    /// Texts of outputs are asked for.
    reads_texts: bool,
    /// The model that the user gives for requests that name none.
    model: Option<String>,
}

/// A request, and what it cost.
#[derive(Debug)]
pub(super) struct BilledRequest {
    pub(super) request: Request,
    pub(super) cost: Option<Usd>,
}

/// A thread, ready for policies.
pub(super) struct ThreadStudy {
    pub(super) id: String,
    pub(super) session: String,
    pub(super) agent: String,
    pub(super) project: Option<String>,
    pub(super) file: String,
    pub(super) facts: Rc<ThreadFacts>,
    pub(super) tape: ContextTape,
    pub(super) requests: Vec<BilledRequest>,
    /// What each run was sent, in order.
    pub(super) sent: Vec<RerunSent>,
    pub(super) outputs: Vec<OutputText>,
    /// Requests whose cost in the stream is another.
    pub(super) priced_otherwise: u64,
}

/// The keys of a span that tok-measure and tok-usage-join have added.
#[derive(Deserialize)]
struct Sized {
    tokens: Option<u64>,
    basis: Option<Basis>,
}

impl ReadThread {
    /// Begins a thread; `session` is `None` where its record was filtered out.
    pub(super) fn new(id: &str, session: &str, laws: &Rc<Laws>, reads_texts: bool) -> ReadThread {
        ReadThread {
            id: id.to_owned(),
            session: session.to_owned(),
            agent: String::new(),
            project: None,
            file: String::new(),
            history: History::default().under(Rc::clone(laws)),
            facts: ThreadFacts::default(),
            requests: Vec::new(),
            outputs: Vec::new(),
            names: RealNames::default(),
            reads_texts,
            model: None,
        }
    }

    pub(super) fn session(&mut self, session: Session, prices: &Prices) {
        self.history
            .served_by(session.provider.as_deref().unwrap_or(""));
        self.history.manner_is_unsure(session.manner_unsure);
        self.model = prices.model_for(&session.file).map(str::to_owned);
        if let Some(concealed) = &session.pseudonyms {
            self.names = pseudonym::reveal(concealed).unwrap_or_default();
        }
        self.facts.agent.clone_from(&session.agent);
        self.agent = session.agent;
        self.project = session.project;
        self.file = session.file;
    }

    pub(super) fn span(&mut self, joined: &JoinedSpan, span: Span, line: &str) {
        self.history.span(&joined.content());
        let number = self.facts.spans.len();
        self.facts.spans.push(SpanFacts {
            role: span.role,
            part: span.part,
            source: span.source.as_str().into(),
            tool: span.tool.as_deref().map(Box::from),
            server: span.server.as_deref().map(Box::from),
            doc: span.doc.as_deref().map(Box::from),
            call: span.call_id.as_deref().map_or(0, hashed),
            made_by: span.made_by,
            text: span.hash.as_deref().map_or(0, hashed),
            wait: span.wait,
        });
        let is_readable = span.offset.is_some() || span.text.is_some();
        if self.reads_texts
            && span.part == Part::ToolOutput
            && span.bytes >= LEAST_BYTES
            && is_readable
            && let Ok(sized) = serde_json::from_str::<Sized>(line)
            && let Some(tokens) = sized.tokens
        {
            let file = span.file.as_deref().unwrap_or(&self.file);
            let file = self.names.get(file).map_or(file, String::as_str).to_owned();
            self.outputs.push(OutputText {
                number,
                file,
                span,
                tokens,
                by_law: sized.basis == Some(Basis::Counted),
            });
        }
    }

    /// Takes a request. `billed` is what the stream says of it.
    pub(super) fn request(&mut self, request: Request, billed: &Billed) {
        let mut request = request;
        if request.model.is_none() {
            request.model.clone_from(&self.model);
        }
        if request.model.is_none() {
            request.model.clone_from(&billed.charged_as);
        }
        self.history.request(&request);
        self.facts.requests.push(RequestFacts {
            n: request.n,
            turn: request.turn,
            second: request.at.as_deref().and_then(second),
            purpose: request.purpose,
        });
        self.requests.push(BilledRequest {
            request,
            cost: billed.cost_usd,
        });
    }

    pub(super) fn event(&mut self, event: &Event) {
        self.history.event(event);
    }

    /// The thread has ended.
    pub(super) fn study(mut self, prices: &Prices) -> ThreadStudy {
        let tape = self.history.tape();
        self.facts.summary_tokens = super::summaries::summary_tokens(&tape, &self.facts);
        let mut priced_otherwise = 0;
        for billed in &mut self.requests {
            let request = &billed.request;
            let mut cost = None;
            if request.counted && request.input_tokens.is_some() {
                cost = prices.cost_of_runs(request).ok();
            }
            priced_otherwise += u64::from(billed.cost != cost);
            billed.cost = cost;
        }
        ThreadStudy {
            sent: tape.rerun(&mut []).sent,
            id: self.id,
            session: self.session,
            agent: self.agent,
            project: self.project,
            file: self.file,
            facts: Rc::new(self.facts),
            tape,
            requests: self.requests,
            outputs: self.outputs,
            priced_otherwise,
        }
    }
}

impl ThreadStudy {
    /// What each request was sent, by its place: the runs of it, in order.
    pub(super) fn by_request<'s>(
        &self,
        sent: &'s [RerunSent],
    ) -> impl Iterator<Item = (usize, &'s [RerunSent])> + use<'s> {
        sent.chunk_by(|a, b| a.request == b.request && !is_added(a) && !is_added(b))
            .map(|runs| (runs.first().map_or(0, |run| run.request), runs))
    }
}

/// Whether only a policy sends it.
pub(super) fn is_added(run: &RerunSent) -> bool {
    matches!(run.kind, RunKind::Extra(_))
}

fn hashed(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}

fn second(at: &str) -> Option<i64> {
    let at: Timestamp = at.parse().ok()?;
    Some(at.as_second())
}
