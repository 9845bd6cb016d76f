//! Rows as text, TSV, JSON, or one line.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::column::{Cell, columns, tenths};
use super::key::{RowKey, named};
use super::partial::Shape;
use super::rests::{Covered, Notes};
use super::rows::Rows;
use super::sums::{Extra, Left, Sums};
use super::unit::Per;
use super::{Options, naive, table};
use crate::cell::tsv;
use crate::number::{tokens, usd};
use crate::skip::visible;
use crate::stream::Sink;

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    #[default]
    Text,
    /// A header and tab-separated values.
    Tsv,
    /// One object: rows, total, and what they rest on.
    Json,
    /// An object for each row.
    Ndjson,
    /// One line: average and percentiles.
    Summary,
    /// Rows to be merged with others.
    Partial,
}

impl Format {
    /// Those that `--format` takes, by name.
    pub const NAMES: &'static [(&'static str, Format)] = &[
        ("text", Format::Text),
        ("tsv", Format::Tsv),
        ("json", Format::Json),
        ("ndjson", Format::Ndjson),
    ];

    /// This one, unless a summary or partial sums are asked for.
    #[must_use]
    pub fn or(self, summary: bool, partial: bool) -> Format {
        match (summary, partial) {
            (true, _) => Format::Summary,
            (_, true) => Format::Partial,
            _ => self,
        }
    }
}

/// What there is to write.
pub(super) struct Report<'r> {
    pub(super) shape: &'r Shape,
    pub(super) rows: &'r Rows,
    pub(super) total: &'r Sums,
    /// Tables that the costs were made with.
    pub(super) prices: Option<String>,
    /// What they rest on.
    pub(super) notes: Notes<'r>,
}

impl Report<'_> {
    pub(super) fn write(&self, options: &Options, out: &mut Sink) -> Result<()> {
        let rows = self.sorted();
        let total = self.total;
        match options.format {
            Format::Text => out.text(&self.text(&rows, total, options.columns)),
            Format::Tsv => out.text(&self.tsv(&rows)),
            Format::Json => out.put(&self.json(&rows, total)),
            Format::Ndjson => rows
                .iter()
                .try_for_each(|row| out.put(&self.line(row, Some("sum")))),
            Format::Summary => out.text(&self.summary(total)),
            Format::Partial => Ok(()),
        }
    }

    /// The rows in the order of their periods, and within one the dearest first.
    fn sorted(&self) -> Vec<(&RowKey, &Sums)> {
        let in_order: Vec<bool> = self
            .shape
            .by
            .iter()
            .map(|key| named(key).is_some_and(|key| key.in_order))
            .collect();
        let periods = |key: &RowKey| {
            let ordered = key.iter().zip(&in_order).filter(|(_, in_order)| **in_order);
            ordered
                .map(|(value, _)| numbered(value))
                .collect::<Vec<_>>()
        };
        // A row of nothing but requests that are not counted says nothing: the notes name these.
        let mut rows: Vec<(&RowKey, &Sums)> = self
            .rows
            .all()
            .filter(|(_, sums)| sums.says_something())
            .collect();
        rows.sort_by_cached_key(|(key, sums)| {
            let tokens = sums.input_tokens.saturating_add(sums.output_tokens);
            (periods(key), Reverse((sums.cost(), tokens)), (*key).clone())
        });
        rows
    }

    fn line<'l>(
        &'l self,
        (key, sums): &'l (&RowKey, &Sums),
        kind: Option<&'static str>,
    ) -> Line<'l> {
        Line {
            shape: self.shape,
            key,
            sums,
            kind,
        }
    }

    fn tsv(&self, rows: &[(&RowKey, &Sums)]) -> String {
        let names = self
            .shape
            .by
            .iter()
            .map(String::as_str)
            .chain(columns(self.shape).map(|column| column.name));
        let mut text = names.collect::<Vec<_>>().join("\t") + "\n";
        for (key, sums) in rows {
            let values = key.iter().map(|value| tsv(value));
            let cells = columns(self.shape).map(|column| (column.cell)(sums).exact());
            text += &(values.chain(cells).collect::<Vec<_>>().join("\t") + "\n");
        }
        text
    }

    fn json<'l>(
        &'l self,
        rows: &'l [(&'l RowKey, &'l Sums)],
        total: &'l Sums,
    ) -> impl Serialize + 'l {
        #[derive(Serialize)]
        struct Document<'l> {
            #[serde(flatten)]
            shape: &'l Shape,
            #[serde(skip_serializing_if = "Option::is_none")]
            prices: Option<&'l str>,
            rows: Vec<Line<'l>>,
            total: Line<'l>,
            uncounted: &'l BTreeMap<String, u64>,
            unpriced: &'l BTreeMap<String, Left>,
            output_unknown: u64,
            naive: &'l BTreeMap<String, Extra>,
            sessions: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            coverage: Option<&'l Covered>,
        }
        Document {
            shape: self.shape,
            prices: self.prices.as_deref(),
            rows: rows.iter().map(|row| self.line(row, None)).collect(),
            // It has no key of its own.
            total: Line {
                shape: self.shape,
                key: &[],
                sums: total,
                kind: None,
            },
            uncounted: &self.notes.requests.uncounted,
            unpriced: &self.notes.requests.unpriced,
            output_unknown: self.notes.requests.output_unknown,
            naive: &total.naive,
            sessions: self.notes.sessions,
            coverage: self.notes.covered,
        }
    }

    /// Average and percentiles of all rows together. A request is called a turn here: the benchmark
    /// that this line is compared with calls a response of the model so.
    fn summary(&self, total: &Sums) -> String {
        let values = &total.values;
        let of = |n: Option<u64>| tenths(n.unwrap_or(0));
        let noun = match Per::NAMES.iter().find(|(name, _)| *name == self.shape.per) {
            Some((_, Per::Turn)) => "user turn",
            Some((_, Per::Thread)) => "thread",
            _ => "turn",
        };
        let figures = [
            values.mean_tenths(),
            values.percentile_tenths(50),
            values.percentile_tenths(95),
        ]
        .map(of);
        let [mean, median, high] = figures;
        let turns = format!(
            "{} {noun}{}",
            values.count(),
            if values.count() == 1 { "" } else { "s" }
        );
        let mut text = format!(
            "avg={mean} p50={median} p95={high} (over {turns}, basis {})\n",
            self.shape.basis
        );
        let each = |sum: i64| {
            let sum = u64::try_from(sum).unwrap_or(0);
            tenths(
                u64::try_from(u128::from(sum) * 10 / u128::from(values.count().max(1)))
                    .unwrap_or(u64::MAX),
            )
        };
        if self.shape.beside.hooks {
            text += &format!(
                "hook_bytes={} avg={} (over {turns})\n",
                total.hook_bytes,
                each(total.hook_bytes)
            );
        }
        if self.shape.beside.spawns {
            text += &format!(
                "spawns={} avg={} (over {turns})\n",
                total.spawns,
                each(total.spawns)
            );
        }
        text
    }

    fn text(&self, rows: &[(&RowKey, &Sums)], total: &Sums, width: usize) -> String {
        let with_total = rows.len() != 1;
        let shown = |value: &String| {
            if value.is_empty() {
                "-".to_owned()
            } else {
                visible(value).into_owned()
            }
        };
        let names = self.shape.by.iter().enumerate().map(|(at, name)| {
            let last = if at == 0 { "total" } else { "" };
            let values = rows
                .iter()
                .map(|(key, _)| key.get(at).map(shown).unwrap_or_default());
            let cells = values.chain(with_total.then(|| last.to_owned())).collect();
            table::Column {
                head: name.clone(),
                is_name: true,
                rank: 0,
                cells,
            }
        });
        let all = || {
            rows.iter()
                .map(|(_, sums)| *sums)
                .chain(with_total.then_some(total))
        };
        let figures = columns(self.shape).filter_map(|column| {
            let cells: Vec<Cell> = all().map(|sums| (column.cell)(sums)).collect();
            let says = !column.head.is_empty()
                && (column.rank == 0 || !cells.iter().all(|cell| cell.is_nothing()));
            let cells = cells.into_iter().map(Cell::text).collect();
            says.then(|| table::Column {
                head: column.head.to_owned(),
                is_name: false,
                rank: column.rank,
                cells,
            })
        });
        let columns = table::fitted(names.chain(figures).collect(), width);
        let mut text = table::lines(&columns);
        let valued = columns
            .iter()
            .any(|column| column.rank > 0 && column.head == "p95");
        let notes = self.notes(total, valued);
        let options = textwrap::Options::new(width)
            .subsequent_indent("  ")
            .break_words(false);
        for note in notes {
            for line in textwrap::wrap(&note, &options) {
                text += &format!("{line}\n");
            }
        }
        text
    }

    /// What the figures rest on.
    fn notes(&self, total: &Sums, valued: bool) -> Vec<String> {
        let mut notes = Vec::new();
        let periods = self
            .shape
            .by
            .iter()
            .any(|key| named(key).is_some_and(|key| key.in_order && key.name != "turn"));
        let zone = periods.then(|| format!("times in {}", self.shape.tz));
        let prices = self
            .prices
            .as_ref()
            .map(|prices| format!("list prices of {}", visible(prices)));
        let values = (valued && super::Of::Requests == self.shape.kind()).then(|| {
            format!(
                "avg to max: tokens per {}, basis {}",
                self.shape.per, self.shape.basis
            )
        });
        let basis: Vec<String> = [zone, prices, values].into_iter().flatten().collect();
        if !basis.is_empty() {
            notes.push(basis.join("; "));
        }
        notes.extend(self.notes.lines());
        if columns(self.shape).any(|column| column.name == "uncalled_threads") {
            let vain = "in vain: threads that offer it and never call it, where their files tell \
                what they offer";
            notes.push(format!(
                "{vain}; schemas: carried for it, and at most what it costs to offer it"
            ));
        }
        notes.extend(self.shape.beside.naive.then(|| naive_note(total)));
        notes
    }
}

/// What a plain sum of the usage lines gives, and what it is off by.
fn naive_note(total: &Sums) -> String {
    let all = total.naive();
    let of = |n: i64| tokens(n.unsigned_abs());
    let mut note = format!(
        "a plain sum of the usage lines: {} in, {} out",
        of(all.input_tokens),
        of(all.output_tokens)
    );
    if total.cost().is_some() {
        note += &format!(", {}", usd(all.cost_usd));
    }
    for (reason, extra) in &total.naive {
        let sign = if extra.lines < 0 { "-" } else { "+" };
        note += &format!(
            "; {sign}{} in, {sign}{} out: {} {}",
            of(extra.input_tokens),
            of(extra.output_tokens),
            extra.lines.unsigned_abs(),
            naive::words(reason)
        );
    }
    note
}

/// A value of a turn sorts by the number at its end, one with an offset from UTC by its instant.
fn numbered(value: &str) -> (String, u64) {
    if let Some((thread, turn)) = value.rsplit_once('#') {
        return (thread.to_owned(), turn.parse().unwrap_or(u64::MAX));
    }
    let instant = value.parse::<Timestamp>().map(|at| at.to_string());
    (instant.unwrap_or_else(|_| value.to_owned()), 0)
}

/// A row as an object: its keys, then its figures.
struct Line<'l> {
    shape: &'l Shape,
    key: &'l [String],
    sums: &'l Sums,
    kind: Option<&'static str>,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if let Some(kind) = self.kind {
            map.serialize_entry("type", kind)?;
        }
        for (name, value) in self
            .shape
            .by
            .iter()
            .zip(self.key)
            .filter(|(_, value)| !value.is_empty())
        {
            map.serialize_entry(name, value)?;
        }
        for column in columns(self.shape) {
            let cell = (column.cell)(self.sums);
            if cell != Cell::Absent {
                map.serialize_entry(column.name, &cell)?;
            }
        }
        map.end()
    }
}
