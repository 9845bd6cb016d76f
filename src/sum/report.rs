//! The rows of an answer in their order, with all that is written with them. How it is laid out is
//! decided elsewhere.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::column::Column;
use super::key::{RowKey, named};
use super::notes::Notes;
use super::partial::RowShape;
use super::rows::Rows;
use super::sums::GroupSums;

/// A row: the values of its keys, and its sums.
pub(super) type Row<'r> = (&'r RowKey, &'r GroupSums);

/// Everything that an answer holds.
pub(super) struct Report<'r> {
    pub(super) shape: &'r RowShape,
    /// The columns that rows of this shape have.
    pub(super) columns: Vec<&'static Column>,
    pub(super) rows: &'r Rows,
    /// All rows together.
    pub(super) total: &'r GroupSums,
    /// Price tables that made the costs.
    pub(super) prices: Option<String>,
    /// What the figures rest on.
    pub(super) notes: Notes<'r>,
}

impl Report<'_> {
    /// The rows in the order of their periods, and within one period the most expensive first.
    pub(super) fn sorted(&self) -> Vec<Row<'_>> {
        let in_order: Vec<bool> = self.shape.by.iter().map(|key| is_in_order(key)).collect();
        let mut rows: Vec<Row> = self.rows.all().collect();
        // A row of nothing but uncounted requests has no figure: the notes name these requests.
        rows.retain(|(_, sums)| sums.has_figures());
        rows.sort_by_cached_key(|(key, sums)| {
            let tokens = sums.input_tokens.saturating_add(sums.output_tokens);
            let periods = periods(key, &in_order);
            (periods, Reverse((sums.cost(), tokens)), (*key).clone())
        });
        rows
    }
}

/// Whether rows are sorted by the values of this key.
fn is_in_order(name: &str) -> bool {
    named(name).is_some_and(|key| key.in_order)
}

/// The values of a row's keys that rows are sorted by.
fn periods(key: &RowKey, in_order: &[bool]) -> Vec<(String, u64)> {
    let mut periods = Vec::new();
    for (value, is_period) in std::iter::zip(key, in_order) {
        if *is_period {
            periods.push(numbered(value));
        }
    }
    periods
}

/// What the value of a period is sorted by: a turn by the number at its end, a time with an offset
/// from UTC by its instant, all else by its letters.
fn numbered(value: &str) -> (String, u64) {
    if let Some((thread, turn)) = value.rsplit_once('#') {
        return (thread.to_owned(), turn.parse().unwrap_or(u64::MAX));
    }
    match value.parse::<Timestamp>() {
        Ok(at) => (at.to_string(), 0),
        Err(_) => (value.to_owned(), 0),
    }
}
