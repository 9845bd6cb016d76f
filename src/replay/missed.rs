//! Requests that read less from the cache than the requests before them.
//!
//! A request may miss a provider's cache, and the next request finds it again. So the end of a
//! cached prefix never moves back; a request that reads less is noted here with the slot at which
//! its cached prefix ended. The slots from there to the end of the prefix were not read from the
//! cache by this request.

use super::fenwick::{Amount, PrefixSums};
use super::tally::RateTally;

impl Amount for RateTally {
    fn plus(self, other: RateTally) -> RateTally {
        RateTally::plus(self, other)
    }

    fn less(self, other: RateTally) -> RateTally {
        RateTally::less(self, other)
    }
}

/// Sums over such requests, by the slot at which their cached prefix ended.
#[derive(Debug, Default)]
pub(super) struct Missed {
    at: PrefixSums<RateTally>,
}

impl Missed {
    /// Notes a request whose cached prefix ended at `slot`.
    pub(super) fn note(&mut self, slot: usize, miss: RateTally) {
        while self.at.len() <= slot {
            self.at.push(RateTally::default());
        }
        self.at.change(slot, RateTally::default(), miss);
    }

    /// Returns the sum over the requests whose cached prefix ended at or before `slot`.
    pub(super) fn before(&self, slot: usize) -> RateTally {
        self.at.before(slot.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Missed, RateTally};

    #[test]
    fn misses_are_counted_up_to_a_place() {
        let mut missed = Missed::default();
        for place in [3, 0, 900, 3, 17] {
            missed.note(place, RateTally::one(-1));
        }
        let counts = [0, 2, 3, 16, 17, 899, 900, 5000].map(|place| missed.before(place));
        assert_eq!(
            counts.map(|misses| misses.requests),
            [1, 1, 3, 3, 4, 4, 5, 5]
        );
        assert!(
            counts
                .iter()
                .all(|misses| misses.cost(7).pico() == -7 * i128::from(misses.requests))
        );
    }
}
