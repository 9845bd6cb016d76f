//! Requests whose cached prefix fell short: how many of them ended before a place.
//!
//! A provider's cache is missed now and then, and is back with the next request. Then the end of
//! the prefix stays where it is, and the request is noted here: what is inside the prefix, but
//! behind the place where the cache ended this time, was not read in this request.

use super::tally::Tally;

/// Tallies of misses by the place at which they ended: a Fenwick tree, so that noting one and
/// asking take logarithmic time.
#[derive(Debug, Default)]
pub(super) struct Missed {
    /// Misses that ended at each place.
    at: Vec<Tally>,
    /// Partial sums of `at`, from index 1.
    tree: Vec<Tally>,
    all: Tally,
}

impl Missed {
    /// A miss ended at `place`.
    pub(super) fn note(&mut self, place: usize, miss: Tally) {
        self.all = self.all.plus(miss);
        if place >= self.at.len() {
            self.at.resize((place + 1).next_power_of_two(), Tally::default());
            self.build();
        }
        if let Some(at) = self.at.get_mut(place) {
            *at = at.plus(miss);
        }
        let mut node = place + 1;
        while let Some(sum) = self.tree.get_mut(node) {
            *sum = sum.plus(miss);
            node += lowest_bit(node);
        }
    }

    /// The misses that have ended at or before `place`.
    pub(super) fn before(&self, place: usize) -> Tally {
        if place >= self.at.len() {
            return self.all;
        }
        let (mut node, mut sum) = (place + 1, Tally::default());
        while node > 0 {
            sum = sum.plus(self.tree.get(node).copied().unwrap_or_default());
            node -= lowest_bit(node);
        }
        sum
    }

    fn build(&mut self) {
        self.tree = vec![Tally::default()];
        self.tree.extend(&self.at);
        for node in 1..self.tree.len() {
            let sum = self.tree.get(node).copied().unwrap_or_default();
            if let Some(above) = self.tree.get_mut(node + lowest_bit(node)) {
                *above = above.plus(sum);
            }
        }
    }
}

fn lowest_bit(node: usize) -> usize {
    node & node.wrapping_neg()
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
        assert_eq!(counts.map(|misses| misses.requests), [1, 1, 3, 3, 4, 4, 5, 5]);
        assert!(counts.iter().all(|misses| misses.cost(7).pico() == -7 * i128::from(misses.requests)));
    }
}
