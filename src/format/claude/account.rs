//! The account of a thread: the states of its ledger against the requests that lines report.

use std::collections::BTreeMap;

use super::ledger::{LedgerState, LedgerUse, Settled, States};
use super::reported::{FIELDS, Figures, ReportedRequest, instant, reported};
use crate::format::history::{Handle, KeptRequest, ThreadEntry};
use crate::format::{STDIN, identity};
use crate::record::{ContextBy, Ledger, Request, Uncounted};

/// The `reason` of a request that only a ledger has.
const REASON: &str = "ledger";

impl States {
    /// Settles the ledger with the requests of a thread, those that were inserted next to them
    /// (`beside`), and those of its sub-agents. A single unreported compaction between two states
    /// gets its figures.
    pub(super) fn settle(
        self,
        session: &str,
        entries: &mut [ThreadEntry],
        beside: &[(Handle, &KeptRequest)],
        path: &str,
    ) -> Settled {
        if self.0.is_empty() || path == STDIN {
            return Settled::default();
        }
        let reported = reported(entries, beside, path);
        let mut account = RequestAccount::of(session, &reported);
        for state in &self.0 {
            account.state(state, entries);
        }
        account.close()
    }
}

/// The account, state by state.
struct RequestAccount<'r> {
    session: &'r str,
    reported: &'r [ReportedRequest],
    /// The instant from which the ledger counts.
    since: Option<String>,
    /// The line of the latest state, and its models.
    latest: Option<(u64, BTreeMap<String, LedgerUse>)>,
    /// The number of reported requests that were looked at.
    seen: usize,
    /// Sums of the counted requests and their number, by model.
    sums: BTreeMap<String, (Figures, u64)>,
    /// Entries before the latest state that was settled.
    settled_at: usize,
    settled: Settled,
}

impl<'r> RequestAccount<'r> {
    pub(super) fn of(session: &'r str, reported: &'r [ReportedRequest]) -> RequestAccount<'r> {
        RequestAccount {
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

    /// Takes the next state. One that is less than the previous one begins a new ledger.
    pub(super) fn state(&mut self, state: &LedgerState, entries: &mut [ThreadEntry]) {
        if !self.continues(state) {
            self.begin(state);
        }
        self.count(state.entries);
        if state.since.is_some() && self.since != state.since && !self.covers(state) {
            self.begin(state);
            self.count(state.entries);
        }
        let mut all = true;
        for (model, used) in &state.models {
            let Some(unseen) = self.unseen(model, used) else {
                all = false;
                continue;
            };
            if unseen == [0; FIELDS] {
                continue;
            }
            self.found(state, model, unseen, entries);
            self.add(model, unseen);
        }
        if all {
            self.settled_at = state.entries;
        }
        self.latest = Some((state.line, state.models.clone()));
    }

    /// Whether a state is no less than the previous one in any figure.
    fn continues(&self, state: &LedgerState) -> bool {
        let Some((_, latest)) = &self.latest else {
            return false;
        };
        for (model, before) in latest {
            let now = state.models.get(model).copied().unwrap_or_default();
            for (before, now) in std::iter::zip(before.figures, now.figures) {
                if before > now {
                    return false;
                }
            }
        }
        true
    }

    /// Whether a state has no less than was counted of any model.
    fn covers(&self, state: &LedgerState) -> bool {
        let mut models = state.models.iter();
        models.all(|(model, used)| self.unseen(model, used).is_some())
    }

    /// Begins a ledger: it counts the requests since its instant.
    fn begin(&mut self, state: &LedgerState) {
        self.write_ledgers();
        self.since.clone_from(&state.since);
        self.sums.clear();
        self.seen = 0;
    }

    /// Counts the requests that are reported before that entry.
    fn count(&mut self, entries: usize) {
        while let Some(reported) = self.reported.get(self.seen)
            && reported.before <= entries
        {
            self.seen += 1;
            if self.since.is_none() || reported.at.is_none() || reported.at >= self.since {
                self.add(&reported.model, reported.figures);
            }
        }
    }

    /// Counts a request.
    fn add(&mut self, model: &str, figures: Figures) {
        let (sums, requests) = self.sums.entry(model.to_owned()).or_default();
        for (sum, figure) in std::iter::zip(sums, figures) {
            *sum = sum.saturating_add(figure);
        }
        *requests += 1;
    }

    /// The figures of a model in the ledger beyond those counted; `None` if the ledger has less of
    /// any, or of the input that was neither read from the cache nor written to it.
    fn unseen(&self, model: &str, used: &LedgerUse) -> Option<Figures> {
        let (counted, _) = self.sums.get(model).copied().unwrap_or_default();
        let mut unseen = used.figures;
        for (figure, counted) in std::iter::zip(&mut unseen, counted) {
            *figure = figure.checked_sub(counted)?;
        }
        let [input, read, written, ..] = unseen;
        if input < read.saturating_add(written) {
            return None;
        }
        Some(unseen)
    }

    /// Adds a request that no line reports: as the figures of a compaction, or by itself.
    fn found(
        &mut self,
        state: &LedgerState,
        model: &str,
        unseen: Figures,
        entries: &mut [ThreadEntry],
    ) {
        let before = entries.get(..state.entries).unwrap_or_default();
        let request = Request {
            at: before.iter().rev().find_map(instant),
            ..self.request(state, model, unseen)
        };
        let turn = before.iter().rev().find_map(turn);
        if let Some(place) = self.single_compaction(state, entries)
            && let Some(ThreadEntry::Request(compaction)) = entries.get(place)
            && model_before(entries, place).as_deref() == Some(model)
        {
            let filled = Request {
                at: compaction.at.clone(),
                turn: compaction.turn,
                ..request
            };
            if let Some(ThreadEntry::Request(compaction)) = entries.get_mut(place) {
                **compaction = filled.into();
            }
            return;
        }
        let apart = Request {
            turn,
            context_by: Some(ContextBy::Nobody),
            ..request
        };
        self.settled.requests.push((state.entries, apart));
    }

    fn request(&self, state: &LedgerState, model: &str, unseen: Figures) -> Request {
        let [input, read, written, hour, output, searches] = unseen;
        let figures = format!("{:?}", state.models.get(model).map(|used| used.figures));
        Request {
            key: Some(identity(&[
                "claude",
                "ledger",
                self.session,
                model,
                &figures,
            ])),
            model: Some(model.to_owned()),
            reason: Some(REASON.to_owned()),
            input_tokens: Some(input),
            cache_read_tokens: Some(read),
            cache_write_tokens: Some(written),
            cache_write_1h_tokens: non_zero(hour),
            output_tokens: Some(output),
            web_searches: non_zero(searches),
            reports: Some(0),
            counted: true,
            line: Some(state.line),
            ..Request::default()
        }
    }

    /// The unreported request since the last settled state, if there is exactly one.
    fn single_compaction(&self, state: &LedgerState, entries: &[ThreadEntry]) -> Option<usize> {
        let mut found = None;
        for (at, entry) in entries
            .get(self.settled_at..state.entries)?
            .iter()
            .enumerate()
        {
            if let ThreadEntry::Request(request) = entry
                && request.uncounted == Some(Uncounted::Unreported)
            {
                if found.is_some() {
                    return None;
                }
                found = Some(self.settled_at + at);
            }
        }
        found
    }

    /// Ends the account; returns the records that it adds.
    pub(super) fn close(mut self) -> Settled {
        self.write_ledgers();
        self.settled
    }

    /// Writes the latest state of a ledger, and the sums that were counted.
    fn write_ledgers(&mut self) {
        let Some((line, models)) = self.latest.take() else {
            return;
        };
        for (model, LedgerUse { figures, cost }) in models {
            let [input, read, written, hour, output, searches] = figures;
            let (counted, requests) = self.sums.get(&model).copied().unwrap_or_default();
            self.settled.ledgers.push(Ledger {
                model,
                since: self.since.clone(),
                input_tokens: input,
                cache_read_tokens: read,
                cache_write_tokens: written,
                cache_write_1h_tokens: non_zero(hour),
                output_tokens: output,
                web_searches: non_zero(searches),
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

fn non_zero(count: u64) -> Option<u64> {
    if count > 0 { Some(count) } else { None }
}

/// The model of the latest request before a place that names one: a compaction is made by the
/// model of its thread.
fn model_before(entries: &[ThreadEntry], place: usize) -> Option<String> {
    for entry in entries.get(..place)?.iter().rev() {
        if let ThreadEntry::Request(request) = entry
            && let Some(model) = &request.model
        {
            return Some(model.to_string());
        }
    }
    None
}

fn turn(entry: &ThreadEntry) -> Option<u64> {
    match entry {
        ThreadEntry::Span(span, _) => span.turn,
        ThreadEntry::Request(request) | ThreadEntry::Hidden(request) => request.turn,
        ThreadEntry::Event(event, _) => event.turn,
    }
}
