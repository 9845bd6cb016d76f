//! What settings of the agents would have saved: the first three, with what to set.

use super::blank;
use super::wrap::cut;
use crate::number::{percent_usd, usd};
use crate::record::{Usd, WhatIf};
use crate::render::advice::fix_line;
use crate::render::ink::{Ink, InkedLine};
use crate::render::layout::Layout;
use crate::render::report::ReportContent;

/// The settings that are shown.
const SHOWN: usize = 3;
/// Columns before the words.
const BEFORE: usize = 13;

/// The section; where nothing was tried, or nothing saves, there is none.
pub(super) fn section(report: &ReportContent, layout: &Layout) -> Vec<InkedLine> {
    let room = layout.columns.saturating_sub(BEFORE);
    let mut lines = Vec::new();
    let single = report
        .settings
        .iter()
        .filter(|tried| tried.headline.is_some());
    for tried in single.filter(|tried| worth(tried) > Usd::ZERO).take(SHOWN) {
        let headline = headline(tried);
        lines.push(
            InkedLine::default()
                .right(Ink::Strong, &usd(worth(tried)), BEFORE - 2)
                .up_to(BEFORE)
                .and(Ink::Strong, cut(&headline, room)),
        );
        if let Some(fix) = tried.fix.first() {
            let fix = format!("fix: {}", fix_line(fix, layout).plain());
            lines.push(blank().up_to(BEFORE).plain(cut(&fix, room)));
        }
    }
    if lines.is_empty() {
        return lines;
    }
    let mut section = vec![
        blank(),
        InkedLine::of(Ink::Heading, "SETTINGS, TRIED ON THESE SESSIONS"),
    ];
    section.extend(lines);
    section.extend(together(report, room));
    section
}

/// The agent and what to do; what is not in the combination would be instead of it.
fn headline(tried: &WhatIf) -> String {
    let agent = tried.agent.as_deref().unwrap_or("all");
    let headline = tried.headline.as_deref().unwrap_or_default();
    let or = if tried.more_usd.is_none() { "or " } else { "" };
    format!("{or}{agent}: {headline}")
}

/// What it saves in addition to those before it; alone, where it is not one of the combination.
fn worth(tried: &WhatIf) -> Usd {
    tried.more_usd.or(tried.saved_usd).unwrap_or_default()
}

fn together(report: &ReportContent, room: usize) -> Option<InkedLine> {
    let together = report
        .settings
        .iter()
        .find(|tried| tried.headline.is_none())?;
    let (saved, cost) = (together.saved_usd?, together.cost_usd?);
    let text = format!(
        "together at most {} ({}): tok-report --whatif --all",
        usd(saved),
        percent_usd(saved, cost)
    );
    Some(blank().up_to(BEFORE).and(Ink::Faint, cut(&text, room)))
}
