//! Known texts: what was measured before, by hash.
//!
//! Real sessions repeat 14 to 19 % of their bytes in whole spans (instructions above all), so a
//! text that was measured is not read again. The memory is bounded by two generations: when the
//! young one is full it becomes the old one, and what comes again moves back.

use std::collections::HashMap;
use std::sync::Arc;

use super::plan::{Plan, Task};
use crate::record::{Measured, Span};

/// Shorter texts are measured as fast as they are looked up.
const LEAST_BYTES: u64 = 256;
/// Size of a generation.
const GENERATION_BYTES: usize = 4 << 20;

/// What a text is remembered by: its hash and what was to be measured of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    hash: u128,
    plan: Plan,
}

impl Key {
    /// Returns the key of a span's text; `None` where it has none, or is too short to be worth it.
    pub(super) fn of(span: &Span) -> Option<Key> {
        let hash = span.hash.as_deref().filter(|_| span.bytes >= LEAST_BYTES)?;
        match Task::of(span) {
            Task::Text(plan) => Some(Key {
                hash: u128::from_str_radix(hash, 16).ok()?,
                plan,
            }),
            _ => None,
        }
    }
}

/// What was measured of the texts seen lately.
#[derive(Default)]
pub(super) struct Known {
    young: HashMap<Key, Arc<Measured>>,
    young_bytes: usize,
    old: HashMap<Key, Arc<Measured>>,
}

impl Known {
    /// Returns what is remembered of a text. Changes nothing: threads come and ask at any time,
    /// but what is forgotten must depend on the order of the stream alone.
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Measured>> {
        self.young
            .get(key)
            .or_else(|| self.old.get(key))
            .map(Arc::clone)
    }

    /// Remembers what was measured of a text, or remembers it longer.
    pub(super) fn put(&mut self, key: Key, measured: Arc<Measured>) {
        if !self.young.contains_key(&key) {
            self.old.remove(&key);
            self.keep(key, measured);
        }
    }

    fn keep(&mut self, key: Key, measured: Arc<Measured>) {
        self.young_bytes += size(&measured);
        if self.young_bytes > GENERATION_BYTES {
            self.young_bytes = size(&measured);
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, measured);
    }
}

/// About what an entry costs: the struct, its map slot, and 64 bytes a block with its hash.
fn size(measured: &Measured) -> usize {
    size_of::<Measured>()
        + 96
        + measured
            .blocks
            .as_ref()
            .map_or(0, |blocks| blocks.len() * 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_survives_and_memory_stays_bounded() {
        let plan = Plan::default();
        let key = |n: u128| Key { hash: n, plan };
        let mut known = Known::default();
        let first = Arc::new(Measured {
            tokens: Some(7),
            ..Measured::default()
        });
        for n in 1..100_000 {
            known.put(key(n), Arc::default());
            if n % 1_000 == 1 {
                known.put(key(0), Arc::clone(&first));
            }
            assert_eq!(known.get(&key(0)).and_then(|m| m.tokens), Some(7));
        }
        assert!(known.get(&key(1)).is_none());
        assert!(
            (known.young.len() + known.old.len()) * size(&Measured::default())
                <= 2 * GENERATION_BYTES
        );
    }
}
