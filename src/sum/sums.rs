//! The sums of one row. Two rows of the same key merge into the row that one run over both streams
//! gives.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::distribution::Distribution;
use super::grouped::RequestGroup;
use crate::record::{Request, Unpriced, Usd, Written, is_zero};

/// What a row adds up. Tokens may be negative where a correction outweighs what it corrects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct GroupSums {
    /// How many counted requests, items of totals, or spans.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) items: u64,
    /// All input, cached included; of spans, their tokens times the requests that carried them.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) input_tokens: i64,
    /// Of the input, read from the cache; of totals, only what was sent again.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) cache_read_tokens: i64,
    /// Of the input, written to the cache.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) cache_write_tokens: i64,
    /// All output, reasoning included.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) output_tokens: i64,
    /// Of the output, reasoning as the provider reports it; only in rows of requests. Rows by
    /// content have the reasoning of totals and spans.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) reasoning_tokens: i64,
    /// Cost of the items with a known price.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) cost_usd: Usd,
    /// Items with a known price.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) priced: u64,
    /// Items without a price, by model, or by the term that has no price where that is not the
    /// model.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) unpriced: BTreeMap<String, UnpricedItems>,
    /// Web searches, which are charged one by one.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) web_searches: i64,
    /// Counted requests whose output is a placeholder.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) output_unknown: u64,
    /// Requests that are not counted, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) uncounted: BTreeMap<String, u64>,
    /// Threads of the items.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) threads: BTreeSet<String>,
    /// Tokens of each request, turn or thread, by the basis that was asked for; the size of each
    /// span.
    #[serde(skip_serializing_if = "Distribution::is_empty")]
    pub(super) values: Distribution,
    /// Bytes of the spans' text.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) bytes: i64,
    /// Tokens of the spans each time they are sent.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) span_tokens: i64,
    /// Bytes that hooks and reminders injected.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) hook_bytes: i64,
    /// Agents that were started.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) spawns: i64,
    /// Calls of tools.
    #[serde(skip_serializing_if = "ToolCalls::is_empty")]
    pub(super) calls: ToolCalls,
    /// What a plain sum of usage lines adds to the counted requests, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) naive: BTreeMap<String, NaiveExtra>,
    /// Of a part of a run: the counted requests themselves, which are in no other figure, because
    /// another part may hold the same responses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) requests: Vec<RequestGroup>,
}

/// Calls of tools, and the definitions of tools that could be called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ToolCalls {
    pub(super) calls: u64,
    /// Tokens of their outputs, times the requests that carried them.
    pub(super) result_tokens: i64,
    /// Tokens of the tools' definitions, times the requests that carried them.
    pub(super) schema_tokens: i64,
    pub(super) schema_cost_usd: Usd,
    /// Threads with a call.
    pub(super) called: BTreeSet<String>,
    /// Threads whose file records that the tool was offered.
    pub(super) offered: BTreeSet<String>,
}

/// Usage lines that report no request of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct NaiveExtra {
    /// Lines; negative: requests that no line reports.
    pub(super) lines: i64,
    pub(super) input_tokens: i64,
    pub(super) output_tokens: i64,
    pub(super) cost_usd: Usd,
}

/// Items without a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct UnpricedItems {
    pub(super) items: u64,
    /// Their input and output together.
    pub(super) tokens: i64,
}

impl UnpricedItems {
    fn merge(&mut self, other: UnpricedItems) {
        self.items = self.items.saturating_add(other.items);
        add(&mut self.tokens, other.tokens);
    }
}

/// Adds; an absurd sum stops at the end of its range.
pub(super) fn add(sum: &mut i64, more: i64) {
    *sum = sum.saturating_add(more);
}

/// A count with a sign.
pub(super) fn signed(n: Option<u64>) -> i64 {
    i64::try_from(n.unwrap_or(0)).unwrap_or(i64::MAX)
}

impl GroupSums {
    /// Adds the cost of one item.
    pub(super) fn charge(&mut self, cost: Usd) {
        self.cost_usd = self.cost_usd.plus(cost);
        self.priced = self.priced.saturating_add(1);
    }

    /// Counts an item without a price. `name`: the model or the term that has none.
    pub(super) fn leave(&mut self, name: String, tokens: i64) {
        self.unpriced
            .entry(name)
            .or_default()
            .merge(UnpricedItems { items: 1, tokens });
    }

    /// Adds a counted request and its cost.
    pub(super) fn take(&mut self, request: &Request, cost: Result<Usd, Unpriced>) {
        self.items = self.items.saturating_add(1);
        self.of_thread(&request.thread);
        match cost {
            Ok(cost) => self.charge(cost),
            Err(why) => {
                let tokens =
                    signed(request.input_tokens).saturating_add(signed(request.output_tokens));
                self.leave(request.without_price(why), tokens);
            }
        }
        self.output_unknown = self
            .output_unknown
            .saturating_add(u64::from(request.output_known == Some(false)));
        add(&mut self.web_searches, signed(request.web_searches));
        add(&mut self.input_tokens, signed(request.input_tokens));
        add(
            &mut self.cache_read_tokens,
            signed(request.cache_read_tokens),
        );
        add(
            &mut self.cache_write_tokens,
            signed(request.cache_write_tokens),
        );
        add(&mut self.output_tokens, signed(request.output_tokens));
        add(&mut self.reasoning_tokens, signed(request.reasoning_tokens));
    }

    /// Counts a request that is not added, by its reason.
    pub(super) fn pass_over(&mut self, reason: &str) {
        let count = self.uncounted.entry(reason.to_owned()).or_default();
        *count = count.saturating_add(1);
    }

    /// Adds the thread of an item. Most rows get all items of one thread before those of another.
    pub(super) fn of_thread(&mut self, thread: &str) {
        insert(&mut self.threads, thread);
    }

    /// Cost of the items; `None` where none has a known price.
    pub(super) fn cost(&self) -> Option<Usd> {
        if self.priced == 0 {
            return None;
        }
        Some(self.cost_usd)
    }

    /// Whether there is any figure besides the number of uncounted requests.
    pub(super) fn has_figures(&self) -> bool {
        let tokens = [
            self.input_tokens,
            self.cache_write_tokens,
            self.output_tokens,
        ];
        let is_paid = self.cost_usd != Usd::ZERO;
        self.items > 0
            || tokens != [0; 3]
            || is_paid
            || self.hook_bytes != 0
            || self.spawns != 0
            || !self.naive.is_empty()
    }

    /// Items without a price.
    pub(super) fn unpriced(&self) -> u64 {
        let mut items: u64 = 0;
        for unpriced in self.unpriced.values() {
            items = items.saturating_add(unpriced.items);
        }
        items
    }

    /// Adds what usage lines beyond the counted requests hold.
    pub(super) fn add_naive(&mut self, why: Written, extra: &NaiveExtra) {
        let sum = self.naive.entry(why.name().to_owned()).or_default();
        sum.merge(extra);
    }

    /// What a plain sum of the usage lines gives.
    pub(super) fn naive(&self) -> NaiveExtra {
        let mut all = NaiveExtra {
            lines: signed(Some(self.items)),
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cost_usd: self.cost_usd,
        };
        for extra in self.naive.values() {
            all.merge(extra);
        }
        all
    }

    /// Adds another row of the same key.
    pub(super) fn merge(&mut self, other: &GroupSums) {
        self.items = self.items.saturating_add(other.items);
        self.priced = self.priced.saturating_add(other.priced);
        self.output_unknown = self.output_unknown.saturating_add(other.output_unknown);
        self.cost_usd = self.cost_usd.plus(other.cost_usd);
        for (sum, more) in [
            (&mut self.input_tokens, other.input_tokens),
            (&mut self.cache_read_tokens, other.cache_read_tokens),
            (&mut self.cache_write_tokens, other.cache_write_tokens),
            (&mut self.output_tokens, other.output_tokens),
            (&mut self.reasoning_tokens, other.reasoning_tokens),
            (&mut self.bytes, other.bytes),
            (&mut self.span_tokens, other.span_tokens),
            (&mut self.hook_bytes, other.hook_bytes),
            (&mut self.spawns, other.spawns),
            (&mut self.web_searches, other.web_searches),
        ] {
            add(sum, more);
        }
        for (name, left) in &other.unpriced {
            self.unpriced.entry(name.clone()).or_default().merge(*left);
        }
        for (name, items) in &other.uncounted {
            let sum = self.uncounted.entry(name.clone()).or_default();
            *sum = sum.saturating_add(*items);
        }
        self.threads.extend(other.threads.iter().cloned());
        self.values.merge(&other.values);
        self.calls.merge(&other.calls);
        for (reason, extra) in &other.naive {
            self.naive.entry(reason.clone()).or_default().merge(extra);
        }
        self.requests.extend(other.requests.iter().cloned());
    }
}

impl ToolCalls {
    fn is_empty(&self) -> bool {
        *self == ToolCalls::default()
    }

    fn merge(&mut self, other: &ToolCalls) {
        self.calls = self.calls.saturating_add(other.calls);
        add(&mut self.result_tokens, other.result_tokens);
        add(&mut self.schema_tokens, other.schema_tokens);
        self.schema_cost_usd = self.schema_cost_usd.plus(other.schema_cost_usd);
        self.called.extend(other.called.iter().cloned());
        self.offered.extend(other.offered.iter().cloned());
    }

    /// How many threads were offered the tool and never called it.
    pub(super) fn in_vain(&self) -> u64 {
        self.offered.difference(&self.called).count() as u64
    }
}

impl NaiveExtra {
    /// Adds the other's lines.
    pub(super) fn merge(&mut self, other: &NaiveExtra) {
        add(&mut self.lines, other.lines);
        add(&mut self.input_tokens, other.input_tokens);
        add(&mut self.output_tokens, other.output_tokens);
        self.cost_usd = self.cost_usd.plus(other.cost_usd);
    }
}

/// Adds a name to a set; copies it only where it is new.
pub(super) fn insert(names: &mut BTreeSet<String>, name: &str) {
    if !names.contains(name) {
        names.insert(name.to_owned());
    }
}
