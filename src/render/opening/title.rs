//! The first line of a report: the days, the agents, and how much was read.

use std::cmp::Reverse;

use super::name::{NAMED, name_of};
use crate::number::{bytes, counted, grouped};
use crate::record::{Coverage, Summary};
use crate::render::layout::Layout;
use crate::render::report::ReportContent;
use crate::render::time;

pub(super) fn title(report: &ReportContent, layout: &Layout) -> Vec<String> {
    let zone = layout.zone.name();
    let mut parts = Vec::new();
    match days(report, layout) {
        Some(days) => parts.push(format!("{days}, {zone}")),
        None => parts.push(zone.to_owned()),
    }
    if let Some(summary) = &report.summary {
        parts.extend(agents(summary, layout));
    }
    if let Some(coverage) = &report.coverage {
        parts.push(format!(
            "{} read, {}",
            bytes(coverage.bytes),
            skipped(coverage)
        ));
    }
    parts
}

/// The lines and files that were skipped, cut off, or could not be read again.
fn skipped(coverage: &Coverage) -> String {
    let left_out = match (coverage.skipped, coverage.files_skipped) {
        (0, 0) => "0 skipped".into(),
        (lines, 0) => format!("{} skipped", counted(lines, "line")),
        (0, files) => format!("{} skipped", counted(files, "file")),
        (lines, files) => format!(
            "{} and {} skipped",
            counted(files, "file"),
            counted(lines, "line")
        ),
    };
    let cut = match coverage.files_cut {
        0 => String::new(),
        files => format!(", {} cut off", counted(files, "file")),
    };
    let unread = match coverage.unread.places_unread {
        0 => String::new(),
        places => format!(", {} unread", counted(places, "place")),
    };
    format!("{left_out}{cut}{unread}")
}

/// The time range that the user asked for; where it is open, the days of the first and the last
/// request.
pub(super) fn days(report: &ReportContent, layout: &Layout) -> Option<String> {
    match (first_day(report, layout), last_day(report, layout)) {
        (Some(since), Some(until)) if since == until => Some(since),
        (Some(since), Some(until)) => Some(format!("{since} to {until}")),
        (Some(since), None) => Some(format!("since {since}")),
        (None, Some(until)) => Some(format!("until {until}")),
        (None, None) => None,
    }
}

fn first_day(report: &ReportContent, layout: &Layout) -> Option<String> {
    let first = match &report.since {
        Some(since) => since,
        None => report.summary.as_ref()?.first.as_ref()?,
    };
    time::day(first, &layout.zone)
}

fn last_day(report: &ReportContent, layout: &Layout) -> Option<String> {
    if let Some(end) = &report.until {
        return time::day_before(end, &layout.zone);
    }
    let last = report.summary.as_ref()?.last.as_ref()?;
    time::day(last, &layout.zone)
}

/// `codex 14 sessions, claude 6`: the most sessions first; sub-agents and other threads follow as
/// one number.
fn agents(summary: &Summary, layout: &Layout) -> Option<String> {
    let mut agents: Vec<(&String, u64)> = Vec::new();
    let mut sessions: u64 = 0;
    for (name, n) in &summary.sessions {
        agents.push((name, *n));
        sessions = sessions.saturating_add(*n);
    }
    agents.sort_by_key(|(_, sessions)| Reverse(*sessions));
    let mut text = String::new();
    for (i, (name, n)) in agents.iter().take(NAMED).enumerate() {
        let name = name_of(name, layout);
        if i == 0 {
            text = format!("{name} {}", counted(*n, "session"));
        } else {
            text += &format!(", {name} {}", grouped(*n));
        }
    }
    let others = summary.threads.saturating_sub(sessions);
    if others > 0 {
        let plus = if text.is_empty() { "" } else { " + " };
        text += &format!("{plus}{}", counted(others, "other thread"));
    }
    if text.is_empty() { None } else { Some(text) }
}
