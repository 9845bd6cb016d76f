//! The accumulated cost of carrying a span, added up while the requests are charged.

use super::ids::SpanNumber;
use super::indexed_list::IndexedList;
use crate::record::{Basis, Carried, Usd};

/// What it cost to carry a span, over all counted requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpanCost {
    /// Whether any request carried it, counted or not.
    pub(super) sent: bool,
    /// Its size is final.
    pub(super) closed: bool,
    pub(super) known: bool,
    pub(super) basis: Basis,
    pub(super) tokens: u64,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) requests: u32,
    pub(super) cache_read: u64,
    pub(super) cache_write: u64,
    pub(super) output: Option<u64>,
    /// Over the requests that have a known price; `None`: none has.
    pub(super) input_cost: Option<Usd>,
    /// Of it, for the request that carried it first.
    pub(super) first_cost: Option<Usd>,
    pub(super) output_cost: Option<Usd>,
}

/// The costs of all spans of a thread.
pub(super) type SpanCosts = IndexedList<SpanNumber, SpanCost>;

impl Default for SpanCost {
    fn default() -> SpanCost {
        SpanCost {
            sent: false,
            closed: false,
            known: false,
            basis: Basis::Estimated,
            tokens: 0,
            from: 0,
            to: 0,
            requests: 0,
            cache_read: 0,
            cache_write: 0,
            output: None,
            input_cost: None,
            first_cost: None,
            output_cost: None,
        }
    }
}

impl SpanCost {
    /// The keys of its record.
    pub(super) fn carried(&self) -> Carried {
        let mut carried = Carried {
            output_tokens: self.output,
            output_cost_usd: self.output_cost,
            ..Carried::default()
        };
        if self.requests > 0 && (self.known || self.tokens > 0) {
            carried.sent_tokens = Some(self.tokens);
            carried.basis = Some(self.basis);
            carried.carried_from = Some(self.from);
            carried.carried_to = Some(self.to);
            carried.carried_requests = Some(u64::from(self.requests));
            carried.carried_tokens = Some(self.tokens.saturating_mul(u64::from(self.requests)));
            carried.carried_cache_read_tokens = Some(self.cache_read);
            carried.carried_cache_write_tokens = Some(self.cache_write);
            carried.input_cost_usd = self.input_cost;
            carried.first_cost_usd = self.first_cost;
        }
        carried
    }
}
