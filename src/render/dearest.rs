//! The sessions that cost most, in a few words each.

use std::cmp::Reverse;

use super::growth::Growth;
use super::layout::Layout;
use super::phrase::Phrase;
use super::report::ReportContent;
use super::time;
use super::unit::Unit;
use crate::number::{grouped, percent, tokens};
use crate::record::Usd;

/// The most columns of a project or a branch.
const NAME_COLUMNS: usize = 32;

/// A session that cost something.
pub(super) struct DearSession {
    /// `07-29 11:43`, or nothing.
    pub(super) when: String,
    /// Project, branch, and what it was run for.
    pub(super) name: Phrase,
    pub(super) requests: String,
    pub(super) peak: String,
    pub(super) cached: String,
    pub(super) amount: String,
    pub(super) share: String,
}

/// The dearest sessions, at most `most`, and how many more there are.
pub(super) fn dearest(
    report: &ReportContent,
    unit: Unit,
    most: usize,
    layout: &Layout,
) -> (Vec<DearSession>, usize) {
    let mut rows: Vec<(&Growth, Usd, i64)> = Vec::new();
    let mut whole = (Usd::ZERO, 0_i64);
    for row in &report.sessions {
        let all = row.input_tokens.saturating_add(row.output_tokens);
        let all = i64::try_from(all).unwrap_or(i64::MAX);
        let cost = row.cost_usd.unwrap_or_default();
        if unit.size(cost, all) > 0 {
            rows.push((row, cost, all));
        }
        whole = (whole.0.plus(cost), whole.1.saturating_add(all));
    }
    if let Some(summary) = &report.summary {
        let all = summary.input_tokens.saturating_add(summary.output_tokens);
        whole.1 = i64::try_from(all).unwrap_or(i64::MAX);
        whole.0 = summary.cost_usd.unwrap_or(whole.0);
    }
    rows.sort_by_key(|(_, cost, all)| Reverse(unit.size(*cost, *all)));
    let more = rows.len().saturating_sub(most) + report.sessions_left_out;
    let mut sessions = Vec::new();
    for (row, cost, all) in rows.into_iter().take(most) {
        let when = time::minute_of(row.started.as_deref(), &layout.zone).unwrap_or_default();
        sessions.push(DearSession {
            when: when.get(5..).unwrap_or_default().to_owned(),
            name: name(row, layout),
            requests: grouped(row.requests),
            peak: tokens(row.peak_input_tokens),
            cached: percent(row.cache_read_tokens, row.input_tokens),
            amount: unit.amount(cost, all),
            share: unit.share((cost, all), whole),
        });
    }
    (sessions, more)
}

fn name(row: &Growth, layout: &Layout) -> Phrase {
    let project = row.project.as_deref().unwrap_or(&row.thread);
    let mut phrase = Phrase::default().name_within(project, NAME_COLUMNS, layout);
    if let Some(branch) = &row.branch {
        phrase = phrase
            .and(" (")
            .name_within(branch, NAME_COLUMNS, layout)
            .and(")");
    }
    match row.kind_name() {
        Some(kind) => phrase.and(format!(" {kind}")),
        None => phrase,
    }
}
