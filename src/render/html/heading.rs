//! The title of the page, and its last lines: of which sessions and days it speaks, and by what.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::LINE_END;
use super::unit::PageUnit;
use super::words::name;
use crate::display::clip;
use crate::number::{bytes, counted, grouped};
use crate::render::days::Spent;
use crate::render::layout::Layout;
use crate::render::report::ReportContent;
use crate::render::tidy::tidy;
use crate::render::time;

/// The most columns of the name of a project in the title.
const PROJECT: usize = 48;
/// The most agents that the heading names.
const AGENTS: usize = 6;

/// Returns the title: the projects and the days.
pub(super) fn title(report: &ReportContent, layout: &Layout) -> String {
    let mut title = subject(report, layout);
    if let Some(days) = days(report, layout) {
        title += &format!(", {days}");
    }
    title
}

/// Returns the heading: the projects, and below them the days and the agents.
pub(super) fn heading(report: &ReportContent, layout: &Layout) -> Markup {
    let mut agents = Vec::new();
    if let Some(summary) = &report.summary {
        for (agent, sessions) in summary.sessions.iter().take(AGENTS) {
            agents.push((agent, counted(*sessions, "session")));
        }
    }
    html! {
        header {
            h1 { (subject(report, layout)) }
            p {
                @if let Some(days) = days(report, layout) { (days) }
                @for (agent, sessions) in agents {
                    " · " (sessions) " of " (name(agent, 24, layout))
                }
            }
        }
    }
}

/// The dearest project, and how many others there are.
fn subject(report: &ReportContent, layout: &Layout) -> String {
    let mut title = "Where the tokens went".to_owned();
    let projects = projects(report);
    if let Some((first, others)) = projects.split_first() {
        let first = tidy(first, layout.home.as_deref());
        title += &format!(": {}", clip(&first, PROJECT));
        match others.len() as u64 {
            0 => {}
            n => title += &format!(" and {}", counted(n, "other project")),
        }
    }
    title
}

/// The projects, the one that cost most first.
fn projects(report: &ReportContent) -> Vec<&str> {
    let unit = PageUnit::of(report);
    let mut sums: BTreeMap<&str, Spent> = BTreeMap::new();
    for row in &report.sessions {
        if let Some(project) = &row.project {
            sums.entry(project).or_default().add(row.spent());
        }
    }
    let mut projects: Vec<(&str, Spent)> = sums.into_iter().collect();
    projects.sort_by_key(|(_, spent)| std::cmp::Reverse(unit.weight(*spent)));
    projects.into_iter().map(|(project, _)| project).collect()
}

/// The days that the user asked for; where that is open, those of the first and the last request.
fn days(report: &ReportContent, layout: &Layout) -> Option<String> {
    let summary = report.summary.as_ref();
    let first = match &report.since {
        Some(since) => Some(since),
        None => summary.and_then(|summary| summary.first.as_ref()),
    };
    let first = first.and_then(|first| time::day(first, &layout.zone));
    let last = match &report.until {
        Some(until) => time::day_before(until, &layout.zone),
        None => summary
            .and_then(|summary| summary.last.as_ref())
            .and_then(|last| time::day(last, &layout.zone)),
    };
    match (first, last) {
        (Some(first), Some(last)) if first == last => Some(first),
        (Some(first), Some(last)) => Some(format!("{first} to {last}")),
        (first, last) => first.or(last),
    }
}

/// The last lines: what was read, the prices, the zone, and what wrote the page.
pub(super) fn colophon(report: &ReportContent, layout: &Layout) -> Markup {
    let summary = report.summary.as_ref();
    let prices = summary.and_then(|summary| summary.prices.as_deref());
    html! {
        (LINE_END)
        footer {
            p {
                @if let Some(coverage) = &report.coverage {
                    (counted(coverage.files, "file")) ", " (bytes(coverage.bytes)) " read, "
                    (grouped(coverage.skipped)) " of " (counted(coverage.lines, "line"))
                    " skipped. "
                }
                @if let Some(prices) = prices { "Prices: " (name(prices, 40, layout)) ". " }
                "Times are in " (name(layout.zone.name(), 40, layout)) ". Written by tok "
                (env!("CARGO_PKG_VERSION"))
                " from the files that the agents left on disk. This page holds no scripts and \
                 loads nothing."
            }
        }
        (LINE_END)
    }
}
