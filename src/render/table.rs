//! Tables, as every format lays them out: what was paid for, how threads grew, what the
//! ledgers and a provider's exports say.

mod bill;
mod errands;
mod export;
mod front;
mod own;
mod spans;

use super::growth::Growth;
use super::phrase::Phrase;
use super::{Layout, Report};
use crate::number::{grouped, percent, tokens, usd};
use crate::record::{Level, Part, Usage};
use crate::render::time;

/// Rows that a table shows; the others are counted.
const ROWS: usize = 20;
/// Columns that a name in a cell may take.
const CELL_COLUMNS: usize = 32;

/// A column: its heading, and whether it holds numbers (which stand to the right).
pub(super) type Column = (&'static str, bool);

/// A table with a title.
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) columns: &'static [Column],
    pub(super) rows: Vec<Vec<Phrase>>,
    /// How many rows more there were.
    pub(super) left_out: usize,
    /// What a row is: `session`.
    pub(super) noun: &'static str,
}

const GROWTH: &[Column] = &[
    ("started", false),
    ("project", false),
    ("model", false),
    ("requests", true),
    ("input", true),
    ("first", true),
    ("peak", true),
    ("last", true),
    ("cached", true),
    ("cost", true),
];

const LEDGER: &[Column] = &[
    ("account", false),
    ("level", false),
    ("from", false),
    ("input", true),
    ("output", true),
    ("in sessions", true),
    ("share", true),
    ("only here", true),
    ("only there", true),
];

/// All tables that have anything to say, in the order of a report.
pub(super) fn all(report: &Report, layout: &Layout) -> Vec<Table> {
    let tables = [
        spans::dearest(report, layout),
        bill::in_all(report, layout),
        front::by_part(report, layout),
        bill::by_session(report, layout),
        bill::known(report, layout),
        growth(report, layout),
        errands::errands(report, layout),
        ledger(report, layout),
        own::ledgers(report, layout),
        export::export(report, layout),
    ];
    tables.into_iter().flatten().collect()
}

/// How the input of each thread grew, largest first.
fn growth(report: &Report, layout: &Layout) -> Option<Table> {
    let rows: Vec<_> = report
        .sessions
        .iter()
        .take(ROWS)
        .map(|row| thread(row, layout))
        .collect();
    let left_out = report.sessions.len() - rows.len() + report.sessions_left_out;
    let title = "Growth: input tokens per request, first to last";
    (!rows.is_empty()).then_some(Table {
        title,
        columns: GROWTH,
        rows,
        left_out,
        noun: "session",
    })
}

fn thread(row: &Growth, layout: &Layout) -> Vec<Phrase> {
    let started = row
        .started
        .as_deref()
        .and_then(|at| time::minute(at, &layout.zone));
    let mut cells = vec![
        Phrase::ours(started.unwrap_or_else(|| "-".into())),
        project(row, layout),
        model(row, layout),
    ];
    let numbers = [
        grouped(row.requests),
        tokens(row.input_tokens),
        tokens(row.first_input_tokens),
        tokens(row.peak_input_tokens),
        tokens(row.last_input_tokens),
        percent(row.cache_read_tokens, row.input_tokens),
        row.cost_usd.map_or_else(|| "-".into(), usd),
    ];
    cells.extend(numbers.map(Phrase::ours));
    cells
}

fn project(row: &Growth, layout: &Layout) -> Phrase {
    let mut phrase = match &row.project {
        Some(project) => Phrase::default().name_within(project, CELL_COLUMNS, layout),
        None => Phrase::default().name_within(&row.thread, CELL_COLUMNS, layout),
    };
    if let Some(branch) = &row.branch {
        phrase = phrase
            .and(" (")
            .name_within(branch, CELL_COLUMNS, layout)
            .and(")");
    }
    match row.kind_name() {
        Some(kind) => phrase.and(format!(" {kind}")),
        None => phrase,
    }
}

/// A session in one cell: when it began, and its project.
fn session(row: &Growth, layout: &Layout) -> Phrase {
    let started = row
        .started
        .as_deref()
        .and_then(|at| time::minute(at, &layout.zone));
    let phrase = Phrase::ours(started.map_or_else(String::new, |started| started + " "));
    let phrase = phrase.name_within(
        row.project.as_deref().unwrap_or(&row.thread),
        CELL_COLUMNS,
        layout,
    );
    match row.kind_name() {
        Some(kind) => phrase.and(format!(" {kind}")),
        None => phrase,
    }
}

/// What a part is called behind the name of its content: `cargo test output`.
fn part(part: Part) -> &'static str {
    match part {
        Part::Text => "",
        Part::ToolOutput => " output",
        Part::ToolCall => " call",
        Part::Reasoning => " reasoning",
        Part::Image => " image",
        Part::Document => " document",
        Part::Opaque => " opaque",
    }
}

fn model(row: &Growth, layout: &Layout) -> Phrase {
    let Some((name, others)) = row.model() else {
        return Phrase::ours("-");
    };
    let phrase = Phrase::default().name_within(name, CELL_COLUMNS, layout);
    if others > 0 {
        phrase.and(format!(" +{others}"))
    } else {
        phrase
    }
}

/// The ledgers' buckets, largest first.
fn ledger(report: &Report, layout: &Layout) -> Option<Table> {
    let mut buckets: Vec<&Usage> = report.usage.iter().collect();
    buckets.sort_by_key(|bucket| {
        std::cmp::Reverse(bucket.input_tokens.saturating_add(bucket.output_tokens))
    });
    let rows: Vec<_> = buckets
        .iter()
        .take(ROWS)
        .map(|bucket| self::bucket(bucket, layout))
        .collect();
    let left_out = buckets.len() - rows.len();
    let title = "Ledgers outside the sessions";
    (!rows.is_empty()).then_some(Table {
        title,
        columns: LEDGER,
        rows,
        left_out,
        noun: "bucket",
    })
}

fn bucket(bucket: &Usage, layout: &Layout) -> Vec<Phrase> {
    let level = match bucket.level {
        Level::Entry => "entry",
        Level::Hour => "hour",
        Level::Day => "day",
        Level::Month => "month",
        Level::Ledger => "all",
    };
    let only = |tokens: Option<u64>| tokens.map_or_else(|| "-".into(), self::tokens);
    vec![
        Phrase::default().name_within(&bucket.account, CELL_COLUMNS, layout),
        Phrase::ours(level),
        Phrase::ours(time::minute(&bucket.start, &layout.zone).unwrap_or_else(|| "-".into())),
        Phrase::ours(tokens(bucket.input_tokens)),
        Phrase::ours(tokens(bucket.output_tokens)),
        Phrase::ours(tokens(bucket.session_tokens)),
        Phrase::ours(format!("{:.0} %", bucket.share * 100.0)),
        Phrase::ours(only(bucket.ledger_only_tokens)),
        Phrase::ours(only(bucket.session_only_tokens)),
    ]
}
