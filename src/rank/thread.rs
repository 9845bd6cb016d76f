//! The threads of a stream: who they are, and what their counted requests add up to.
//!
//! Small and kept for all threads (about 1 KB each with its names, and 80 bytes for each counted
//! request): rules about fan-out and reviews join threads that stand far apart, and a stream that
//! lost its `session` records to a `select` is still judged.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::claim::Removed;
use super::share::share_usd;
use crate::record::count::{bounded, plus};
use crate::record::{Billed, Kind, Purpose, Request, Session, Usd};

/// What a finding is about, besides its subject: the agent and the project of its threads.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FindingScope {
    /// `None` where the stream has no `session` record of the thread.
    pub(crate) agent: Option<Rc<str>>,
    pub(crate) project: Option<Rc<str>>,
}

/// One thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Thread {
    /// Order of first appearance.
    pub(crate) index: u32,
    pub(crate) id: Rc<str>,
    pub(crate) session: Rc<str>,
    pub(crate) parent: Option<Rc<str>>,
    pub(crate) kind: Kind,
    /// The agent that wrote the file, by the format of the file.
    pub(crate) agent: Option<Rc<str>>,
    /// The version of the agent.
    pub(crate) version: Option<Rc<str>>,
    pub(crate) project: Option<Rc<str>>,
    pub(crate) file: Rc<str>,
    /// When the first of its counted requests was sent.
    pub(crate) began: Option<Rc<str>>,
    /// Counted requests.
    pub(crate) requests: u64,
    /// Their input, cached included.
    pub(crate) input_tokens: u64,
    /// Their output.
    pub(crate) output_tokens: u64,
    /// The context of the first of them.
    pub(crate) first_input_tokens: u64,
    /// What they cost, those that have a known price; `None`: none has.
    pub(crate) cost_usd: Option<Usd>,
    /// Tokens that they wrote to the cache for its shorter life.
    pub(crate) written_tokens: u64,
    /// What the latest of them cost.
    pub(crate) latest_cost_usd: Option<Usd>,
    pub(crate) sent: Vec<Sent>,
    /// The latest of them that tells the price of a token.
    pub(crate) rated: Option<Sent>,
    /// Of the requests, those of reviews inside it, and of the turns that follow from these.
    pub(crate) reviews: RequestTotals,
    pub(crate) follow_ups: RequestTotals,
}

/// What some requests of a thread add up to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RequestTotals {
    pub(crate) requests: u64,
    pub(crate) input_tokens: u64,
    /// Input and output together.
    pub(crate) tokens: u64,
    pub(crate) cost_usd: Option<Usd>,
}

impl RequestTotals {
    fn add(&mut self, request: &Request, cost: Option<Usd>) {
        let input = request.input_tokens.unwrap_or(0);
        self.requests += 1;
        self.input_tokens = plus(self.input_tokens, input);
        self.tokens = plus(self.tokens, plus(input, request.output_tokens.unwrap_or(0)));
        self.cost_usd = both(self.cost_usd, cost);
    }

    /// Both together.
    pub(crate) fn plus(self, other: RequestTotals) -> RequestTotals {
        RequestTotals {
            requests: self.requests + other.requests,
            input_tokens: plus(self.input_tokens, other.input_tokens),
            tokens: plus(self.tokens, other.tokens),
            cost_usd: both(self.cost_usd, other.cost_usd),
        }
    }
}

/// The known costs together; `None` where none is known.
fn both(a: Option<Usd>, b: Option<Usd>) -> Option<Usd> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.plus(b)),
        _ => a.or(b),
    }
}

/// A counted request, as far as it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) n: u64,
    /// The line that reports it.
    pub(crate) line: Option<u64>,
    pub(crate) input_tokens: u64,
    pub(crate) cache_read_tokens: u64,
    /// What the cache reads cost; zero where the price is not known.
    pub(crate) read_usd: Usd,
    /// What they saved, in the same way.
    pub(crate) saved: Usd,
}

impl Thread {
    /// What its findings are about.
    pub(crate) fn scope(&self) -> FindingScope {
        FindingScope {
            agent: self.agent.clone(),
            project: self.project.clone(),
        }
    }

    /// Input and output of the counted requests together.
    pub(crate) fn tokens(&self) -> u64 {
        plus(self.input_tokens, self.output_tokens)
    }

    /// The price of a token of uncached input in pico-dollars; `None` where no request tells it.
    pub(crate) fn uncached_rate(&self) -> Option<i128> {
        let sent = self.rated?;
        let both = sent.read_usd.plus(sent.saved).pico();
        Some(both / i128::from(sent.cache_read_tokens.max(1)))
    }

    /// The context of the request of this ordinal; nothing where it is not known.
    pub(crate) fn sent_at(&self, n: u64) -> u64 {
        match self.sent.get(self.place(n)) {
            Some(sent) if sent.n == n => sent.input_tokens,
            _ => 0,
        }
    }

    /// How many counted requests have these ordinals, from the first to the last.
    pub(crate) fn count_between(&self, from: u64, to: u64) -> u64 {
        let count = self
            .place(to.saturating_add(1))
            .saturating_sub(self.place(from));
        count as u64
    }

    /// Where the request of this ordinal stands, or the next one.
    fn place(&self, n: u64) -> usize {
        self.sent.partition_point(|sent| sent.n < n)
    }

    /// What it costs to take content out of the context: the next request does not read from the
    /// cache what comes behind the content. In front of the content is the context of the request
    /// before the one that first carried it.
    pub(crate) fn broken_usd(&self, removed: &Removed) -> Usd {
        let Some(without) = self.sent.get(self.place(removed.before)) else {
            return Usd::ZERO;
        };
        let mut front = bounded(removed.tokens);
        if let Some(before) = self.sent[..self.place(removed.from)].last() {
            front = plus(before.input_tokens, removed.tokens);
        }
        let behind = without.cache_read_tokens.saturating_sub(front);
        share_usd(without.saved, behind, without.cache_read_tokens)
    }

    /// Adds a counted request.
    fn add(&mut self, request: &Request, billed: &Billed) {
        let input = request.input_tokens.unwrap_or(0);
        if self.requests == 0 {
            self.began = request.at.as_deref().map(Rc::from);
        }
        self.requests += 1;
        self.latest_cost_usd = billed.cost_usd;
        if let Some(cost) = billed.cost_usd {
            self.cost_usd = Some(self.cost_usd.unwrap_or_default().plus(cost));
        }
        match request.purpose {
            Some(Purpose::Review) => self.reviews.add(request, billed.cost_usd),
            Some(Purpose::ReviewFollowUp) => self.follow_ups.add(request, billed.cost_usd),
            _ => {}
        }
        if let Some(context) = request.context_tokens() {
            if self.sent.is_empty() {
                self.first_input_tokens = context;
            }
            // Of several samplings the last, and its part of what was saved.
            let read = request.cache_read_tokens.unwrap_or(0);
            let last = match request.samplings.last() {
                Some(last) => last.cache_read_tokens,
                None => read,
            };
            let of_last = |usd: Option<Usd>| share_usd(usd.unwrap_or_default(), last, read);
            let sent = Sent {
                n: request.n,
                line: request.line,
                input_tokens: context,
                cache_read_tokens: last,
                read_usd: of_last(billed.cache_read_usd),
                saved: of_last(billed.cache_saved_usd),
            };
            if sent.read_usd > Usd::ZERO {
                self.rated = Some(sent);
            }
            self.sent.push(sent);
        }
        let written = request.cache_write_tokens.unwrap_or(0);
        let for_an_hour = request.cache_write_1h_tokens.unwrap_or(0);
        self.written_tokens = plus(self.written_tokens, written.saturating_sub(for_an_hour));
        self.input_tokens = plus(self.input_tokens, input);
        self.output_tokens = plus(self.output_tokens, request.output_tokens.unwrap_or(0));
        if self.project.is_none() {
            self.project = request.project.as_deref().map(Rc::from);
        }
    }
}

/// All threads seen so far.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    by_id: BTreeMap<Rc<str>, Thread>,
}

impl Threads {
    /// Returns the thread of that id; one that no `session` record has named begins here.
    pub(crate) fn at(&mut self, id: &str, session: &str) -> &mut Thread {
        let index = u32::try_from(self.by_id.len()).unwrap_or(u32::MAX);
        let id: Rc<str> = Rc::from(id);
        self.by_id.entry(Rc::clone(&id)).or_insert_with(|| Thread {
            index,
            id,
            session: Rc::from(session),
            ..Thread::default()
        })
    }

    /// Takes a `session` record.
    pub(crate) fn begin(&mut self, session: &Session) -> &mut Thread {
        let thread = self.at(&session.thread, &session.session);
        thread.parent = session.parent.as_deref().map(Rc::from);
        thread.kind = session.kind;
        thread.agent = Some(Rc::from(session.agent.as_str()));
        thread.version = session.version.as_deref().map(Rc::from);
        thread.project = session.project.as_deref().map(Rc::from);
        thread.file = Rc::from(session.file.as_str());
        thread
    }

    /// Takes a counted request and what it cost.
    pub(crate) fn count(&mut self, request: &Request, billed: &Billed) {
        self.at(&request.thread, &request.session)
            .add(request, billed);
    }

    /// The thread of that id, where it was seen.
    pub(crate) fn get(&self, id: &str) -> Option<&Thread> {
        self.by_id.get(id)
    }

    /// All threads, in the order of their ids.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Thread> {
        self.by_id.values()
    }
}
