//! The dearest sessions, each with its facts and the chart of its context.

use std::cmp::Reverse;

use maud::{Markup, html};

use super::LINE_END;
use super::chart;
use super::unit::PageUnit;
use super::words::{glued, name};
use crate::number::{counted, percent, tokens};
use crate::render::days::Spent;
use crate::render::growth::Growth;
use crate::render::layout::Layout;
use crate::render::report::ReportContent;
use crate::render::time;

/// The number of sessions that are shown.
const SHOWN: usize = 10;
/// The fewest points of a chart that says more than the numbers beside it.
const DRAWN: usize = 3;

/// Returns the section; nothing where there are no sessions.
pub(super) fn dearest(report: &ReportContent, unit: PageUnit, layout: &Layout) -> Markup {
    let mut rows: Vec<&Growth> = Vec::new();
    for row in &report.sessions {
        if unit.weight(row.spent()) > 0 {
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return html! {};
    }
    rows.sort_by_key(|row| Reverse(unit.weight(row.spent())));
    let mut whole = Spent::default();
    for row in &rows {
        whole.add(row.spent());
    }
    let more = rows.len().saturating_sub(SHOWN) + report.sessions_left_out;
    rows.truncate(SHOWN);
    html! {
        section aria-labelledby="sessions" {
            h2 id="sessions" { "Dearest sessions" }
            (LINE_END)
            p { "Each column is the context that one request sent." }
            (LINE_END)
            (chart::key())
            (LINE_END)
            @for (at, row) in rows.iter().enumerate() { (session(row, at, whole, unit, layout)) }
            @if more > 0 {
                p class="note" {
                    (counted(more as u64, "further session"))
                    " cost less; the largest are in the tables below."
                }
                (LINE_END)
            }
        }
        (LINE_END)
    }
}

fn session(row: &Growth, at: usize, whole: Spent, unit: PageUnit, layout: &Layout) -> Markup {
    let spent = row.spent();
    let points = row.series.points();
    html! {
        article class="session" {
            h3 { (heading(row, layout)) }
            p class="amount" {
                (glued(&unit.amount(spent))) " "
                span class="note" { (glued(&unit.share(spent, whole))) }
            }
            (LINE_END)
            p class="note facts" { (facts(row, layout)) }
            @if points.len() >= DRAWN {
                (LINE_END)
                (chart::chart(points, at, &format!("Context of session {}", at + 1)))
                (LINE_END)
                (chart::ends(points))
            }
        }
        (LINE_END)
    }
}

/// The start, the project with its branch, and the purpose of a thread that no person began.
fn heading(row: &Growth, layout: &Layout) -> Markup {
    let project = row.project.as_deref().unwrap_or(&row.thread);
    html! {
        @if let Some(started) = time::minute_of(row.started.as_deref(), &layout.zone) {
            (started) " "
        }
        (name(project, 40, layout))
        @if let Some(branch) = &row.branch { " (" (name(branch, 40, layout)) ")" }
        @if let Some(kind) = row.kind_name() { " " (kind) }
    }
}

fn facts(row: &Growth, layout: &Layout) -> Markup {
    let cached = percent(row.cache_read_tokens, row.input_tokens);
    let sizes = [
        row.first_input_tokens,
        row.peak_input_tokens,
        row.last_input_tokens,
    ]
    .map(tokens);
    let [first, peak, last] = sizes;
    let sizes = format!("context {first} at first, {peak} at most, {last} at last");
    html! {
        (counted(row.requests, "request"))
        @if row.contexts > 0 { " · " (glued(&sizes)) }
        " · " (glued(&cached)) " from cache"
        @if let Some((model, others)) = row.model() {
            " · " (name(model, 40, layout))
            @if others > 0 { " and " (counted(others as u64, "other model")) }
        }
        @if !row.agent.is_empty() { " · " (name(&row.agent, 40, layout)) }
    }
}
