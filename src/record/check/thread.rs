//! What is known of a thread from its records so far, and the rule for its end.

use super::form::Complaints;
use crate::record::Usd;

/// What is known of the current thread from its records so far.
#[derive(Default)]
pub(super) struct ThreadSoFar {
    pub(super) id: String,
    /// `seq` of its latest record.
    pub(super) seq: Option<u64>,
    /// Ordinal of its latest request.
    pub(super) requests: u64,
    /// Tokens of the counted requests.
    pub(super) reported: Sums,
    /// Tokens of the `total` rows.
    pub(super) charged: Sums,
    /// Cost of the requests.
    pub(super) cost: Usd,
    /// Cost of the `total` rows.
    pub(super) charged_cost: Usd,
    pub(super) has_totals: bool,
}

/// Input and output tokens, signed because those of `total` rows are.
#[derive(Default, PartialEq, Debug, Clone, Copy)]
pub(super) struct Sums {
    input: i64,
    output: i64,
}

impl Sums {
    /// Adds tokens; an absurd sum stops at the end of the range instead of wrapping.
    pub(super) fn add(&mut self, input: i64, output: i64) {
        self.input = self.input.saturating_add(input);
        self.output = self.output.saturating_add(output);
    }
}

impl ThreadSoFar {
    /// Once the thread has ended, its `total` rows must add up to its counted requests.
    pub(super) fn check_totals(&self, complaints: &mut Complaints) {
        let ThreadSoFar {
            id,
            reported,
            charged,
            cost,
            charged_cost,
            has_totals,
            ..
        } = self;
        complaints.unless(!has_totals || reported == charged, || {
            format!("thread {id}: totals add up to {charged:?}, counted requests to {reported:?}")
        });
        complaints.unless(!has_totals || cost == charged_cost, || {
            format!("thread {id}: totals cost {charged_cost}, counted requests {cost}")
        });
    }
}
