//! The table of what sessions had others do: agents that they started, and reviews.
//!
//! A row is a call, with all that it started, where the sessions say which call it was; else all
//! that one session started. Reviews inside a session are a row of their own.

use std::collections::BTreeMap;

use super::{CELL_COLUMNS, Column, ROWS, Table};
use crate::number::{grouped, tokens, usd};
use crate::render::errands::Errand;
use crate::render::growth::Growth;
use crate::render::phrase::Phrase;
use crate::render::{Layout, Report};

const ERRANDS: &[Column] = &[
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

/// What sessions had others do, the dearest first.
pub(super) fn errands(report: &Report, layout: &Layout) -> Option<Table> {
    let mut errands = report.errands.clone();
    report.sessions.iter().for_each(|row| errands.take(row));
    let errands = errands.into_all();
    let askers: BTreeMap<&str, &Growth> = report
        .sessions
        .iter()
        .map(|row| (&*row.session, row))
        .collect();
    let asker = |errand: &Errand| match &errand.thread {
        Some(thread) => report.row(thread),
        None => askers.get(&*errand.session).copied(),
    };
    let rows: Vec<_> = errands
        .iter()
        .take(ROWS)
        .map(|errand| row(errand, asker(errand), layout))
        .collect();
    let left_out = errands.len() - rows.len();
    let title = "Done by others: what agents and reviews cost, by the call or the session that \
        asked for them";
    (!rows.is_empty()).then_some(Table {
        title,
        columns: ERRANDS,
        rows,
        left_out,
        noun: "row",
    })
}

/// `asker`: who asked, where that session has a row.
fn row(errand: &Errand, asker: Option<&Growth>, layout: &Layout) -> Vec<Phrase> {
    let asker = match asker {
        Some(row) => super::session(row, layout),
        None => Phrase::default().name_within(&errand.session, CELL_COLUMNS, layout),
    };
    let call = errand.call_id.as_deref().map_or(Phrase::ours("-"), |id| {
        Phrase::default().name_within(id, CELL_COLUMNS, layout)
    });
    let minutes = format!(
        "{}.{}",
        grouped(errand.seconds / 60),
        errand.seconds % 60 / 6
    );
    let or_none = |text: String, known: bool| if known { text } else { "-".to_owned() };
    let numbers = [
        or_none(grouped(errand.sessions), errand.sessions > 0),
        grouped(errand.requests),
        tokens(errand.input_tokens),
        tokens(errand.output_tokens),
        or_none(minutes, errand.seconds > 0),
        errand.cost_usd.map_or_else(|| "-".into(), usd),
    ];
    let mut cells = vec![asker, call, Phrase::ours(errand.what)];
    cells.extend(numbers.map(Phrase::ours));
    cells
}
