//! What settings of the agents would have saved on these sessions, as tok-whatif tried them.

use super::cells::cost;
use super::grid::{ReportColumn, ReportTable};
use crate::number::{grouped, percent_usd};
use crate::record::{Usd, WhatIf};
use crate::render::advice::fix_line;
use crate::render::layout::Layout;
use crate::render::phrase::Phrase;
use crate::render::report::ReportContent;

const COLUMNS: &[ReportColumn] = &[
    ("saves", true),
    ("share", true),
    ("what would have changed", false),
    ("to do", false),
    ("requests", true),
    ("broken caches", true),
    ("asked again", true),
];

/// The table: those that save most together first.
pub(super) fn settings(report: &ReportContent, layout: &Layout) -> Option<ReportTable> {
    let whole = report.summary.as_ref().and_then(|summary| summary.cost_usd);
    let saving: Vec<&WhatIf> = report
        .settings
        .iter()
        .filter(|tried| saves(tried))
        .collect();
    ReportTable::of(
        "What settings would have saved, at most",
        COLUMNS,
        "setting",
        &saving,
        |tried| row(tried, whole, layout),
    )
}

/// Whether it would have saved anything.
fn saves(tried: &WhatIf) -> bool {
    tried.saved_usd.is_some_and(|saved| saved > Usd::ZERO)
}

/// The agent that a setting is of.
fn agent(tried: &WhatIf, layout: &Layout) -> Phrase {
    match &tried.agent {
        Some(agent) => Phrase::default().name(agent, layout).and(": "),
        None => Phrase::default(),
    }
}

/// `whole`: the cost of all requests.
fn row(tried: &WhatIf, whole: Option<Usd>, layout: &Layout) -> Vec<Phrase> {
    let share = match (tried.saved_usd, whole) {
        (Some(saved), Some(whole)) => percent_usd(saved, whole),
        _ => "-".to_owned(),
    };
    let what = match &tried.headline {
        Some(headline) => agent(tried, layout).prose(headline, layout),
        None => Phrase::trusted("together: ").name(&tried.presets.join(" + "), layout),
    };
    vec![
        Phrase::trusted(cost(tried.saved_usd)),
        Phrase::trusted(share),
        what,
        tried
            .fix
            .first()
            .map_or(Phrase::default(), |fix| fix_line(fix, layout)),
        Phrase::trusted(grouped(tried.changed_requests)),
        Phrase::trusted(cost(tried.broken_cache_usd)),
        Phrase::trusted(grouped(tried.outputs_asked_again)),
    ]
}
