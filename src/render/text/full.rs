//! The whole report for a terminal: every finding in full, and every table.

use unicode_width::UnicodeWidthStr;

use super::wrap::wrap;
use super::{blank, grid};
use crate::record::{Finding, Severity};
use crate::render::advice::fix_line;
use crate::render::findings::{FindingText, finding_text};
use crate::render::ink::{Ink, InkedLine};
use crate::render::layout::Layout;
use crate::render::report::ReportContent;
use crate::render::{coverage, opening, table};

pub(super) fn lines(report: &ReportContent, layout: &Layout) -> Vec<InkedLine> {
    let mut lines = Vec::new();
    for line in opening::lines(report, layout) {
        lines.extend(wrapped("", "  ", &line, layout));
    }
    if !report.findings.is_empty() {
        lines.push(blank());
        lines.push(InkedLine::of(Ink::Heading, "Findings"));
        for found in &report.findings {
            lines.extend(finding(found, layout));
        }
        let more = report.findings_left_out();
        if more > 0 {
            lines.push(blank());
            let text = format!("    {more} more: tok-report --top 20 --all");
            lines.push(InkedLine::of(Ink::Faint, text));
        }
    }
    for table in table::all(report, layout) {
        lines.push(blank());
        for line in wrap(table.title, layout.columns) {
            lines.push(InkedLine::of(Ink::Heading, line));
        }
        lines.extend(grid::lines(&table, layout));
    }
    lines.push(blank());
    lines.push(InkedLine::of(Ink::Heading, "Rests on"));
    for (label, phrase) in coverage::lines(report, layout) {
        lines.extend(labelled("  ", label, 9, &phrase.plain(), layout));
    }
    lines
}

/// A finding: what to do, what was found, and all that is known of it.
fn finding(found: &Finding, layout: &Layout) -> Vec<InkedLine> {
    let text: FindingText = finding_text(found, layout);
    let ink = match found.severity {
        Severity::High => Ink::High,
        Severity::Warn => Ink::Warn,
        Severity::Info => Ink::Strong,
    };
    let start = format!("{:>3} ", found.rank);
    let before = start.width() + text.worth.width().max(7) + 2;
    let what = match &text.headline {
        Some(headline) => headline.plain(),
        None => format!("{}  {}", text.rule.plain(), text.severity),
    };
    let mut lines = vec![blank()];
    for (n, line) in wrap(&what, layout.columns.saturating_sub(before))
        .into_iter()
        .enumerate()
    {
        let first = if n == 0 {
            InkedLine::default().plain(start.clone()).right(
                ink,
                &text.worth,
                before - 2 - start.width(),
            )
        } else {
            blank()
        };
        lines.push(first.up_to(before).and(Ink::Strong, line));
    }
    lines.extend(wrapped("    ", "    ", &text.message.plain(), layout));
    for (label, phrase) in &text.lines {
        lines.extend(labelled("    ", label, 5, &phrase.plain(), layout));
    }
    for fix in &found.fix {
        lines.extend(labelled(
            "    ",
            "fix",
            5,
            &fix_line(fix, layout).plain(),
            layout,
        ));
        if let Some(effect) = crate::render::fix::fix_text(fix).side_effect {
            let effect = crate::render::tidy::tidy(&effect, layout.home.as_deref());
            lines.extend(labelled("    ", "", 5, &effect, layout));
        }
    }
    lines
}

/// A label, padded to `width`, and words that are wrapped to the right of it.
fn labelled(
    indent: &str,
    label: &str,
    width: usize,
    words: &str,
    layout: &Layout,
) -> Vec<InkedLine> {
    let first = format!("{indent}{label:<width$}  ");
    wrapped(&first, &" ".repeat(first.width()), words, layout)
}

/// Words, wrapped; `first` and `others` are the starts of the first and the other lines.
fn wrapped(first: &str, others: &str, words: &str, layout: &Layout) -> Vec<InkedLine> {
    let start = first.width().max(others.width());
    let mut lines = Vec::new();
    for (n, line) in wrap(words, layout.columns.saturating_sub(start))
        .into_iter()
        .enumerate()
    {
        let start = if n == 0 { first } else { others };
        lines.push(InkedLine::default().plain(start).plain(line));
    }
    lines
}
