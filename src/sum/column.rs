//! The figures of a row: one table for all formats.
//!
//! A column has a name, as JSON and TSV have it, and a heading for people; where a line of text is
//! too short, those that say least give way first.

use serde::{Serialize, Serializer};

use super::key::Of;
use super::partial::Shape;
use super::sums::{Calls, Sums};
use crate::number::{bytes, grouped, percent, signed, tokens, usd};
use crate::record::Usd;

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    /// Nothing is known.
    Absent,
    Count(u64),
    Tokens(i64),
    /// So many tokens of so many: people are shown the share.
    Part(i64, i64),
    /// Tenths of a token.
    Tenths(u64),
    Bytes(i64),
    Money(Usd),
}

impl Cell {
    /// Whether a column of such cells says nothing.
    pub(super) fn is_nothing(self) -> bool {
        match self {
            Cell::Absent => true,
            Cell::Count(n) | Cell::Tenths(n) => n == 0,
            Cell::Tokens(n) | Cell::Part(n, _) | Cell::Bytes(n) => n == 0,
            Cell::Money(amount) => amount == Usd::ZERO,
        }
    }

    /// For people.
    pub(super) fn text(self) -> String {
        match self {
            Cell::Absent => "-".into(),
            Cell::Count(n) => grouped(n),
            Cell::Tokens(n) => signed(n),
            Cell::Part(part, whole) => percent(
                u64::try_from(part).unwrap_or(0),
                u64::try_from(whole).unwrap_or(0),
            ),
            Cell::Tenths(n) => tokens(n / 10 + u64::from(n % 10 >= 5)),
            Cell::Bytes(n) => bytes(u64::try_from(n).unwrap_or(0)),
            Cell::Money(amount) => usd(amount),
        }
    }

    /// Exact, for programs; empty where nothing is known.
    pub(super) fn exact(self) -> String {
        match self {
            Cell::Absent => String::new(),
            Cell::Count(n) => n.to_string(),
            Cell::Tokens(n) | Cell::Part(n, _) | Cell::Bytes(n) => n.to_string(),
            Cell::Tenths(n) => tenths(n),
            Cell::Money(amount) => amount.to_string(),
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match *self {
            Cell::Absent => to.serialize_none(),
            Cell::Count(n) => to.serialize_u64(n),
            Cell::Tokens(n) | Cell::Part(n, _) | Cell::Bytes(n) => to.serialize_i64(n),
            Cell::Tenths(n) if n % 10 == 0 => to.serialize_u64(n / 10),
            // Below 2^53 a tenth is written as it was.
            Cell::Tenths(n) => to.serialize_f64(n as f64 / 10.0),
            Cell::Money(amount) => amount.serialize(to),
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
    /// In JSON and TSV.
    pub(super) name: &'static str,
    /// For people; empty: they are told in another way.
    pub(super) head: &'static str,
    /// Text gives columns up in this order, the highest first; 0: never.
    pub(super) rank: u8,
    has: fn(&Shape) -> bool,
    pub(super) cell: fn(&Sums) -> Cell,
}

const fn column(
    name: &'static str,
    head: &'static str,
    rank: u8,
    has: fn(&Shape) -> bool,
    cell: fn(&Sums) -> Cell,
) -> Column {
    Column {
        name,
        head,
        rank,
        has,
        cell,
    }
}

fn always(_: &Shape) -> bool {
    true
}

fn requests(shape: &Shape) -> bool {
    shape.kind() == Of::Requests
}

fn totals(shape: &Shape) -> bool {
    shape.kind() == Of::Totals
}

fn spans(shape: &Shape) -> bool {
    shape.kind() == Of::Spans
}

fn tools(shape: &Shape) -> bool {
    spans(shape)
        && shape
            .by
            .iter()
            .any(|key| matches!(key.as_str(), "server" | "tool"))
}

fn priced(shape: &Shape) -> bool {
    !spans(shape)
}

fn valued(shape: &Shape) -> bool {
    !totals(shape)
}

fn naive(shape: &Shape) -> bool {
    shape.beside.naive
}

fn some(tenths: Option<u64>) -> Cell {
    tenths.map_or(Cell::Absent, Cell::Tenths)
}

fn some_count(n: i64) -> Cell {
    u64::try_from(n)
        .ok()
        .filter(|n| *n > 0)
        .map_or(Cell::Absent, Cell::Count)
}

fn money(amount: Option<Usd>) -> Cell {
    amount.map_or(Cell::Absent, Cell::Money)
}

/// A number of threads that offer or call, where any is known to.
fn threads(calls: &Calls, n: u64) -> Cell {
    if calls.called.is_empty() && calls.offered.is_empty() {
        Cell::Absent
    } else {
        Cell::Count(n)
    }
}

/// All columns, in their order.
const COLUMNS: &[Column] = &[
    column("threads", "threads", 20, always, |s| {
        Cell::Count(s.threads.len() as u64)
    }),
    column("requests", "requests", 0, requests, |s| {
        Cell::Count(s.items)
    }),
    column("items", "items", 8, totals, |s| Cell::Count(s.items)),
    column("spans", "spans", 8, spans, |s| Cell::Count(s.items)),
    column("calls", "calls", 1, spans, |s| Cell::Count(s.calls.calls)),
    column("called_threads", "called in", 4, tools, |s| {
        threads(&s.calls, s.calls.called.len() as u64)
    }),
    column("offered_threads", "offered in", 3, tools, |s| {
        threads(&s.calls, s.calls.offered.len() as u64)
    }),
    column("uncalled_threads", "in vain", 2, tools, |s| {
        threads(&s.calls, s.calls.in_vain())
    }),
    column("bytes", "bytes", 18, spans, |s| Cell::Bytes(s.bytes)),
    column("span_tokens", "tokens", 15, spans, |s| {
        Cell::Tokens(s.span_tokens)
    }),
    column("input_tokens", "input", 0, priced, |s| {
        Cell::Tokens(s.input_tokens)
    }),
    column("carried_tokens", "carried", 1, spans, |s| {
        Cell::Tokens(s.input_tokens)
    }),
    column("cache_read_tokens", "cached", 9, always, |s| {
        Cell::Part(s.cache_read_tokens, s.input_tokens)
    }),
    column("cache_write_tokens", "written", 14, always, |s| {
        Cell::Tokens(s.cache_write_tokens)
    }),
    column("output_tokens", "output", 1, always, |s| {
        Cell::Tokens(s.output_tokens)
    }),
    column("reasoning_tokens", "reasoning", 17, requests, |s| {
        Cell::Tokens(s.reasoning_tokens)
    }),
    column("result_tokens", "results", 2, tools, |s| {
        Cell::Tokens(s.calls.result_tokens)
    }),
    column("schema_tokens_at_most", "schemas <=", 5, tools, |s| {
        Cell::Tokens(s.calls.schema_tokens)
    }),
    column("schema_cost_usd_at_most", "<= cost", 6, tools, |s| {
        Cell::Money(s.calls.schema_cost_usd)
    }),
    column("cost_usd", "cost", 0, always, |s| money(s.cost())),
    column("unpriced", "", 0, priced, |s| Cell::Count(s.unpriced())),
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
        s.values.most().map_or(Cell::Absent, Cell::Count)
    }),
    // Where it is a key, each row has it already.
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
        |shape| shape.beside.hooks,
        |s| Cell::Bytes(s.hook_bytes),
    ),
    column(
        "spawns",
        "spawns",
        0,
        |shape| shape.beside.spawns,
        |s| Cell::Count(u64::try_from(s.spawns).unwrap_or(0)),
    ),
    column("naive_input_tokens", "naive in", 0, naive, |s| {
        Cell::Tokens(s.naive().input_tokens)
    }),
    column("naive_output_tokens", "naive out", 1, naive, |s| {
        Cell::Tokens(s.naive().output_tokens)
    }),
    column("output_unknown", "", 0, requests, |s| {
        Cell::Count(s.output_unknown)
    }),
    column("naive_cost_usd", "naive cost", 0, naive, |s| {
        money(s.cost().map(|_| s.naive().cost_usd))
    }),
];

/// The columns that rows of this shape have.
pub(super) fn columns(shape: &Shape) -> impl Iterator<Item = &'static Column> + '_ {
    COLUMNS.iter().filter(|column| (column.has)(shape))
}
