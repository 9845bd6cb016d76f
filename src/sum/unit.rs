//! What averages and percentiles are taken over: each request, or what a turn or a thread adds up.
//!
//! The sum of a turn is complete when its thread has ended; until then a number is kept for each row
//! and turn of the current thread.

use std::collections::BTreeMap;

use super::choices::Per;
use super::key::RowKey;

/// Sums that are not complete yet.
#[derive(Debug, Default)]
pub(super) struct Units(BTreeMap<(RowKey, u64), u64>);

impl Units {
    /// Adds a request of that row and turn. Returns its tokens where they are a value by themselves.
    pub(super) fn add(
        &mut self,
        per: Per,
        key: &RowKey,
        turn: Option<u64>,
        tokens: u64,
    ) -> Option<u64> {
        let unit = match per {
            Per::Request => return Some(tokens),
            // Turns are counted from 1: requests before the first turn are turn 0.
            Per::Turn => turn.unwrap_or(0),
            Per::Thread => 0,
        };
        let sum = self.0.entry((key.clone(), unit)).or_default();
        *sum = sum.saturating_add(tokens);
        None
    }

    /// Returns all sums: the thread has ended, so that they are complete.
    pub(super) fn finish(&mut self) -> impl Iterator<Item = (RowKey, u64)> + use<> {
        std::mem::take(&mut self.0)
            .into_iter()
            .map(|((key, _), sum)| (key, sum))
    }
}
