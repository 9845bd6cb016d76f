//! The first lines of the short report: the title, and what was spent, wasted and can be trusted.

use unicode_width::UnicodeWidthStr;

use super::blank;
use super::wrap::wrap;
use crate::record::Summary;
use crate::render::facts::{Fact, facts, period, read};
use crate::render::ink::{Ink, InkedLine};
use crate::render::layout::Layout;
use crate::render::report::ReportContent;

/// Columns of a label with its indent, of an amount, and of the gap behind it.
const LABEL: usize = 9;
const AMOUNT: usize = 9;
const GAP: usize = 3;

/// The title.
pub(super) fn title(report: &ReportContent, layout: &Layout) -> Vec<InkedLine> {
    let mut words = period(report, layout).plain();
    if let Some(summary) = &report.summary
        && !report.has_no_sessions()
    {
        words += "  ";
        words += &read(summary, layout).plain();
    }
    let mut lines = Vec::new();
    for (n, line) in wrap(&words, layout.columns.saturating_sub(5))
        .into_iter()
        .enumerate()
    {
        let start = if n == 0 { "tok  " } else { "     " };
        lines.push(InkedLine::of(Ink::Heading, start).plain(line));
    }
    lines
}

/// What was spent, what could be avoided, and how far that can be trusted.
pub(super) fn amounts(
    summary: &Summary,
    report: &ReportContent,
    layout: &Layout,
) -> Vec<InkedLine> {
    let facts = facts(summary, report, layout);
    let widest = facts.iter().map(|fact| fact.amount.width()).max();
    let columns = widest.unwrap_or(0).max(AMOUNT - 1);
    let mut lines = vec![blank()];
    for fact in &facts {
        lines.extend(amount(fact, columns, layout));
    }
    lines
}

fn amount(fact: &Fact, columns: usize, layout: &Layout) -> Vec<InkedLine> {
    let before = LABEL + columns + GAP;
    let words = wrap(&fact.words.plain(), layout.columns.saturating_sub(before));
    let mut lines = Vec::new();
    for (n, line) in words.into_iter().enumerate() {
        let start = if n == 0 {
            InkedLine::of(Ink::Heading, format!("  {}", fact.label))
                .up_to(LABEL)
                .right(Ink::Strong, &fact.amount, columns)
        } else {
            blank()
        };
        lines.push(start.up_to(before).plain(line));
    }
    lines
}
