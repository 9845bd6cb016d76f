//! The agent's own ledger: what no line reports (docs/formats.md 3.10).
//!
//! `cost-state` lines say what a session and its sub-agents have used so far, by model; a process
//! that takes the session up goes on with them. What is in the ledger and in no request is that of
//! requests that no line reports (compactions, titles): between two ledgers it becomes one, with
//! exact figures. A compaction that stands there alone is that request. Where the ledger says less
//! than what was counted, nothing can be said: both are in a `ledger` record.
//!
//! A ledger counts from an instant on that it names. Sub-agents are in files of their own, which
//! are read for their requests alone; theirs fall to the first ledger written after them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::reported::{FIELDS, Figures, Reported, bare, instant, reported};
use crate::format::history::{Entry, Handle, KeptRequest};
use crate::format::lines::Line;
use crate::format::{STDIN, identity, time};
use crate::record::{ContextBy, Ledger, Request, Uncounted, Usd};

/// The `reason` of a request that only a ledger tells.
const REASON: &str = "ledger";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CostState<'a> {
    start_time: Option<u64>,
    #[serde(borrow, default)]
    model_usage: BTreeMap<String, Said<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Said<'a> {
    input_tokens: u64,
    output_tokens: u64,
    cache_read_input_tokens: u64,
    cache_creation_input_tokens: u64,
    #[serde(rename = "cacheCreationEphemeral1hInputTokens")]
    hour: u64,
    web_search_requests: u64,
    #[serde(borrow, rename = "costUSD")]
    cost: Option<&'a RawValue>,
}

/// A state of the ledger.
struct State {
    /// Entries before it.
    entries: usize,
    line: u64,
    /// From when on it counts.
    since: Option<String>,
    models: BTreeMap<String, Used>,
}

/// What a ledger says of a model.
#[derive(Clone, Copy, Default)]
struct Used {
    figures: Figures,
    cost: Option<Usd>,
}

/// The ledger of a thread, state by state.
#[derive(Default)]
pub(super) struct States(Vec<State>);

/// What the ledger adds to a thread.
#[derive(Default)]
pub(super) struct Settled {
    /// Requests that no line reports, each behind so many entries.
    pub(super) requests: Vec<(usize, Request)>,
    pub(super) ledgers: Vec<Ledger>,
}

impl States {
    /// Takes a line, behind so many entries.
    pub(super) fn take(&mut self, line: &Line, entries: usize) {
        let Ok(state) = serde_json::from_str::<CostState>(line.json) else {
            return;
        };
        let since = state
            .start_time
            .and_then(|ms| i64::try_from(ms).ok())
            .and_then(time::of_ms);
        let models = state
            .model_usage
            .iter()
            .map(|(model, said)| (bare(model).to_owned(), said.used()))
            .collect();
        self.0.push(State {
            entries,
            line: line.number,
            since,
            models,
        });
    }

    /// Settles the ledger with the requests of a thread, those that stand beside them, and those of
    /// its sub-agents. A compaction that was never reported, and stands alone between two states,
    /// gets its figures.
    pub(super) fn settle(
        self,
        session: &str,
        entries: &mut [Entry],
        beside: &[(Handle, &KeptRequest)],
        path: &str,
    ) -> Settled {
        if self.0.is_empty() || path == STDIN {
            return Settled::default();
        }
        let reported = reported(entries, beside, path);
        let mut account = Account::of(session, &reported);
        for state in &self.0 {
            account.state(state, entries);
        }
        account.close();
        account.settled
    }
}

impl Said<'_> {
    fn used(&self) -> Used {
        let written = self.cache_creation_input_tokens;
        let input = self
            .input_tokens
            .saturating_add(written)
            .saturating_add(self.cache_read_input_tokens);
        Used {
            figures: [
                input,
                self.cache_read_input_tokens,
                written,
                self.hour.min(written),
                self.output_tokens,
                self.web_search_requests,
            ],
            cost: self.cost.and_then(|cost| Usd::parse(cost.get())),
        }
    }
}

/// The account of a thread: what was reported, what only the ledger knows.
struct Account<'r> {
    session: &'r str,
    reported: &'r [Reported],
    /// From when on the ledger counts; the latest state.
    since: Option<String>,
    latest: Option<(u64, BTreeMap<String, Used>)>,
    /// So many of the reported were looked at; their sums, and how many they are.
    seen: usize,
    sums: BTreeMap<String, (Figures, u64)>,
    /// Entries up to the latest state that was settled.
    settled_at: usize,
    settled: Settled,
}

impl<'r> Account<'r> {
    fn of(session: &'r str, reported: &'r [Reported]) -> Account<'r> {
        Account {
            session,
            reported,
            since: None,
            latest: None,
            seen: 0,
            sums: BTreeMap::new(),
            settled_at: 0,
            settled: Settled::default(),
        }
    }

    /// The next state. One that is less than the state before it is that of a ledger begun anew.
    fn state(&mut self, state: &State, entries: &mut [Entry]) {
        let goes_on = |(_, before): &(u64, BTreeMap<String, Used>)| {
            before.iter().all(|(model, used)| {
                let now = state
                    .models
                    .get(model)
                    .map_or([0; FIELDS], |used| used.figures);
                used.figures
                    .iter()
                    .zip(now)
                    .all(|(before, now)| *before <= now)
            })
        };
        if !self.latest.as_ref().is_some_and(goes_on) {
            self.begin(state);
        }
        self.count(state.entries);
        let other = self.since != state.since && state.since.is_some();
        if other
            && state
                .models
                .iter()
                .any(|(model, used)| self.unseen(model, used).is_none())
        {
            self.begin(state);
            self.count(state.entries);
        }
        let mut all = true;
        for (model, used) in &state.models {
            let unseen = self.unseen(model, used);
            all &= unseen.is_some();
            let Some(unseen) = unseen.filter(|unseen| *unseen != [0; FIELDS]) else {
                continue;
            };
            self.found(state, model, unseen, entries);
            let (sums, requests) = self.sums.entry(model.clone()).or_default();
            *sums = added(*sums, unseen);
            *requests += 1;
        }
        if all {
            self.settled_at = state.entries;
        }
        self.latest = Some((state.line, state.models.clone()));
    }

    /// A ledger begins: it counts what was reported since it began.
    fn begin(&mut self, state: &State) {
        self.close();
        self.since.clone_from(&state.since);
        self.sums.clear();
        self.seen = 0;
    }

    /// Counts what was reported before that entry.
    fn count(&mut self, entries: usize) {
        while let Some(reported) = self
            .reported
            .get(self.seen)
            .filter(|reported| reported.before <= entries)
        {
            self.seen += 1;
            if self.since.is_none() || reported.at.is_none() || reported.at >= self.since {
                let (sums, requests) = self.sums.entry(reported.model.clone()).or_default();
                *sums = added(*sums, reported.figures);
                *requests += 1;
            }
        }
    }

    /// What the ledger has beyond what is counted; `None` where it has less of anything, or of the
    /// input that was neither read from the cache nor written to it.
    fn unseen(&self, model: &str, used: &Used) -> Option<Figures> {
        let counted = self.sums.get(model).map_or([0; FIELDS], |(sums, _)| *sums);
        let mut unseen = [0; FIELDS];
        for ((to, said), counted) in unseen.iter_mut().zip(used.figures).zip(counted) {
            *to = said.checked_sub(counted)?;
        }
        let [input, read, written, ..] = unseen;
        Some(unseen).filter(|_| input >= read.saturating_add(written))
    }

    /// A request that no line reports.
    fn found(&mut self, state: &State, model: &str, unseen: Figures, entries: &mut [Entry]) {
        let [input, read, written, hour, output, searches] = unseen;
        let figures = format!("{:?}", state.models.get(model).map(|used| used.figures));
        let key = identity(&["claude", "ledger", self.session, model, &figures]);
        let between = entries
            .get(self.settled_at..state.entries)
            .unwrap_or_default();
        let at = entries
            .get(..state.entries)
            .unwrap_or_default()
            .iter()
            .rev()
            .find_map(instant);
        let request = Request {
            at,
            key: Some(key),
            model: Some(model.to_owned()),
            reason: Some(REASON.to_owned()),
            input_tokens: Some(input),
            cache_read_tokens: Some(read),
            cache_write_tokens: Some(written),
            cache_write_1h_tokens: Some(hour).filter(|tokens| *tokens > 0),
            output_tokens: Some(output),
            web_searches: Some(searches).filter(|searches| *searches > 0),
            reports: Some(0),
            counted: true,
            line: Some(state.line),
            ..Request::default()
        };
        let unreported = |entry: &&Entry| matches!(entry, Entry::Request(request) if request.uncounted == Some(Uncounted::Unreported));
        let alone = between.iter().filter(unreported).count() == 1;
        let asks = |entry: &Entry| match entry {
            Entry::Request(request) => request.model.clone(),
            _ => None,
        };
        let place = between
            .iter()
            .position(|entry| unreported(&entry))
            .filter(|_| alone);
        let place = place.map(|place| self.settled_at + place);
        let before = place.and_then(|place| entries.get(..place)?.iter().rev().find_map(asks));
        // A compaction is made by the model of its thread.
        if let (Some(Entry::Request(compaction)), Some(true)) = (
            place.and_then(|place| entries.get_mut(place)),
            before.map(|before| &*before == model),
        ) {
            let (at, turn) = (compaction.at.take(), compaction.turn);
            **compaction = Request {
                at,
                turn,
                ..request
            }
            .into();
        } else {
            let turn = entries
                .get(..state.entries)
                .unwrap_or_default()
                .iter()
                .rev()
                .find_map(turn);
            let apart = Request {
                turn,
                context_by: Some(ContextBy::Nobody),
                ..request
            };
            self.settled.requests.push((state.entries, apart));
        }
    }

    /// The ledger ends: what it says last, beside what was counted.
    fn close(&mut self) {
        let Some((line, models)) = self.latest.take() else {
            return;
        };
        for (model, Used { figures, cost, .. }) in models {
            let [input, read, written, hour, output, searches] = figures;
            let (counted, requests) = self.sums.get(&model).copied().unwrap_or_default();
            self.settled.ledgers.push(Ledger {
                model,
                since: self.since.clone(),
                input_tokens: input,
                cache_read_tokens: read,
                cache_write_tokens: written,
                cache_write_1h_tokens: Some(hour).filter(|tokens| *tokens > 0),
                output_tokens: output,
                web_searches: Some(searches).filter(|searches| *searches > 0),
                agent_cost_usd: cost,
                requests,
                counted_input_tokens: counted[0],
                counted_cache_read_tokens: counted[1],
                counted_cache_write_tokens: counted[2],
                counted_output_tokens: counted[4],
                line: Some(line),
                ..Ledger::default()
            });
        }
    }
}

fn added(a: Figures, b: Figures) -> Figures {
    std::array::from_fn(|n| a[n].saturating_add(b[n]))
}

fn turn(entry: &Entry) -> Option<u64> {
    match entry {
        Entry::Span(span, _) => span.turn,
        Entry::Request(request) | Entry::Hidden(request) => request.turn,
        Entry::Event(event, _) => event.turn,
    }
}
