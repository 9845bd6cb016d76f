//! The table of the most expensive spans.

use super::cells::{CELL_COLUMNS, cost, name, part_suffix};
use super::grid::{ReportColumn, ReportTable};
use crate::number::{grouped, percent, tokens};
use crate::render::layout::Layout;
use crate::render::phrase::Phrase;
use crate::render::report::ReportContent;
use crate::render::spans::CostlySpan;

/// The most columns of a location. The id of the span names the file too, and clipping keeps the
/// line number at the end.
const PLACE_COLUMNS: usize = 28;

const COLUMNS: &[ReportColumn] = &[
    ("cost", true),
    ("tokens", true),
    ("times", true),
    ("cached", true),
    ("what", false),
    ("place", false),
    ("span", false),
];

/// The most expensive spans, in order.
pub(super) fn most_expensive(report: &ReportContent, layout: &Layout) -> Option<ReportTable> {
    let spans = report.spans.all().iter();
    let table = ReportTable {
        title: "Spans that cost most: tokens, times the requests that carried them",
        columns: COLUMNS,
        rows: spans.map(|span| row(span, report, layout)).collect(),
        left_out: 0,
        noun: "span",
    };
    table.unless_empty()
}

fn row(span: &CostlySpan, report: &ReportContent, layout: &Layout) -> Vec<Phrase> {
    // A span that was produced and never sent has the size of its output.
    let size = span.sent_tokens.unwrap_or(span.output_tokens);
    let numbers = [
        cost(span.cost()),
        tokens(size),
        grouped(span.carried_requests),
        percent(span.carried_cache_read_tokens, span.carried_tokens),
    ];
    let mut cells = numbers.map(Phrase::trusted).to_vec();
    cells.push(name(&span.subject(), layout).and(part_suffix(span.part)));
    let place = place(span, report);
    cells.push(Phrase::default().name_within(&place, PLACE_COLUMNS, layout));
    cells.push(Phrase::default().name_within(&span.id, CELL_COLUMNS, layout));
    cells
}

/// `FILE:LINE`; the file is that of the span, or else that of its thread.
fn place(span: &CostlySpan, report: &ReportContent) -> String {
    let file = match (&span.file, report.row(&span.thread)) {
        (Some(file), _) => file,
        (None, Some(row)) => &row.file,
        (None, None) => return "-".into(),
    };
    match span.line {
        Some(line) => format!("{file}:{line}"),
        None => file.clone(),
    }
}
