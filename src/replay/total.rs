//! Rows of what was charged, by hour, model and kind of content, and the `total` records for them.
//!
//! A kind of content has one row for each way in which the size of a span is known ([`row`]); in a
//! record these rows are columns. A token is sent for the *first* time with the first request that
//! carries it, even if that request is not counted. So whether a token is sent for the first time
//! does not depend on the time range that is counted. A token that is sent again was read from the
//! cache or was not. Unrecorded blocks and unexplained tokens belong to no span and have two
//! separate rows; only unexplained tokens may be negative.

use std::collections::BTreeMap;

use super::label::Labels;
use super::price::{Paid, Tariff};
use crate::record::count::signed;
use crate::record::{Basis, Total};

/// Number of ways in which the size of a span is known.
const BASES: u32 = 5;
/// The row of unrecorded blocks.
pub(super) const UNRECORDED: u32 = 0;
/// The row of requests: unexplained input, and output that belongs to no span.
pub(super) const NOBODY: u32 = 1;

/// Returns the number of the row of spans with that label and basis. Label 0 is for tokens that
/// belong to no span.
pub(super) fn row(label: u32, basis: Basis) -> u32 {
    label * BASES + basis as u32
}

/// Returns the number of rows for that many labels.
pub(super) fn rows(labels: usize) -> usize {
    labels * BASES as usize
}

/// An hour and a model, by the numbers of their names in [`Labels`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HourAndModel {
    pub(super) hour: u32,
    pub(super) model: u32,
}

/// The sums of one row; the fields are keys of [`Total`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowSums {
    items: u64,
    first: i64,
    cached: i64,
    uncached: i64,
    written: i64,
    output: i64,
    /// The cost of all these; `None` where no request of the row has a known price.
    paid: Option<Paid>,
}

impl RowSums {
    /// Adds tokens that were sent again; `cached` of them were read from the cache, and `written`
    /// were written to it.
    pub(super) fn add_sent(&mut self, tokens: u64, cached: u64, written: u64) {
        let (cached, uncached) = (signed(cached), signed(tokens.saturating_sub(cached)));
        self.add(&RowSums {
            cached,
            uncached,
            written: signed(written),
            ..RowSums::default()
        });
    }

    /// Moves tokens that [`add_sent`](Self::add_sent) added to those sent for the first time;
    /// `cached` of them were read from the cache.
    pub(super) fn move_to_first(&mut self, tokens: u64, cached: u64, is_item: bool) {
        let (cached, uncached) = (-signed(cached), -signed(tokens.saturating_sub(cached)));
        self.add(&RowSums {
            items: u64::from(is_item),
            first: signed(tokens),
            cached,
            uncached,
            ..RowSums::default()
        });
    }

    /// Adds the unexplained input of a request, which is charged at the uncached price
    /// (docs/design.md 1.5), and tokens that were written to the cache after the end of the known
    /// context. `items` is 1 for the first run of a request, and 0 for its further runs.
    pub(super) fn add_unexplained(&mut self, items: u64, unexplained: i64, written: i64) {
        let more = RowSums {
            items,
            uncached: unexplained,
            written,
            ..RowSums::default()
        };
        self.add(&more);
    }

    /// Adds output.
    pub(super) fn add_output(&mut self, tokens: u64) {
        self.output = self.output.saturating_add(signed(tokens));
    }

    /// Adds a cost.
    pub(super) fn add_cost(&mut self, paid: Paid) {
        self.paid = Some(self.paid.unwrap_or_default().plus(paid));
    }

    /// Returns the sums as keys of a record. `number` is that of the row.
    fn total(&self, number: u32) -> Total {
        let paid = self.paid.unwrap_or_default();
        let mut total = Total {
            items: self.items,
            first_tokens: self.first,
            resent_cached_tokens: self.cached,
            resent_uncached_tokens: self.uncached,
            cache_write_tokens: self.written,
            output_tokens: self.output,
            cost_usd: self.paid.map(Paid::all),
            first_cost_usd: paid.first,
            resent_cached_cost_usd: paid.resent_cached,
            resent_uncached_cost_usd: paid.resent_uncached,
            output_cost_usd: paid.output,
            fee_cost_usd: paid.fee,
            ..Total::default()
        };
        let sent = total.input_tokens();
        match (number, number % BASES) {
            (UNRECORDED, _) => total.unrecorded_tokens = sent,
            (NOBODY, _) => {
                (total.unexplained_tokens, total.unexplained_cost_usd) =
                    (sent, paid.resent_uncached)
            }
            (_, basis) if basis == Basis::Counted as u32 => total.counted_tokens = sent,
            (_, basis) if basis == Basis::Difference as u32 => total.difference_tokens = sent,
            (_, basis) if basis == Basis::Split as u32 => total.split_tokens = sent,
            _ => total.estimated_tokens = sent,
        }
        total
    }

    /// Adds the sums of another row. They are saturating, because a damaged report may hold any
    /// number.
    fn add(&mut self, other: &RowSums) {
        self.items += other.items;
        self.first = self.first.saturating_add(other.first);
        self.cached = self.cached.saturating_add(other.cached);
        self.uncached = self.uncached.saturating_add(other.uncached);
        self.written = self.written.saturating_add(other.written);
        self.output = self.output.saturating_add(other.output);
        if let Some(paid) = other.paid {
            self.add_cost(paid);
        }
    }
}

/// The rows of a thread. Those of the current hour and model are in a list, for the inner loop.
pub(super) struct ThreadRows {
    now: HourAndModel,
    /// The rows of `now`, by number.
    dense: Vec<RowSums>,
    /// All other rows that are not empty.
    sparse: BTreeMap<(HourAndModel, u32), RowSums>,
}

impl ThreadRows {
    /// Returns that many empty rows.
    pub(super) fn new(rows: usize) -> ThreadRows {
        ThreadRows {
            now: HourAndModel::default(),
            dense: vec![RowSums::default(); rows],
            sparse: BTreeMap::new(),
        }
    }

    /// Returns the rows of an hour and model, and makes them the current ones.
    pub(super) fn of(&mut self, period: HourAndModel) -> &mut [RowSums] {
        if period != self.now {
            self.store();
            self.now = period;
        }
        &mut self.dense
    }

    /// Adds output, and its cost, to a row of any hour and model.
    pub(super) fn add_output(
        &mut self,
        period: HourAndModel,
        tariff: Option<&Tariff>,
        row: u32,
        tokens: u64,
    ) {
        let row = self.sparse.entry((period, row)).or_default();
        row.add_output(tokens);
        if let Some(tariff) = tariff {
            row.add_cost(Paid::produced(tariff.output(tokens)));
        }
    }

    /// Returns all rows that are not empty.
    pub(super) fn finish(mut self) -> BTreeMap<(HourAndModel, u32), RowSums> {
        self.store();
        self.sparse.retain(|_, row| *row != RowSums::default());
        self.sparse
    }

    /// Moves the current rows to the others.
    fn store(&mut self) {
        for (number, row) in (0u32..).zip(&mut self.dense) {
            let row = std::mem::take(row);
            if row != RowSums::default() {
                self.sparse.entry((self.now, number)).or_default().add(&row);
            }
        }
    }
}

/// Returns the rows as records, in the order of their keys.
pub(super) fn records(
    rows: &BTreeMap<(HourAndModel, u32), RowSums>,
    labels: &Labels,
    thread: &str,
    session: &str,
) -> Vec<Total> {
    let spell = |name: u32| labels.spell(name).map(str::to_owned);
    let mut totals: BTreeMap<(HourAndModel, u32), Total> = BTreeMap::new();
    for ((period, number), row) in rows {
        let Some(label) = labels.get(number / BASES) else {
            continue;
        };
        let total = totals
            .entry((*period, number / BASES))
            .or_insert_with(|| Total {
                thread: thread.to_owned(),
                session: session.to_owned(),
                hour: spell(period.hour),
                model: spell(period.model),
                source: spell(label.source),
                part: label.part,
                tool: spell(label.tool),
                server: spell(label.server),
                command: spell(label.command),
                ..Total::default()
            });
        total.add(&row.total(*number));
    }
    let mut totals: Vec<Total> = totals.into_values().collect();
    totals.sort_by(|a, b| key(a).cmp(&key(b)));
    totals
}

/// The keys that records are sorted by.
fn key(total: &Total) -> impl Ord + '_ {
    let Total {
        hour,
        model,
        source,
        part,
        tool,
        server,
        command,
        ..
    } = total;
    (hour, model, source, part, tool, server, command)
}
