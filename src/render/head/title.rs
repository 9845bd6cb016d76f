//! The first line of a report: the days, the agents, and what was read.

use super::NAMED;
use super::name_of;
use crate::number::{bytes, counted, grouped};
use crate::record::{Coverage, Summary};
use crate::render::{Layout, Report, time};

pub(super) fn title(report: &Report, layout: &Layout) -> Vec<String> {
    let zone = layout.zone.name();
    let mut parts = vec![
        when(report, layout).map_or_else(|| zone.to_owned(), |when| format!("{when}, {zone}")),
    ];
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

/// What was left out, what broke off, and what could not be read again.
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

/// The window asked for, else the days that there were requests on.
fn when(report: &Report, layout: &Layout) -> Option<String> {
    let summary = report.summary.as_ref();
    let zone = &layout.zone;
    let since = report
        .since
        .as_deref()
        .or_else(|| summary?.first.as_deref())
        .and_then(|at| time::day(at, zone));
    let until = match &report.until {
        Some(end) => time::day_before(end, zone),
        None => summary
            .and_then(|summary| summary.last.as_deref())
            .and_then(|at| time::day(at, zone)),
    };
    match (since, until) {
        (Some(since), Some(until)) if since == until => Some(since),
        (Some(since), Some(until)) => Some(format!("{since} to {until}")),
        (Some(since), None) => Some(format!("since {since}")),
        (None, Some(until)) => Some(format!("until {until}")),
        (None, None) => None,
    }
}

/// `codex 14 sessions, claude 6`, most first; sub-agents and the like are said apart.
fn agents(summary: &Summary, layout: &Layout) -> Option<String> {
    let mut agents: Vec<_> = summary
        .sessions
        .iter()
        .map(|(name, n)| (name, *n))
        .collect();
    agents.sort_by_key(|(_, sessions)| std::cmp::Reverse(*sessions));
    let named = agents.iter().take(NAMED).enumerate().map(|(i, (name, n))| {
        let name = name_of(name, layout);
        if i == 0 {
            format!("{name} {}", counted(*n, "session"))
        } else {
            format!("{name} {}", grouped(*n))
        }
    });
    let mut text = named.collect::<Vec<_>>().join(", ");
    let sessions: u64 = agents
        .iter()
        .map(|(_, n)| n)
        .fold(0, |sum, n| sum.saturating_add(*n));
    let others = summary.threads.saturating_sub(sessions);
    if others > 0 {
        let plus = if text.is_empty() { "" } else { " + " };
        text += &format!("{plus}{}", counted(others, "other thread"));
    }
    (!text.is_empty()).then_some(text)
}
