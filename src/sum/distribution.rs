//! A distribution that merges exactly: how often each value came.
//!
//! The percentile of two parts together cannot be computed from the percentiles of each; from their
//! counts of values it can. Percentiles are interpolated linearly between the two values next to them, as
//! spreadsheets and numpy do, in integers: all figures here are tenths.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Distribution with how often each came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Distribution(BTreeMap<u64, u64>);

impl Distribution {
    /// Adds one value.
    pub(super) fn add(&mut self, value: u64) {
        *self.0.entry(value).or_default() += 1;
    }

    /// Adds all values of another distribution.
    pub(super) fn merge(&mut self, other: &Distribution) {
        for (value, times) in &other.0 {
            let sum = self.0.entry(*value).or_default();
            *sum = sum.saturating_add(*times);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        let mut count: u64 = 0;
        for times in self.0.values() {
            count = count.saturating_add(*times);
        }
        count
    }

    /// The largest value; `None` where there is none.
    pub(super) fn most(&self) -> Option<u64> {
        self.0.last_key_value().map(|(value, _)| *value)
    }

    /// Tenths of the mean, rounded.
    pub(super) fn mean_tenths(&self) -> Option<u64> {
        let count = u128::from(self.count());
        if count == 0 {
            return None;
        }
        let mut sum = 0;
        for (value, times) in &self.0 {
            sum += u128::from(*value) * u128::from(*times);
        }
        Some(narrow((sum * 10 + count / 2) / count))
    }

    /// Tenths of the percentile, rounded.
    pub(super) fn percentile_tenths(&self, percent: u64) -> Option<u64> {
        // The rank among values that are numbered from 0, in hundredths.
        let rank = u128::from(self.count().checked_sub(1)?) * u128::from(percent);
        let (below, part) = (rank / 100, rank % 100);
        let low = u128::from(self.at(below)?);
        let high = u128::from(self.at(below + u128::from(part > 0))?);
        Some(narrow((low * 1000 + (high - low) * part * 10 + 50) / 100))
    }

    /// The value of that rank.
    fn at(&self, rank: u128) -> Option<u64> {
        let mut before = 0;
        for (value, times) in &self.0 {
            before += u128::from(*times);
            if before > rank {
                return Some(*value);
            }
        }
        None
    }
}

fn narrow(n: u128) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_interpolated_as_by_hand() {
        let mut values = Distribution::default();
        for value in [10, 20, 30, 40] {
            values.add(value);
        }
        // numpy.percentile([10, 20, 30, 40], [50, 95]) is [25, 38.5].
        assert_eq!(
            (values.percentile_tenths(50), values.percentile_tenths(95)),
            (Some(250), Some(385))
        );
        assert_eq!((values.mean_tenths(), values.most()), (Some(250), Some(40)));
        let one = Distribution(BTreeMap::from([(7, 1)]));
        assert_eq!(
            (one.percentile_tenths(50), one.percentile_tenths(95)),
            (Some(70), Some(70))
        );
        assert_eq!(Distribution::default().percentile_tenths(50), None);
    }

    #[test]
    fn absurd_values_are_counted_too() {
        let values = Distribution(BTreeMap::from([(0, 1), (u64::MAX, 1)]));
        assert_eq!(values.percentile_tenths(100), Some(u64::MAX));
        assert_eq!(values.most(), Some(u64::MAX));
    }
}
