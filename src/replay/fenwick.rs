//! PrefixSums over the front of a list whose values change: a Fenwick tree.
//!
//! Adding a value, changing one, asking for the sum before a place and finding the place that a sum
//! reaches all take logarithmic time, so that nothing has to walk over a whole context.

/// What can be added up: counts that never fall below nothing.
pub(super) trait Amount: Copy + Default {
    /// The sum.
    fn plus(self, other: Self) -> Self;
    /// What is left.
    fn less(self, other: Self) -> Self;
}

impl Amount for u64 {
    fn plus(self, other: u64) -> u64 {
        self.saturating_add(other)
    }

    fn less(self, other: u64) -> u64 {
        self.saturating_sub(other)
    }
}

/// A list of values and the sums over its front.
#[derive(Debug)]
pub(super) struct PrefixSums<A> {
    /// Node `i`, counted from 1, is the sum of the values before place `i`, as many as the lowest
    /// bit of `i` says. Node 0 is nothing.
    nodes: Vec<A>,
}

impl<A: Amount> Default for PrefixSums<A> {
    fn default() -> PrefixSums<A> {
        PrefixSums {
            nodes: vec![A::default()],
        }
    }
}

impl<A: Amount> PrefixSums<A> {
    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len() - 1
    }

    /// Adds a value at the end.
    pub(super) fn push(&mut self, value: A) {
        let node = self.nodes.len();
        let (mut sum, mut below) = (value, node - 1);
        while below > node - lowest_bit(node) {
            sum = sum.plus(self.node(below));
            below -= lowest_bit(below);
        }
        self.nodes.push(sum);
    }

    /// A value becomes another.
    pub(super) fn change(&mut self, at: usize, from: A, to: A) {
        let mut node = at + 1;
        while let Some(sum) = self.nodes.get_mut(node) {
            *sum = sum.less(from).plus(to);
            node += lowest_bit(node);
        }
    }

    /// The sum of the values before a place; of all, where it is beyond the end.
    pub(super) fn before(&self, at: usize) -> A {
        let (mut node, mut sum) = (at.min(self.len()), A::default());
        while node > 0 {
            sum = sum.plus(self.node(node));
            node -= lowest_bit(node);
        }
        sum
    }

    fn node(&self, node: usize) -> A {
        self.nodes.get(node).copied().unwrap_or_default()
    }
}

impl PrefixSums<u64> {
    /// How many values from the front add up to no more than `limit`, and to what.
    pub(super) fn reach(&self, limit: u64) -> (usize, u64) {
        let (mut at, mut sum) = (0, 0_u64);
        let mut stride = self.nodes.len().next_power_of_two();
        while stride > 0 {
            if let Some(more) = self
                .nodes
                .get(at + stride)
                .map(|node| sum.saturating_add(*node))
                && more <= limit
            {
                (at, sum) = (at + stride, more);
            }
            stride /= 2;
        }
        (at, sum)
    }
}

fn lowest_bit(node: usize) -> usize {
    node & node.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::PrefixSums;

    proptest! {
        #[test]
        fn sums_are_those_of_the_list(
            values in prop::collection::vec(0..5u64, 1..70),
            changes in prop::collection::vec((0..70usize, 0..9u64), 0..40),
            limit in 0..200u64,
        ) {
            let (mut list, mut sums) = (values.clone(), PrefixSums::default());
            values.iter().for_each(|value| sums.push(*value));
            for (at, to) in changes {
                if let Some(value) = list.get_mut(at) {
                    sums.change(at, *value, to);
                    *value = to;
                }
            }
            for at in 0..=list.len() {
                prop_assert_eq!(sums.before(at), list.iter().take(at).sum::<u64>());
            }
            let mut sum = 0;
            let reached = list.iter().take_while(|value| { sum += **value; sum <= limit }).count();
            prop_assert_eq!(sums.reach(limit), (reached, list.iter().take(reached).sum::<u64>()));
        }
    }
}
