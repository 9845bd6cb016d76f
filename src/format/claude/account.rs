//! Compares the agent's ledger with the requests that the session reports, and adds the requests
//! that are missing (docs/formats.md 3.10).
//!
//! The *ledger* is the agent's running totals of tokens by model; each `cost-state` line is one
//! *state* of it. The comparison goes from state to state: it adds up the reported requests since
//! the instant from which the ledger counts. What a state has of a model beyond that sum is the
//! *excess*, and becomes one request of that model. A state is *explained* if it has no less of any
//! of its models than was counted; counted models that it does not name are not looked at.
//!
//! How states and requests are read is in `ledger` and `reported`.

use std::collections::BTreeMap;

use super::ledger::{LedgerRecords, LedgerState, LedgerStates, LedgerUse};
use super::reported::{FIELDS, Figures, ReportedRequest, instant, reported};
use crate::format::history::{Handle, KeptRequest, ThreadEntry};
use crate::format::reader::STDIN;
use crate::format::value::identity;
use crate::record::{ContextBy, Ledger, Request, Uncounted};

/// The `reason` of a request whose figures only the ledger has.
const REASON: &str = "ledger";

impl LedgerStates {
    /// Compares the ledger with the requests of a thread (`entries`), with those that its history
    /// generated besides (`inserted`, each with the entry next to it), and with the requests
    /// of the sub-agents. The excess may go to an unreported request among the entries
    /// ([`LedgerComparison::insert_missing_request`]).
    pub(super) fn compare(
        self,
        session: &str,
        entries: &mut [ThreadEntry],
        inserted: &[(Handle, &KeptRequest)],
        path: &str,
    ) -> LedgerRecords {
        // The files of sub-agents are found by the path: without one, the comparison would take
        // their requests for missing ones.
        if self.0.is_empty() || path == STDIN {
            return LedgerRecords::default();
        }
        let reported = reported(entries, inserted, path);
        let mut comparison = LedgerComparison::new(session, &reported);
        for state in &self.0 {
            comparison.take_state(state, entries);
        }
        comparison.close()
    }
}

/// The comparison so far.
struct LedgerComparison<'r> {
    session: &'r str,
    /// The reported requests, sorted by `before`, the index of the entry in front of which each
    /// counts.
    reported: &'r [ReportedRequest],
    /// The instant from which the current ledger counts.
    since: Option<String>,
    /// The line of the latest state, and its models.
    latest: Option<(u64, BTreeMap<String, LedgerUse>)>,
    /// The index of the next reported request to count.
    next_reported: usize,
    /// Sums of the counted requests and their number, by model.
    sums: BTreeMap<String, (Figures, u64)>,
    /// The number of entries before the latest explained state.
    explained_entries: usize,
    /// What the ledger adds to the thread.
    records: LedgerRecords,
}

impl<'r> LedgerComparison<'r> {
    fn new(session: &'r str, reported: &'r [ReportedRequest]) -> LedgerComparison<'r> {
        LedgerComparison {
            session,
            reported,
            since: None,
            latest: None,
            next_reported: 0,
            sums: BTreeMap::new(),
            explained_entries: 0,
            records: LedgerRecords::default(),
        }
    }

    /// Takes the next state. A new ledger begins if a figure fell since the previous state, or if
    /// the state has another start time and less than was counted. Otherwise the ledger goes on and
    /// keeps its first start time.
    fn take_state(&mut self, state: &LedgerState, entries: &mut [ThreadEntry]) {
        if !self.is_continued_by(state) {
            self.begin_ledger(state);
        }
        let sums_of_latest = self.sums.clone();
        self.count_until(state.entries);
        let has_other_start = state.since.is_some() && self.since != state.since;
        if has_other_start && !self.is_covered_by(state) {
            // The old ledger ends at its latest state, so its sums are set back to what they were
            // then.
            self.sums = sums_of_latest;
            self.begin_ledger(state);
            self.count_until(state.entries);
        }
        let mut is_explained = true;
        for (model, used) in &state.models {
            let Some(excess) = self.excess(model, used) else {
                is_explained = false;
                continue;
            };
            if excess == [0; FIELDS] {
                continue;
            }
            self.insert_missing_request(state, model, excess, entries);
            self.add_to_sums(model, excess);
        }
        if is_explained {
            self.explained_entries = state.entries;
        }
        self.latest = Some((state.line, state.models.clone()));
    }

    /// Whether no figure of a state is less than in the previous state. `false` for the first
    /// state.
    fn is_continued_by(&self, state: &LedgerState) -> bool {
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

    /// Whether the state has no less of any of its models than was counted.
    fn is_covered_by(&self, state: &LedgerState) -> bool {
        let mut models = state.models.iter();
        models.all(|(model, used)| self.excess(model, used).is_some())
    }

    /// Writes out the ledger so far and begins another. [`LedgerComparison::count_until`] then
    /// counts the requests since its instant, or all of the thread if it names none.
    fn begin_ledger(&mut self, state: &LedgerState) {
        self.write_ledger();
        self.since.clone_from(&state.since);
        self.sums.clear();
        self.next_reported = 0;
    }

    /// Counts the reported requests up to the place of a state, which has `entries` entries before
    /// it. Requests from before the start time of the ledger are left out.
    fn count_until(&mut self, entries: usize) {
        while let Some(reported) = self.reported.get(self.next_reported)
            && reported.before <= entries
        {
            self.next_reported += 1;
            if self.since.is_none() || reported.at.is_none() || reported.at >= self.since {
                self.add_to_sums(&reported.model, reported.figures);
            }
        }
    }

    /// Adds one request to the sums of a model.
    fn add_to_sums(&mut self, model: &str, figures: Figures) {
        let (sums, requests) = self.sums.entry(model.to_owned()).or_default();
        for (sum, figure) in std::iter::zip(sums, figures) {
            *sum = sum.saturating_add(figure);
        }
        *requests += 1;
    }

    /// The figures of a model in the ledger beyond the counted ones. `None` if any of them, or the
    /// input that was neither read from the cache nor written to it, would be negative.
    fn excess(&self, model: &str, used: &LedgerUse) -> Option<Figures> {
        let (counted, _) = self.sums.get(model).copied().unwrap_or_default();
        let mut excess = used.figures;
        for (figure, counted) in std::iter::zip(&mut excess, counted) {
            *figure = figure.checked_sub(counted)?;
        }
        let [input, read, written, ..] = excess;
        if input < read.saturating_add(written) {
            return None;
        }
        Some(excess)
    }

    /// Inserts a request that no line reports. If exactly one unreported request lies after the
    /// latest explained state, and the latest request before it that names a model names this one,
    /// the new request replaces it at its place. Else the new one stands alone, before the state.
    fn insert_missing_request(
        &mut self,
        state: &LedgerState,
        model: &str,
        excess: Figures,
        entries: &mut [ThreadEntry],
    ) {
        let before = entries.get(..state.entries).unwrap_or_default();
        let (at, turn) = (
            before.iter().rev().find_map(instant),
            before.iter().rev().find_map(turn_of),
        );
        let request = self.missing_request(state, model, excess);
        if let Some(place) = self.single_unreported(state, entries)
            && model_before(entries, place).as_deref() == Some(model)
            && let Some(ThreadEntry::Request(unreported)) = entries.get_mut(place)
        {
            let filled = Request {
                at: unreported.at.clone(),
                turn: unreported.turn,
                ..request
            };
            **unreported = filled.into();
            return;
        }
        // The ledger does not say which content the request sent.
        let alone = Request {
            at,
            turn,
            context_by: Some(ContextBy::Nobody),
            ..request
        };
        self.records.requests.push((state.entries, alone));
    }

    fn missing_request(&self, state: &LedgerState, model: &str, excess: Figures) -> Request {
        let [input, read, written, written_1h, output, searches] = excess;
        // This text is a part of the key: another notation would change the keys of all requests.
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
            cache_write_1h_tokens: non_zero(written_1h),
            output_tokens: Some(output),
            web_searches: non_zero(searches),
            // A plain sum of the lines' usage does not include it.
            reports: Some(0),
            counted: true,
            line: Some(state.line),
            ..Request::default()
        }
    }

    /// The index of the unreported request since the latest explained state, if there is exactly
    /// one: that of a compaction, or an answer without a usable usage.
    fn single_unreported(&self, state: &LedgerState, entries: &[ThreadEntry]) -> Option<usize> {
        let mut found = None;
        for (index, entry) in entries
            .get(self.explained_entries..state.entries)?
            .iter()
            .enumerate()
        {
            if let ThreadEntry::Request(request) = entry
                && request.uncounted == Some(Uncounted::Unreported)
            {
                if found.is_some() {
                    return None;
                }
                found = Some(self.explained_entries + index);
            }
        }
        found
    }

    /// Ends the comparison; returns the records that it adds.
    fn close(mut self) -> LedgerRecords {
        self.write_ledger();
        self.records
    }

    /// Writes a record for each model of the latest state, with the sums that were counted.
    fn write_ledger(&mut self) {
        let Some((line, models)) = self.latest.take() else {
            return;
        };
        for (model, LedgerUse { figures, cost }) in models {
            let [input, read, written, written_1h, output, searches] = figures;
            let (counted, requests) = self.sums.get(&model).copied().unwrap_or_default();
            let [
                counted_input,
                counted_read,
                counted_written,
                _,
                counted_output,
                _,
            ] = counted;
            self.records.ledgers.push(Ledger {
                model,
                since: self.since.clone(),
                input_tokens: input,
                cache_read_tokens: read,
                cache_write_tokens: written,
                cache_write_1h_tokens: non_zero(written_1h),
                output_tokens: output,
                web_searches: non_zero(searches),
                agent_cost_usd: cost,
                requests,
                counted_input_tokens: counted_input,
                counted_cache_read_tokens: counted_read,
                counted_cache_write_tokens: counted_written,
                counted_output_tokens: counted_output,
                line: Some(line),
                ..Ledger::default()
            });
        }
    }
}

fn non_zero(count: u64) -> Option<u64> {
    if count > 0 { Some(count) } else { None }
}

/// The model named by the latest request before `place` that names one. A compaction is made by the
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

fn turn_of(entry: &ThreadEntry) -> Option<u64> {
    match entry {
        ThreadEntry::Span(span, _) => span.turn,
        ThreadEntry::Request(request) | ThreadEntry::Hidden(request) => request.turn,
        ThreadEntry::Event(event, _) => event.turn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Input alone.
    fn input(tokens: u64) -> Figures {
        [tokens, 0, 0, 0, 0, 0]
    }

    fn request(before: usize, at: &str, tokens: u64) -> ReportedRequest {
        ReportedRequest {
            before,
            at: Some(at.into()),
            model: "m".into(),
            figures: input(tokens),
        }
    }

    fn state(entries: usize, since: &str, tokens: u64) -> LedgerState {
        let used = LedgerUse {
            figures: input(tokens),
            cost: None,
        };
        LedgerState {
            entries,
            line: 1,
            since: Some(since.into()),
            models: BTreeMap::from([("m".into(), used)]),
        }
    }

    /// A second ledger counts from 02:00. The first one ends with what was counted until its own
    /// latest state: the request of 03:00 is the second ledger's alone.
    #[test]
    fn a_ledger_that_ends_counts_no_request_of_the_next() {
        let reported = [request(1, "T01:00", 100), request(2, "T03:00", 50)];
        let mut comparison = LedgerComparison::new("s", &reported);
        comparison.take_state(&state(1, "T00:00", 100), &mut []);
        comparison.take_state(&state(2, "T02:00", 120), &mut []);
        let records = comparison.close();
        let sums = |ledger: &Ledger| {
            (
                ledger.input_tokens,
                ledger.counted_input_tokens,
                ledger.requests,
            )
        };
        let ledgers: Vec<_> = records.ledgers.iter().map(sums).collect();
        // The second has 70 tokens that no line reports, and they became a request.
        assert_eq!(ledgers, [(100, 100, 1), (120, 120, 2)]);
        assert_eq!(records.requests.len(), 1);
    }
}
