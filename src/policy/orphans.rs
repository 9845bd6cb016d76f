//! Policy `orphans`: drops tool outputs whose calls are missing, because providers refuse them.

use lru::LruCache;

use super::definition::{Action, Policy, TurnFacts};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "orphans",
    value: "",
    about: "drop tool outputs whose calls are missing",
    action: Action::Orphans,
};

/// Number of calls that are remembered, in 40 bytes each. An output comes soon after its call, or
/// never.
const MOST_CALLS: usize = 1 << 16;

/// The calls of the turns that are kept.
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
    /// Takes a turn that is kept. Returns those of its answers whose calls are in no kept turn so
    /// far.
    pub fn check(&mut self, turn: &TurnFacts) -> Vec<u64> {
        for call in &turn.calls {
            self.calls.put(*call, ());
            if self.calls.len() > MOST_CALLS {
                self.calls.pop_lru();
            }
        }
        let mut orphans = Vec::new();
        for call in &turn.answers {
            if self.calls.get(call).is_none() {
                orphans.push(*call);
            }
        }
        orphans
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
                .check(&TurnFacts {
                    calls: vec![1],
                    ..TurnFacts::default()
                })
                .is_empty()
        );
        assert_eq!(
            orphans.check(&TurnFacts {
                answers: vec![1, 2],
                ..TurnFacts::default()
            }),
            [2]
        );
    }
}
