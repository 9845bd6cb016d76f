//! What a user asks tok-sum for.

use serde::{Deserialize, Serialize};

use super::choices::{Basis, Of, Per, SumFormat};
use super::key::Key;
use super::price_table::PriceTable;
use crate::time_range::TimeRange;
use crate::zone::Zone;

/// What to add up, and how to write it.
pub struct Options {
    /// Keys of the rows; none: one row.
    pub by: Vec<&'static Key>,
    /// What is added up.
    pub of: Of,
    /// What averages and percentiles are taken over.
    pub per: Per,
    /// Which token count averages and percentiles are computed from.
    pub basis: Basis,
    /// Time zone of the keys that are periods.
    pub zone: Zone,
    /// Records outside this time range are left out.
    pub window: TimeRange,
    /// Columns that are written only if asked for.
    pub extra: ExtraColumns,
    /// Prices for requests that have no cost yet.
    pub prices: PriceTable,
    /// Read rows that were written with [`SumFormat::Partial`], instead of records.
    pub merge: bool,
    /// How to write the rows.
    pub format: SumFormat,
    /// Columns of a line of text.
    pub columns: usize,
}

/// Columns that are written only if asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(default)]
pub struct ExtraColumns {
    /// Add columns with what a plain sum of the usage lines gives, and a note why
    #[arg(long)]
    pub naive: bool,
    /// Add a column with the bytes injected by hooks and reminders
    #[arg(long)]
    pub hooks: bool,
    /// Add a column with the number of agents started
    #[arg(long)]
    pub spawns: bool,
}
