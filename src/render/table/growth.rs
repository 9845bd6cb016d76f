//! The table of how the input of each thread grew.

use super::cells::{CELL_COLUMNS, cost, minute, name, with_purpose};
use super::grid::{ReportColumn, ReportTable};
use crate::number::{grouped, percent, tokens};
use crate::render::growth::Growth;
use crate::render::layout::Layout;
use crate::render::phrase::Phrase;
use crate::render::report::ReportContent;

const COLUMNS: &[ReportColumn] = &[
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

/// How the input of each thread grew, in the order of the report.
pub(super) fn growth(report: &ReportContent, layout: &Layout) -> Option<ReportTable> {
    let title = "Growth: input tokens per request, first to last";
    let row = |session: &_| row(session, layout);
    let mut table = ReportTable::of(title, COLUMNS, "session", &report.sessions, row)?;
    table.left_out += report.sessions_left_out;
    Some(table)
}

fn row(row: &Growth, layout: &Layout) -> Vec<Phrase> {
    let mut cells = vec![
        Phrase::trusted(minute(row.started.as_deref(), layout)),
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
        cost(row.cost_usd),
    ];
    cells.extend(numbers.map(Phrase::trusted));
    cells
}

/// The project, or else the thread, with the branch.
fn project(row: &Growth, layout: &Layout) -> Phrase {
    let mut phrase = name(row.project.as_deref().unwrap_or(&row.thread), layout);
    if let Some(branch) = &row.branch {
        phrase = phrase
            .and(" (")
            .name_within(branch, CELL_COLUMNS, layout)
            .and(")");
    }
    with_purpose(phrase, row)
}

fn model(row: &Growth, layout: &Layout) -> Phrase {
    match row.model() {
        None => Phrase::trusted("-"),
        Some((model, 0)) => name(model, layout),
        Some((model, others)) => name(model, layout).and(format!(" +{others}")),
    }
}
