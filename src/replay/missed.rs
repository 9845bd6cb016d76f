//! Requests whose cached prefix fell short: how many of them ended before a place.
//!
//! A provider's cache is missed now and then, and is back with the next request. So the end of a
//! prefix never moves back, and a request that falls short is noted here: what is inside the
//! prefix, but behind the place where the cache ended this time, was not read in this request.

use super::fenwick::{Amount, PrefixSums};
use super::tally::Tally;

impl Amount for Tally {
    fn plus(self, other: Tally) -> Tally {
        Tally::plus(self, other)
    }

    fn less(self, other: Tally) -> Tally {
        Tally::less(self, other)
    }
}

/// Tallies of misses by the place at which they ended.
#[derive(Debug, Default)]
pub(super) struct Missed {
    at: PrefixSums<Tally>,
}

impl Missed {
    /// A miss ended at `place`.
    pub(super) fn note(&mut self, place: usize, miss: Tally) {
        while self.at.len() <= place {
            self.at.push(Tally::default());
        }
        self.at.change(place, Tally::default(), miss);
    }

    /// The misses that have ended at or before `place`.
    pub(super) fn before(&self, place: usize) -> Tally {
        self.at.before(place.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Missed, Tally};

    #[test]
    fn misses_are_counted_up_to_a_place() {
        let mut missed = Missed::default();
        for place in [3, 0, 900, 3, 17] {
            missed.note(place, Tally::one(-1));
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
