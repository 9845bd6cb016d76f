//! The opening of a report: the most important facts in ten lines.
//!
//! The lines are plain text without control characters; markdown prints them in a fence. The
//! `summary` record contains all numbers, so nothing is added up here.

mod amounts;
mod name;
mod title;
mod trust;

use unicode_width::UnicodeWidthStr;

use super::findings::worth;
use super::layout::Layout;
use super::report::ReportContent;
use super::tidy::tidy;
use crate::display::clip;
use crate::record::Finding;

/// Columns of the label at the start of a line.
const LABEL: usize = 8;
/// The most findings that the opening names; the next section has them all in full.
const FINDINGS: usize = 3;

/// The days that a report is about; `None` if they are not known.
pub(super) fn days(report: &ReportContent, layout: &Layout) -> Option<String> {
    title::days(report, layout)
}

/// Returns the opening lines.
pub(super) fn lines(report: &ReportContent, layout: &Layout) -> Vec<String> {
    let title = title::title(report, layout);
    let mut lines = wrapped("tok-report  ", "   ", &title, layout);
    if report.has_no_sessions() {
        lines.push("no sessions found".into());
        return lines;
    }
    let Some(summary) = &report.summary else {
        lines.push("no summary record in the stream: tok-rank writes it".into());
        return lines;
    };
    let amounts_label = match summary.cost_usd {
        Some(_) => "cost",
        None => "tokens",
    };
    let most_expensive = amounts::most_expensive(summary, report, layout);
    let labelled = [
        (amounts_label, ", ", amounts::amounts(summary)),
        ("where", "  ", most_expensive),
        ("who", "  ", amounts::who(summary)),
        ("what", "  ", amounts::what(summary, layout)),
        ("how", "  ", amounts::how(summary)),
        ("trust", "; ", trust::trust(summary, report, layout)),
        ("save", ", ", amounts::save(summary)),
    ];
    for (label, glue, parts) in labelled {
        if !parts.is_empty() {
            lines.extend(wrapped(&format!("{label:<LABEL$}"), glue, &parts, layout));
        }
    }
    for found in report.findings.iter().take(FINDINGS) {
        lines.push(finding(found, layout));
    }
    lines
}

/// Joins the parts to one line, or to several if they do not fit into the columns.
fn wrapped(label: &str, glue: &str, parts: &[String], layout: &Layout) -> Vec<String> {
    let part_columns = name::PART_COLUMNS.min(layout.columns.saturating_sub(LABEL));
    let mut lines = Vec::new();
    let mut line = label.to_owned();
    let mut is_first = true;
    for part in parts {
        let part = clip(part, part_columns);
        if !is_first && line.width() + glue.width() + part.width() > layout.columns {
            line.push_str(glue.trim_end());
            lines.push(line);
            line = " ".repeat(LABEL);
            is_first = true;
        }
        if !is_first {
            line.push_str(glue);
        }
        line.push_str(&part);
        is_first = false;
    }
    lines.push(line);
    lines
}

/// One finding in one line; its message is cut to the columns that the rest leaves.
fn finding(finding: &Finding, layout: &Layout) -> String {
    let home = layout.home.as_deref();
    let rule = tidy(&finding.rule, home);
    let head = format!(
        "{:>2} {:>7} {}  ",
        finding.rank,
        worth(finding),
        clip(&rule, 32)
    );
    let mut tail = String::new();
    if let Some(id) = finding.spans.first().or(finding.places.first()) {
        let id = tidy(id, home);
        if !id.is_empty() {
            tail = format!("   {}", clip(&id, 40));
        }
    }
    let room = layout.columns.saturating_sub(head.width() + tail.width());
    let message = tidy(&finding.message, home);
    format!("{head}{}{tail}", clip_end(&message, room.max(24)))
}

/// Cuts the end of a sentence, where a name would lose its middle.
fn clip_end(text: &str, columns: usize) -> String {
    let lines = textwrap::wrap(text, columns.saturating_sub(2).max(1));
    match lines.as_slice() {
        [] => String::new(),
        _ if text.width() <= columns => text.to_owned(),
        [first, ..] => format!("{first} …"),
    }
}
