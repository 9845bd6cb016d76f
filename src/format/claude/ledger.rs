//! The agent's ledger: its running totals of tokens (docs/formats.md 3.10).
//!
//! `cost-state` lines give the tokens that a session and its sub-agents have used so far, by model;
//! a process that resumes the session continues them. Each such line is a *state* of the ledger.
//! Tokens that are in the ledger but in no reported request belong to requests that no line reports
//! (compactions, titles). The tokens of these requests between two states become one request with
//! exact figures; if there is a single compaction between the states, they become its figures. If
//! the ledger has less than was counted, no request is added. A `ledger` record has both sums.
//!
//! A ledger counts from an instant that it names. This file only reads the states; they are
//! compared with the requests in `account`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::reported::{Figures, bare};
use crate::format::lines::Line;
use crate::format::time;
use crate::record::{Ledger, Request, Usd};

/// A `cost-state` line.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CostState<'a> {
    start_time: Option<u64>,
    #[serde(borrow, default)]
    model_usage: BTreeMap<String, ModelUsage<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ModelUsage<'a> {
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
pub(super) struct LedgerState {
    /// The number of entries of the thread before it.
    pub(super) entries: usize,
    pub(super) line: u64,
    /// The instant from which it counts.
    pub(super) since: Option<String>,
    pub(super) models: BTreeMap<String, LedgerUse>,
}

/// The use of a model in a ledger.
#[derive(Clone, Copy, Default)]
pub(super) struct LedgerUse {
    pub(super) figures: Figures,
    pub(super) cost: Option<Usd>,
}

/// The ledger of a thread, state by state.
#[derive(Default)]
pub(super) struct LedgerStates(pub(super) Vec<LedgerState>);

/// The records that the ledger adds to a thread.
#[derive(Default)]
pub(super) struct LedgerRecords {
    /// Requests that no line reports, each with the number of entries before it.
    pub(super) requests: Vec<(usize, Request)>,
    pub(super) ledgers: Vec<Ledger>,
}

impl LedgerStates {
    /// Takes a `cost-state` line. `entries`: the number of entries of the thread before it.
    pub(super) fn take_line(&mut self, line: &Line, entries: usize) {
        let Ok(state) = serde_json::from_str::<CostState>(line.json) else {
            return;
        };
        let mut models = BTreeMap::new();
        for (model, usage) in &state.model_usage {
            models.insert(bare(model).to_owned(), usage.used());
        }
        self.0.push(LedgerState {
            entries,
            line: line.number,
            since: state.since(),
            models,
        });
    }
}

impl CostState<'_> {
    fn since(&self) -> Option<String> {
        time::of_ms(i64::try_from(self.start_time?).ok()?)
    }
}

impl ModelUsage<'_> {
    fn used(&self) -> LedgerUse {
        let written = self.cache_creation_input_tokens;
        let input = self
            .input_tokens
            .saturating_add(written)
            .saturating_add(self.cache_read_input_tokens);
        let figures = [
            input,
            self.cache_read_input_tokens,
            written,
            self.hour.min(written),
            self.output_tokens,
            self.web_search_requests,
        ];
        let cost = match self.cost {
            Some(cost) => Usd::parse(cost.get()),
            None => None,
        };
        LedgerUse { figures, cost }
    }
}
