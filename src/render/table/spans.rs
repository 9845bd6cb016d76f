//! The table of the spans that cost most.

use super::{CELL_COLUMNS, Column, Table, part};
use crate::number::{grouped, percent, tokens, usd};
use crate::render::phrase::Phrase;
use crate::render::spans::Costly;
use crate::render::{Layout, Report};

/// Columns that a place may take: its file is named by the span's id too, its line is at its end.
const PLACE_COLUMNS: usize = 28;

const SPANS: &[Column] = &[
    ("cost", true),
    ("tokens", true),
    ("times", true),
    ("cached", true),
    ("what", false),
    ("place", false),
    ("span", false),
];

/// The spans that cost most, the dearest first.
pub(super) fn dearest(report: &Report, layout: &Layout) -> Option<Table> {
    let rows: Vec<_> = report
        .spans
        .all()
        .iter()
        .map(|span| row(span, report, layout))
        .collect();
    let title = "Spans that cost most: tokens, times the requests that carried them";
    (!rows.is_empty()).then_some(Table {
        title,
        columns: SPANS,
        rows,
        left_out: 0,
        noun: "span",
    })
}

fn row(span: &Costly, report: &Report, layout: &Layout) -> Vec<Phrase> {
    // A span that was produced and never sent has the size of what was produced.
    let size = span.sent_tokens.unwrap_or(span.output_tokens);
    let numbers = [
        span.cost().map_or_else(|| "-".into(), usd),
        tokens(size),
        grouped(span.carried_requests),
        percent(span.carried_cache_read_tokens, span.carried_tokens),
    ];
    let file = span
        .file
        .as_deref()
        .or_else(|| report.row(&span.thread).map(|row| row.file.as_str()));
    let place = match (file, span.line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.to_owned(),
        (None, _) => "-".into(),
    };
    let name = |name: &str, columns| Phrase::default().name_within(name, columns, layout);
    let what = name(&span.subject(), CELL_COLUMNS).and(part(span.part));
    let names = [
        what,
        name(&place, PLACE_COLUMNS),
        name(&span.id, CELL_COLUMNS),
    ];
    numbers.map(Phrase::ours).into_iter().chain(names).collect()
}
