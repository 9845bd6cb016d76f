//! A running sum over requests: how many there were, and what one token cost in all of them.
//!
//! What a slot was charged between two requests is the difference of the sums at these two times
//! its tokens, however many requests are between them. So a slot need not be charged at every
//! request.

use super::price::amount;
use crate::record::Usd;

/// A number of requests, and the sum of their rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RateTally {
    pub(super) requests: u32,
    /// Pico-dollars for a token. The rate may be a difference of two rates, and negative. No rate
    /// is above 2^35, so the sum is exact over 2^28 requests.
    rate: i64,
}

impl RateTally {
    /// Returns the sum over one request.
    pub(super) fn one(rate: i64) -> RateTally {
        RateTally { requests: 1, rate }
    }

    pub(super) fn plus(self, other: RateTally) -> RateTally {
        RateTally {
            requests: self.requests.saturating_add(other.requests),
            rate: self.rate.saturating_add(other.rate),
        }
    }

    pub(super) fn less(self, other: RateTally) -> RateTally {
        RateTally {
            requests: self.requests.saturating_sub(other.requests),
            rate: self.rate.saturating_sub(other.rate),
        }
    }

    /// Returns the cost of sending that many tokens with each of the requests.
    pub(super) fn cost(self, tokens: u64) -> Usd {
        let cost = amount(tokens, self.rate.unsigned_abs());
        if self.rate < 0 {
            Usd::ZERO.minus(cost)
        } else {
            cost
        }
    }

    /// Returns the number of tokens if that many are sent with each of the requests.
    pub(super) fn tokens(self, tokens: u64) -> u64 {
        u64::from(self.requests).saturating_mul(tokens)
    }
}
