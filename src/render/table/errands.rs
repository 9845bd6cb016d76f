//! The table of what sessions had others do: agents that they started, and reviews.
//!
//! A row is a call, with all that it started, where the sessions say which call it was; else all that
//! one session started. Reviews inside a session are a row of their own.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{CELL_COLUMNS, Column, ROWS, Table};
use crate::number::{grouped, tokens, usd};
use crate::record::Usd;
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

/// What one call, or one session, had others do.
#[derive(Default)]
struct Errand<'r> {
    /// Who asked, where that session was read, and what it is called.
    asker: Option<&'r Growth>,
    session: &'r str,
    call_id: Option<&'r str>,
    what: &'static str,
    sessions: u64,
    requests: u64,
    input_tokens: u64,
    output_tokens: u64,
    seconds: u64,
    cost_usd: Option<Usd>,
}

/// What sessions had others do, the dearest first.
pub(super) fn errands(report: &Report, layout: &Layout) -> Option<Table> {
    let mut errands: Vec<Errand> = started(report).into_values().collect();
    errands.extend(report.sessions.iter().filter_map(inside));
    errands.sort_by_key(|errand| std::cmp::Reverse((errand.cost_usd, errand.input_tokens)));
    let rows: Vec<_> = errands.iter().take(ROWS).map(|errand| row(errand, layout)).collect();
    let left_out = errands.len() - rows.len();
    let title = "Done by others: what agents and reviews cost, by the call or the session that asked for them";
    (!rows.is_empty()).then_some(Table { title, columns: ERRANDS, rows, left_out, noun: "row" })
}

/// Threads that another started, by that one, its call and what they were for.
fn started(report: &Report) -> BTreeMap<(&str, Option<&str>, &'static str), Errand<'_>> {
    let by_session: BTreeMap<&str, &Growth> = report.sessions.iter().map(|row| (&*row.session, row)).collect();
    let mut errands = BTreeMap::new();
    for row in &report.sessions {
        let (Some(parent), Some(what)) = (row.parent.as_deref(), row.kind_name()) else { continue };
        let call_id = row.call_id.as_deref();
        let asker = by_session.get(parent).copied();
        let new = || Errand { asker, session: parent, call_id, what, ..Errand::default() };
        let errand = errands.entry((parent, call_id, what)).or_insert_with(new);
        errand.sessions += 1;
        errand.requests += row.requests;
        errand.input_tokens = errand.input_tokens.saturating_add(row.input_tokens);
        errand.output_tokens = errand.output_tokens.saturating_add(row.output_tokens);
        errand.seconds = errand.seconds.saturating_add(seconds(row));
        errand.cost_usd = errand.cost_usd.into_iter().chain(row.cost_usd).reduce(Usd::plus);
    }
    errands
}

/// Reviews inside a session that was run for something else.
fn inside(row: &Growth) -> Option<Errand<'_>> {
    let part = row.reviews.as_ref().filter(|_| row.kind_name().is_none())?;
    Some(Errand {
        asker: Some(row),
        session: &row.session,
        what: "review inside",
        requests: part.requests,
        input_tokens: part.input_tokens,
        output_tokens: part.output_tokens,
        cost_usd: part.cost_usd,
        ..Errand::default()
    })
}

/// From the beginning of a thread to the last answer.
fn seconds(row: &Growth) -> u64 {
    let instant = |at: &Option<String>| at.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
    let took = instant(&row.started).zip(instant(&row.ended)).map(|(from, to)| to.duration_since(from).as_secs());
    took.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0)
}

fn row(errand: &Errand, layout: &Layout) -> Vec<Phrase> {
    let asker = match errand.asker {
        Some(row) => super::session(row, layout),
        None => Phrase::default().name_within(errand.session, CELL_COLUMNS, layout),
    };
    let call = errand.call_id.map_or(Phrase::ours("-"), |id| Phrase::default().name_within(id, CELL_COLUMNS, layout));
    let minutes = format!("{}.{}", grouped(errand.seconds / 60), errand.seconds % 60 / 6);
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
