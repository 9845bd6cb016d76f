//! The table of delegated work: what the sub-agents and reviews that sessions started cost.
//!
//! If the sessions say which call started a thread, a row is one call, with all threads that it
//! started; else a row is one session. Reviews inside a session have a row of their own.

use std::collections::BTreeMap;

use super::cells::{cost, name, session};
use super::grid::{ReportColumn, ReportTable};
use crate::number::{grouped, tokens};
use crate::render::delegation::Delegation;
use crate::render::growth::Growth;
use crate::render::layout::Layout;
use crate::render::phrase::Phrase;
use crate::render::report::ReportContent;

const COLUMNS: &[ReportColumn] = &[
    ("asked by", false),
    ("call", false),
    ("what", false),
    ("sessions", true),
    ("requests", true),
    ("input", true),
    ("output", true),
    ("minutes", true),
    ("cost", true),
];

/// The delegated work, the most expensive first.
pub(super) fn delegated(report: &ReportContent, layout: &Layout) -> Option<ReportTable> {
    let mut delegations = report.delegations.clone();
    let mut by_session: BTreeMap<&str, &Growth> = BTreeMap::new();
    for row in &report.sessions {
        delegations.take(row);
        by_session.insert(&row.session, row);
    }
    let title = "Done by others: what agents and reviews cost, by the call or the session that \
        asked for them";
    let row = |work: &Delegation| {
        let asked_by = match &work.thread {
            Some(thread) => report.row(thread),
            None => by_session.get(work.session.as_str()).copied(),
        };
        row(work, asked_by, layout)
    };
    ReportTable::of(title, COLUMNS, "row", &delegations.into_all(), row)
}

/// `asked_by` is the row of the session that started the work, if that session has one.
fn row(work: &Delegation, asked_by: Option<&Growth>, layout: &Layout) -> Vec<Phrase> {
    let asked_by = match asked_by {
        Some(row) => session(row, layout),
        None => name(&work.session, layout),
    };
    let call = match &work.call_id {
        Some(id) => name(id, layout),
        None => Phrase::trusted("-"),
    };
    let sessions = match work.sessions {
        0 => "-".into(),
        n => grouped(n),
    };
    let minutes = match work.seconds {
        0 => "-".into(),
        seconds => format!("{}.{}", grouped(seconds / 60), seconds % 60 / 6),
    };
    let numbers = [
        sessions,
        grouped(work.requests),
        tokens(work.input_tokens),
        tokens(work.output_tokens),
        minutes,
        cost(work.cost_usd),
    ];
    let mut cells = vec![asked_by, call, Phrase::trusted(work.what)];
    cells.extend(numbers.map(Phrase::trusted));
    cells
}
