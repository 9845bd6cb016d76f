//! Tallies: how many requests, and what one token cost in all of them.
//!
//! A running tally is a prefix sum: what a slot was charged between two moments is the difference
//! of two tallies times its tokens, however many requests lie between.

use super::price::amount;
use crate::record::Usd;

/// A number of requests, and the sum of a rate of theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) requests: u32,
    /// Pico-dollars for a token; a difference of rates may be negative. No rate is above 2^35, so
    /// that the sum is exact over 2^28 requests.
    rate: i64,
}

impl Tally {
    /// One request.
    pub(super) fn one(rate: i64) -> Tally {
        Tally { requests: 1, rate }
    }

    pub(super) fn plus(self, other: Tally) -> Tally {
        Tally {
            requests: self.requests.saturating_add(other.requests),
            rate: self.rate.saturating_add(other.rate),
        }
    }

    pub(super) fn less(self, other: Tally) -> Tally {
        Tally {
            requests: self.requests.saturating_sub(other.requests),
            rate: self.rate.saturating_sub(other.rate),
        }
    }

    /// What so many tokens cost in all of the requests.
    pub(super) fn cost(self, tokens: u64) -> Usd {
        let cost = amount(tokens, self.rate.unsigned_abs());
        if self.rate < 0 {
            Usd::ZERO.minus(cost)
        } else {
            cost
        }
    }

    /// What so many tokens were in all of the requests.
    pub(super) fn tokens(self, tokens: u64) -> u64 {
        u64::from(self.requests).saturating_mul(tokens)
    }
}
