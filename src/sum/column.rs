//! The figures of a row: one table for all formats.
//!
//! A column has a name for JSON and TSV and a heading for text. Where a line of text is too short,
//! the columns of the highest rank are left out first.

use serde::{Serialize, Serializer};

use super::choices::Of;
use super::partial::RowShape;
use super::sums::{GroupSums, ToolCalls};
use crate::number::{bytes, grouped, percent, signed, tokens, usd};
use crate::record::Usd;

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Figure {
    /// Nothing is known.
    Absent,
    Count(u64),
    Tokens(i64),
    /// A part of a number of tokens, and the number: text shows the share.
    Part(i64, i64),
    /// Tenths of a token.
    Tenths(u64),
    Bytes(i64),
    Money(Usd),
}

impl Figure {
    /// Whether the figure is absent or zero: text leaves out columns of nothing else.
    pub(super) fn is_nothing(self) -> bool {
        match self {
            Figure::Absent => true,
            Figure::Count(n) | Figure::Tenths(n) => n == 0,
            Figure::Tokens(n) | Figure::Part(n, _) | Figure::Bytes(n) => n == 0,
            Figure::Money(amount) => amount == Usd::ZERO,
        }
    }

    /// As text for people.
    pub(super) fn text(self) -> String {
        match self {
            Figure::Absent => "-".into(),
            Figure::Count(n) => grouped(n),
            Figure::Tokens(n) => signed(n),
            Figure::Part(part, whole) => percent(
                u64::try_from(part).unwrap_or(0),
                u64::try_from(whole).unwrap_or(0),
            ),
            Figure::Tenths(n) => tokens(n / 10 + u64::from(n % 10 >= 5)),
            Figure::Bytes(n) => bytes(u64::try_from(n).unwrap_or(0)),
            Figure::Money(amount) => usd(amount),
        }
    }

    /// Exact, for programs; empty where nothing is known.
    pub(super) fn exact(self) -> String {
        match self {
            Figure::Absent => String::new(),
            Figure::Count(n) => n.to_string(),
            Figure::Tokens(n) | Figure::Part(n, _) | Figure::Bytes(n) => n.to_string(),
            Figure::Tenths(n) => tenths(n),
            Figure::Money(amount) => amount.to_string(),
        }
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match *self {
            Figure::Absent => to.serialize_none(),
            Figure::Count(n) => to.serialize_u64(n),
            Figure::Tokens(n) | Figure::Part(n, _) | Figure::Bytes(n) => to.serialize_i64(n),
            Figure::Tenths(n) if n % 10 == 0 => to.serialize_u64(n / 10),
            // Below 2^53 a tenth is written as it was.
            Figure::Tenths(n) => to.serialize_f64(n as f64 / 10.0),
            Figure::Money(amount) => amount.serialize(to),
        }
    }
}

/// A number of tenths, without a decimal where it needs none.
pub(super) fn tenths(n: u64) -> String {
    if n.is_multiple_of(10) {
        (n / 10).to_string()
    } else {
        format!("{}.{}", n / 10, n % 10)
    }
}

/// One column.
pub(super) struct Column {
    /// Key in JSON, heading in TSV.
    pub(super) name: &'static str,
    /// Heading in text output; empty hides the column there.
    pub(super) head: &'static str,
    /// Text leaves out the column with the highest rank first; 0: never.
    pub(super) rank: u8,
    has: fn(&RowShape) -> bool,
    pub(super) cell: fn(&GroupSums) -> Figure,
}

const fn column(
    name: &'static str,
    head: &'static str,
    rank: u8,
    has: fn(&RowShape) -> bool,
    cell: fn(&GroupSums) -> Figure,
) -> Column {
    Column {
        name,
        head,
        rank,
        has,
        cell,
    }
}

fn always(_: &RowShape) -> bool {
    true
}

fn requests(shape: &RowShape) -> bool {
    shape.kind() == Of::Requests
}

fn totals(shape: &RowShape) -> bool {
    shape.kind() == Of::Totals
}

fn spans(shape: &RowShape) -> bool {
    shape.kind() == Of::Spans
}

fn tools(shape: &RowShape) -> bool {
    spans(shape) && (shape.has_key("server") || shape.has_key("tool"))
}

fn priced(shape: &RowShape) -> bool {
    !spans(shape)
}

fn valued(shape: &RowShape) -> bool {
    !totals(shape)
}

fn naive(shape: &RowShape) -> bool {
    shape.extra.naive
}

fn some(tenths: Option<u64>) -> Figure {
    match tenths {
        Some(n) => Figure::Tenths(n),
        None => Figure::Absent,
    }
}

fn some_count(n: i64) -> Figure {
    match u64::try_from(n) {
        Ok(n) if n > 0 => Figure::Count(n),
        _ => Figure::Absent,
    }
}

fn some_most(n: Option<u64>) -> Figure {
    match n {
        Some(n) => Figure::Count(n),
        None => Figure::Absent,
    }
}

fn money(amount: Option<Usd>) -> Figure {
    match amount {
        Some(amount) => Figure::Money(amount),
        None => Figure::Absent,
    }
}

/// A number of threads; absent where no thread is known to offer or to call.
fn threads(calls: &ToolCalls, n: u64) -> Figure {
    if calls.called.is_empty() && calls.offered.is_empty() {
        Figure::Absent
    } else {
        Figure::Count(n)
    }
}

/// All columns, in their order.
const COLUMNS: &[Column] = &[
    column("threads", "threads", 20, always, |s| {
        Figure::Count(s.threads.len() as u64)
    }),
    column("requests", "requests", 0, requests, |s| {
        Figure::Count(s.items)
    }),
    column("items", "items", 8, totals, |s| Figure::Count(s.items)),
    column("spans", "spans", 8, spans, |s| Figure::Count(s.items)),
    column("calls", "calls", 1, spans, |s| Figure::Count(s.calls.calls)),
    column("called_threads", "called in", 4, tools, |s| {
        threads(&s.calls, s.calls.called.len() as u64)
    }),
    column("offered_threads", "offered in", 3, tools, |s| {
        threads(&s.calls, s.calls.offered.len() as u64)
    }),
    column("uncalled_threads", "in vain", 2, tools, |s| {
        threads(&s.calls, s.calls.in_vain())
    }),
    column("bytes", "bytes", 18, spans, |s| Figure::Bytes(s.bytes)),
    column("span_tokens", "tokens", 15, spans, |s| {
        Figure::Tokens(s.span_tokens)
    }),
    column("input_tokens", "input", 0, priced, |s| {
        Figure::Tokens(s.input_tokens)
    }),
    column("carried_tokens", "carried", 1, spans, |s| {
        Figure::Tokens(s.input_tokens)
    }),
    column("cache_read_tokens", "cached", 9, always, |s| {
        Figure::Part(s.cache_read_tokens, s.input_tokens)
    }),
    column("cache_write_tokens", "written", 14, always, |s| {
        Figure::Tokens(s.cache_write_tokens)
    }),
    column("output_tokens", "output", 1, always, |s| {
        Figure::Tokens(s.output_tokens)
    }),
    column("reasoning_tokens", "reasoning", 17, requests, |s| {
        Figure::Tokens(s.reasoning_tokens)
    }),
    column("result_tokens", "results", 2, tools, |s| {
        Figure::Tokens(s.calls.result_tokens)
    }),
    column("schema_tokens_at_most", "schemas <=", 5, tools, |s| {
        Figure::Tokens(s.calls.schema_tokens)
    }),
    column("schema_cost_usd_at_most", "<= cost", 6, tools, |s| {
        Figure::Money(s.calls.schema_cost_usd)
    }),
    column("cost_usd", "cost", 0, always, |s| money(s.cost())),
    column("unpriced", "", 0, priced, |s| Figure::Count(s.unpriced())),
    column("avg_tokens", "avg", 16, valued, |s| {
        some(s.values.mean_tenths())
    }),
    column("p50_tokens", "p50", 12, valued, |s| {
        some(s.values.percentile_tenths(50))
    }),
    column("p95_tokens", "p95", 11, valued, |s| {
        some(s.values.percentile_tenths(95))
    }),
    column("max_tokens", "max", 13, valued, |s| {
        some_most(s.values.most())
    }),
    // Where the number is a key, each row shows it already.
    column(
        "web_searches",
        "searches",
        7,
        |shape| requests(shape) && !shape.has_key("web_searches"),
        |s| some_count(s.web_searches),
    ),
    column(
        "hook_bytes",
        "hooks",
        0,
        |shape| shape.extra.hooks,
        |s| Figure::Bytes(s.hook_bytes),
    ),
    column(
        "spawns",
        "spawns",
        0,
        |shape| shape.extra.spawns,
        |s| Figure::Count(u64::try_from(s.spawns).unwrap_or(0)),
    ),
    column("naive_input_tokens", "naive in", 0, naive, |s| {
        Figure::Tokens(s.naive().input_tokens)
    }),
    column("naive_output_tokens", "naive out", 1, naive, |s| {
        Figure::Tokens(s.naive().output_tokens)
    }),
    column("output_unknown", "", 0, requests, |s| {
        Figure::Count(s.output_unknown)
    }),
    column("naive_cost_usd", "naive cost", 0, naive, |s| {
        money(s.cost().map(|_| s.naive().cost_usd))
    }),
];

/// The columns that rows of this shape have.
pub(super) fn columns(shape: &RowShape) -> Vec<&'static Column> {
    let mut columns = Vec::from_iter(COLUMNS);
    columns.retain(|column| (column.has)(shape));
    columns
}
