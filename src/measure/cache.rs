//! A cache of results, by the hash of the text.
//!
//! Real sessions repeat 14 to 19 % of their bytes in whole spans (most of them instructions), so a
//! text that was measured is not read again. Memory is bounded by two generations: when the young
//! one is full it becomes the old one, and a text that is repeated moves to the young one.

use std::collections::HashMap;
use std::sync::Arc;

use super::plan::{SpanContent, TextPlan};
use crate::record::{Measured, Span};

/// Shorter texts are measured as fast as they are looked up.
const LEAST_BYTES: u64 = 256;
/// Size of a generation.
const GENERATION_BYTES: usize = 4 << 20;

/// The key of a text: its hash, and what is measured of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TextKey {
    hash: u128,
    plan: TextPlan,
}

impl TextKey {
    /// Returns the key of a span's text; `None` where it has none, or is too short to be worth it.
    pub(super) fn of(span: &Span) -> Option<TextKey> {
        let hash = span.hash.as_deref()?;
        if span.bytes < LEAST_BYTES {
            return None;
        }
        match SpanContent::of(span) {
            SpanContent::Text(plan) => Some(TextKey {
                hash: u128::from_str_radix(hash, 16).ok()?,
                plan,
            }),
            _ => None,
        }
    }
}

/// The results of recent texts.
#[derive(Default)]
pub(super) struct MeasuredCache {
    young: HashMap<TextKey, Arc<Measured>>,
    young_bytes: usize,
    old: HashMap<TextKey, Arc<Measured>>,
}

impl MeasuredCache {
    /// Returns the result for a text. Changes nothing: lookups come at times that depend on the
    /// threads, and what is dropped must depend on the order of the stream alone.
    pub(super) fn get(&self, key: &TextKey) -> Option<Arc<Measured>> {
        if let Some(measured) = self.young.get(key) {
            return Some(Arc::clone(measured));
        }
        self.old.get(key).map(Arc::clone)
    }

    /// Adds the result of a text. One that is in the old generation moves to the young one.
    pub(super) fn put(&mut self, key: TextKey, measured: Arc<Measured>) {
        if !self.young.contains_key(&key) {
            self.old.remove(&key);
            self.add_young(key, measured);
        }
    }

    fn add_young(&mut self, key: TextKey, measured: Arc<Measured>) {
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
    let blocks = match &measured.blocks {
        Some(blocks) => blocks.len() * 64,
        None => 0,
    };
    size_of::<Measured>() + 96 + blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_text_stays_and_memory_is_bounded() {
        let plan = TextPlan::default();
        let key = |n: u128| TextKey { hash: n, plan };
        let mut cache = MeasuredCache::default();
        let first = Arc::new(Measured {
            tokens: Some(7),
            ..Measured::default()
        });
        for n in 1..100_000 {
            cache.put(key(n), Arc::default());
            if n % 1_000 == 1 {
                cache.put(key(0), Arc::clone(&first));
            }
            assert_eq!(cache.get(&key(0)).and_then(|m| m.tokens), Some(7));
        }
        assert!(cache.get(&key(1)).is_none());
        assert!(
            (cache.young.len() + cache.old.len()) * size(&Measured::default())
                <= 2 * GENERATION_BYTES
        );
    }
}
