//! Outputs of tools whose calls are gone: providers refuse them.

use lru::LruCache;

use super::{Does, Policy, Turn};

/// The table line.
pub(super) const POLICY: Policy = Policy {
    name: "orphans",
    value: "",
    about: "drop outputs of tools whose calls are not there",
    does: Does::Orphans,
};

/// How many calls are remembered, 40 bytes each. An output comes soon after its call, or never.
const MOST_CALLS: usize = 1 << 16;

/// The calls that stand in what is kept.
#[derive(Debug)]
pub struct Orphans {
    calls: LruCache<u64, ()>,
}

impl Default for Orphans {
    fn default() -> Orphans {
        Orphans {
            calls: LruCache::unbounded(),
        }
    }
}

impl Orphans {
    /// Takes a turn that is kept; returns the calls it answers that none before it made. Every
    /// answer of the turn is looked at, not only the first.
    pub fn check(&mut self, turn: &Turn) -> Vec<u64> {
        for call in &turn.calls {
            self.calls.put(*call, ());
            if self.calls.len() > MOST_CALLS {
                self.calls.pop_lru();
            }
        }
        turn.answers
            .iter()
            .filter(|call| self.calls.get(call).is_none())
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_outputs_on_a_line_only_the_orphan_is_one() {
        let mut orphans = Orphans::default();
        assert!(
            orphans
                .check(&Turn {
                    calls: vec![1],
                    ..Turn::default()
                })
                .is_empty()
        );
        assert_eq!(
            orphans.check(&Turn {
                answers: vec![1, 2],
                ..Turn::default()
            }),
            [2]
        );
    }
}
