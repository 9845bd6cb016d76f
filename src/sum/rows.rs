//! The rows, by their keys.

use std::collections::BTreeMap;

use super::choices::Per;
use super::grouped::RequestGroup;
use super::key::RowKey;
use super::sums::GroupSums;
use super::unit::Units;
use crate::record::{Request, Unpriced, Usd};

/// All rows.
#[derive(Debug)]
pub(super) struct Rows {
    per: Per,
    rows: BTreeMap<RowKey, GroupSums>,
    units: Units,
}

impl Rows {
    /// No rows yet. `per`: what averages are taken over.
    pub(super) fn new(per: Per) -> Rows {
        Rows {
            per,
            rows: BTreeMap::new(),
            units: Units::default(),
        }
    }

    /// Sets what averages are taken over.
    pub(super) fn per(&mut self, per: Per) {
        self.per = per;
    }

    /// The row of that key.
    pub(super) fn of(&mut self, key: RowKey) -> &mut GroupSums {
        self.rows.entry(key).or_default()
    }

    /// Adds the tokens of a request of that row to what averages are taken over.
    pub(super) fn value(&mut self, key: &RowKey, turn: Option<u64>, tokens: u64) {
        let value = self.units.add(self.per, key, turn, tokens);
        if let (Some(value), Some(row)) = (value, self.rows.get_mut(key)) {
            row.values.add(value);
        }
    }

    /// A thread has ended: its turns, or the thread itself, are complete.
    pub(super) fn close(&mut self) {
        for (key, value) in self.units.finish() {
            self.rows.entry(key).or_default().values.add(value);
        }
    }

    /// Adds a counted request to its row.
    pub(super) fn take(
        &mut self,
        key: &RowKey,
        request: &Request,
        cost: Result<Usd, Unpriced>,
        tokens: u64,
    ) {
        match self.rows.get_mut(key) {
            Some(row) => row.take(request, cost),
            None => self.of(key.clone()).take(request, cost),
        }
        self.value(key, request.turn, tokens);
    }

    /// Takes the requests out of all rows that hold some.
    pub(super) fn groups(&mut self) -> Vec<(RowKey, RequestGroup)> {
        let mut groups = Vec::new();
        for (key, row) in &mut self.rows {
            for group in std::mem::take(&mut row.requests) {
                groups.push((key.clone(), group));
            }
        }
        groups
    }

    /// Adds sums to the row of that key.
    pub(super) fn merge(&mut self, key: RowKey, sums: &GroupSums) {
        self.of(key).merge(sums);
    }

    /// Gives the values of one key other names; rows that become the same are merged.
    pub(super) fn rename(&mut self, at: usize, name: impl Fn(&str) -> String) {
        for (mut key, sums) in std::mem::take(&mut self.rows) {
            if let Some(value) = key.get_mut(at) {
                *value = name(value);
            }
            self.merge(key, &sums);
        }
    }

    /// All rows, in the order of their keys.
    pub(super) fn all(&self) -> impl Iterator<Item = (&RowKey, &GroupSums)> {
        self.rows.iter()
    }

    /// All rows together. Which threads call a tool or are offered it is left out: that belongs to
    /// each row.
    pub(super) fn total(&self) -> GroupSums {
        let mut total = GroupSums::default();
        for sums in self.rows.values() {
            total.merge(sums);
        }
        total.calls.called.clear();
        total.calls.offered.clear();
        total
    }
}
