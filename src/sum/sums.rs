//! The sums of one row. Two rows of the same key merge into what one pass would have made of both.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::taken::Group;
use super::values::Values;
use crate::record::{Request, Unpriced, Usd, is_zero};

/// What a row adds up. Tokens may be negative where a correction outweighs what it corrects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Sums {
    /// Counted requests; of totals their items; spans.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) items: u64,
    /// All input, cached included; of spans, what carrying them came to.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) input_tokens: i64,
    /// Of it, read from the cache; of totals, only what was sent again.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) cache_read_tokens: i64,
    /// Of it, written to the cache.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) cache_write_tokens: i64,
    /// All output, reasoning included.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) output_tokens: i64,
    /// Of it, what the provider reports as reasoning; of requests alone. What content of that kind
    /// came to is in the rows by content.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) reasoning_tokens: i64,
    /// What the items with a known price cost.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) cost_usd: Usd,
    /// Items that have one.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) priced: u64,
    /// Items that have none, by model, and by the term that has no price where that is not the
    /// model.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) unpriced: BTreeMap<String, Left>,
    /// Web searches that are charged by the piece.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) web_searches: i64,
    /// Counted requests whose output is a placeholder.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) output_unknown: u64,
    /// Requests that are not counted, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) uncounted: BTreeMap<String, u64>,
    /// Threads that any item is of.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) threads: BTreeSet<String>,
    /// Tokens of each request, turn or thread, by the basis asked for; of each span its size.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub(super) values: Values,
    /// Of spans: their text, and their size each time it is sent.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) bytes: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) span_tokens: i64,
    /// What hooks and reminders put in.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) hook_bytes: i64,
    /// Agents that were started.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) spawns: i64,
    /// What calls came to.
    #[serde(skip_serializing_if = "Calls::is_empty")]
    pub(super) calls: Calls,
    /// What a plain sum of usage lines would add, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) naive: BTreeMap<String, Extra>,
    /// Of a part of a run: the counted requests themselves, which are in no other figure. Another
    /// part may hold the same responses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) requests: Vec<Group>,
}

/// Calls of tools, and what was offered to be called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Calls {
    pub(super) calls: u64,
    /// What carrying their outputs came to.
    pub(super) result_tokens: i64,
    /// What carrying the descriptions of the tools came to.
    pub(super) schema_tokens: i64,
    pub(super) schema_cost_usd: Usd,
    /// Threads with a call.
    pub(super) called: BTreeSet<String>,
    /// Threads whose file tells that it was offered.
    pub(super) offered: BTreeSet<String>,
}

/// Usage lines that are no requests of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Extra {
    /// Lines; negative: requests that no line reports.
    pub(super) lines: i64,
    pub(super) input_tokens: i64,
    pub(super) output_tokens: i64,
    pub(super) cost_usd: Usd,
}

/// Items without a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Left {
    pub(super) items: u64,
    /// Their input and output together.
    pub(super) tokens: i64,
}

impl Left {
    fn merge(&mut self, other: Left) {
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

impl Sums {
    /// One item cost so much.
    pub(super) fn charge(&mut self, cost: Usd) {
        self.cost_usd = self.cost_usd.plus(cost);
        self.priced = self.priced.saturating_add(1);
    }

    /// One item of so many tokens has no price, for what is named.
    pub(super) fn leave(&mut self, name: String, tokens: i64) {
        self.unpriced
            .entry(name)
            .or_default()
            .merge(Left { items: 1, tokens });
    }

    /// A counted request that cost so much.
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

    /// One request does not count, for that reason.
    pub(super) fn pass_over(&mut self, reason: &str) {
        let count = self.uncounted.entry(reason.to_owned()).or_default();
        *count = count.saturating_add(1);
    }

    /// An item of that thread. Most rows see the items of one thread in a row.
    pub(super) fn of_thread(&mut self, thread: &str) {
        insert(&mut self.threads, thread);
    }

    /// What the items cost; `None` where no price is known.
    pub(super) fn cost(&self) -> Option<Usd> {
        (self.priced > 0).then_some(self.cost_usd)
    }

    /// Whether there is anything to show but what was not counted.
    pub(super) fn says_something(&self) -> bool {
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
        self.unpriced
            .values()
            .fold(0, |sum, left| sum.saturating_add(left.items))
    }

    /// What a plain sum of the usage lines gives.
    pub(super) fn naive(&self) -> Extra {
        let mut all = Extra {
            lines: signed(Some(self.items)),
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cost_usd: self.cost_usd,
        };
        self.naive.values().for_each(|extra| all.merge(extra));
        all
    }

    /// Takes in another row of the same key.
    pub(super) fn merge(&mut self, other: &Sums) {
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

impl Calls {
    fn is_empty(&self) -> bool {
        *self == Calls::default()
    }

    fn merge(&mut self, other: &Calls) {
        self.calls = self.calls.saturating_add(other.calls);
        add(&mut self.result_tokens, other.result_tokens);
        add(&mut self.schema_tokens, other.schema_tokens);
        self.schema_cost_usd = self.schema_cost_usd.plus(other.schema_cost_usd);
        self.called.extend(other.called.iter().cloned());
        self.offered.extend(other.offered.iter().cloned());
    }

    /// Threads in which it was offered and never called.
    pub(super) fn in_vain(&self) -> u64 {
        self.offered.difference(&self.called).count() as u64
    }
}

impl Extra {
    /// Adds what another one holds.
    pub(super) fn merge(&mut self, other: &Extra) {
        add(&mut self.lines, other.lines);
        add(&mut self.input_tokens, other.input_tokens);
        add(&mut self.output_tokens, other.output_tokens);
        self.cost_usd = self.cost_usd.plus(other.cost_usd);
    }
}

/// Puts a name into a set, without a copy where it is there.
pub(super) fn insert(names: &mut BTreeSet<String>, name: &str) {
    if !names.contains(name) {
        names.insert(name.to_owned());
    }
}
