//! Rows: what was charged, by hour, model and kind of content.
//!
//! Within a kind of content there is a row for each way its size is known ([`row`]); the records
//! have these as columns. A token is *first* sent with the first request that carries it, counted
//! or not, so the rows of a window are those of the whole. Sent again, it was read from the cache
//! or was not. The row of nobody holds the unrecorded blocks and what is unexplained,
//! which alone may be negative.

use std::collections::BTreeMap;

use super::ids::RowNumber;
use super::indexed_list::IndexedList;
use super::label::Labels;
use super::price::{Paid, Tariff};
use crate::record::count::signed;
use crate::record::{Basis, Total};

/// Ways that the size of a span is known.
const BASES: u32 = 5;
/// The row of what no file records.
pub(super) const UNRECORDED: RowNumber = RowNumber(0);
/// The row of requests, of what is unexplained of their input and of output that nobody owns.
pub(super) const NOBODY: RowNumber = RowNumber(1);

/// The row of spans of that label, their size known in that way. Label 0 is nobody's.
pub(super) fn row(label: u32, basis: Basis) -> RowNumber {
    RowNumber(label * BASES + basis as u32)
}

/// How many rows there are for that many labels.
pub(super) fn rows(labels: usize) -> usize {
    labels * BASES as usize
}

/// An hour and a model, by the numbers of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Period {
    pub(super) hour: u32,
    pub(super) model: u32,
}

/// The sums of one kind of content; as the keys of [`Total`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    items: u64,
    first: i64,
    cached: i64,
    uncached: i64,
    written: i64,
    output: i64,
    /// What all these cost; `None` where no request of the row has a known price.
    paid: Option<Paid>,
}

impl Row {
    /// So many tokens were sent again, of them `cached` read from and `written` to the cache.
    pub(super) fn sent(&mut self, tokens: u64, cached: u64, written: u64) {
        let (cached, uncached) = (signed(cached), signed(tokens.saturating_sub(cached)));
        self.add(&Row {
            cached,
            uncached,
            written: signed(written),
            ..Row::default()
        });
    }

    /// Of what was sent, `tokens` were sent for the first time, `cached` of them read from
    /// the cache.
    pub(super) fn first(&mut self, tokens: u64, cached: u64, is_item: bool) {
        let (cached, uncached) = (-signed(cached), -signed(tokens.saturating_sub(cached)));
        self.add(&Row {
            items: u64::from(is_item),
            first: signed(tokens),
            cached,
            uncached,
            ..Row::default()
        });
    }

    /// A request of whose input so much is unexplained: priced uncached (docs/design.md 1.5). What
    /// was written to the cache beyond the context is nobody's too. `items`: 1, and 0 where the
    /// same response has sent it before.
    pub(super) fn nobody(&mut self, items: u64, unexplained: i64, written: i64) {
        let more = Row {
            items,
            uncached: unexplained,
            written,
            ..Row::default()
        };
        self.add(&more);
    }

    /// The content (or nobody) produced so much.
    pub(super) fn produced(&mut self, tokens: u64) {
        self.output = self.output.saturating_add(signed(tokens));
    }

    /// What was sent or produced cost so much.
    pub(super) fn paid(&mut self, paid: Paid) {
        self.paid = Some(self.paid.unwrap_or_default().plus(paid));
    }

    /// The sums as keys of a record.
    fn total(&self, number: RowNumber) -> Total {
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
        match (number, number.0 % BASES) {
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

    /// Saturates: a damaged report may hold any number.
    fn add(&mut self, other: &Row) {
        self.items += other.items;
        self.first = self.first.saturating_add(other.first);
        self.cached = self.cached.saturating_add(other.cached);
        self.uncached = self.uncached.saturating_add(other.uncached);
        self.written = self.written.saturating_add(other.written);
        self.output = self.output.saturating_add(other.output);
        other.paid.into_iter().for_each(|paid| self.paid(paid));
    }
}

/// The rows of one period.
pub(super) type PeriodRows = IndexedList<RowNumber, Row>;

/// The rows of a thread: those of the period at hand in a plain list, for the inner loop.
pub(super) struct Rows {
    now: Period,
    dense: PeriodRows,
    sparse: BTreeMap<(Period, RowNumber), Row>,
}

impl Rows {
    /// So many rows.
    pub(super) fn new(rows: usize) -> Rows {
        Rows {
            now: Period::default(),
            dense: PeriodRows::zeros(rows),
            sparse: BTreeMap::new(),
        }
    }

    /// The rows of a period.
    pub(super) fn of(&mut self, period: Period) -> &mut PeriodRows {
        if period != self.now {
            self.store();
            self.now = period;
        }
        &mut self.dense
    }

    /// Content of that row produced so much in the period.
    pub(super) fn produced(
        &mut self,
        period: Period,
        tariff: Option<&Tariff>,
        row: RowNumber,
        tokens: u64,
    ) {
        let row = self.sparse.entry((period, row)).or_default();
        row.produced(tokens);
        if let Some(tariff) = tariff {
            row.paid(Paid::produced(tariff.output(tokens)));
        }
    }

    /// All rows that hold anything.
    pub(super) fn finish(mut self) -> BTreeMap<(Period, RowNumber), Row> {
        self.store();
        self.sparse.retain(|_, row| *row != Row::default());
        self.sparse
    }

    fn store(&mut self) {
        for (number, row) in self.dense.enumerate_mut() {
            let row = std::mem::take(row);
            if row != Row::default() {
                self.sparse.entry((self.now, number)).or_default().add(&row);
            }
        }
    }
}

/// The rows as records, sorted by their names.
pub(super) fn records(
    rows: &BTreeMap<(Period, RowNumber), Row>,
    labels: &Labels,
    thread: &str,
    session: &str,
) -> Vec<Total> {
    let spell = |name: u32| labels.spell(name).map(str::to_owned);
    let mut totals: BTreeMap<(Period, u32), Total> = BTreeMap::new();
    for ((period, number), row) in rows {
        let label_number = number.0 / BASES;
        let Some(label) = labels.get(label_number) else {
            continue;
        };
        let total = totals
            .entry((*period, label_number))
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
