//! A finding as text: what was found, where, what to do, and what that saves.
//!
//! This module knows the sentences of a finding, not how a format lays them out.

use super::layout::Layout;
use super::phrase::{LabelledPhrase, Phrase};
use crate::number::{bytes, counted, tokens, usd};
use crate::record::{Finding, Severity};

/// The most places, and the most spans, of a finding that are named.
const NAMED: usize = 3;

/// The most spans and places that a finding lists (see [`Finding::spans`]). If a finding lists this
/// many there may be more; its `items` counts them all.
const LISTED: usize = 50;

/// The parts of a finding that every format shows.
pub(super) struct FindingText {
    /// What this finding alone can save: dollars, or tokens where no price is known.
    pub(super) worth: String,
    /// What to do, in a few words; absent where nothing is known.
    pub(super) headline: Option<Phrase>,
    /// Name of the rule.
    pub(super) rule: Phrase,
    /// `high`, `warn` or `info`.
    pub(super) severity: &'static str,
    pub(super) message: Phrase,
    /// The places, the project, the remedy, the savings and the spans.
    pub(super) lines: Vec<LabelledPhrase>,
}

/// Puts a finding into words.
pub(super) fn finding_text(finding: &Finding, layout: &Layout) -> FindingText {
    let mut lines = Vec::new();
    if !finding.places.is_empty() {
        lines.push(("at", named(&finding.places, finding.items, layout)));
    }
    if let Some(scope) = scope(finding, layout) {
        lines.push(("in", scope));
    }
    lines.push(("do", Phrase::default().prose(&finding.remedy, layout)));
    lines.push(("saves", saves(finding)));
    if !finding.spans.is_empty() {
        lines.push(("spans", named(&finding.spans, finding.items, layout)));
    }
    let headline = finding.headline.as_deref();
    FindingText {
        worth: worth(finding),
        headline: headline.map(|headline| Phrase::default().prose(headline, layout)),
        rule: Phrase::default().name_within(&finding.rule, 40, layout),
        severity: severity(finding.severity),
        message: Phrase::default().prose(&finding.message, layout),
        lines,
    }
}

/// Returns what a finding alone can save: dollars, or tokens where no price is known.
pub(super) fn worth(finding: &Finding) -> String {
    match finding.net_usd {
        Some(cost) => usd(cost),
        None => tokens(finding.net_tokens),
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warn => "warn",
        Severity::High => "high",
    }
}

/// The first few names, and how many more there are.
fn named(names: &[String], items: u64, layout: &Layout) -> Phrase {
    let mut phrase = Phrase::default();
    for (i, name) in names.iter().take(NAMED).enumerate() {
        if i > 0 {
            phrase = phrase.and(", ");
        }
        phrase = phrase.name(name, layout);
    }
    let all = if names.len() < LISTED {
        names.len() as u64
    } else {
        items.max(names.len() as u64)
    };
    let more = all.saturating_sub(names.len().min(NAMED) as u64);
    if more > 0 {
        phrase.and(format!(" +{more} more"))
    } else {
        phrase
    }
}

/// The project and the thread of a finding; `None` if it has neither.
fn scope(finding: &Finding, layout: &Layout) -> Option<Phrase> {
    let project = finding.project.as_deref();
    let project = project.map(|project| Phrase::trusted("project ").name(project, layout));
    let thread = finding.thread.as_deref();
    match (project, thread) {
        (Some(phrase), Some(thread)) => Some(phrase.and(", thread ").name(thread, layout)),
        (None, Some(thread)) => Some(Phrase::trusted("thread ").name(thread, layout)),
        (project, None) => project,
    }
}

/// The savings. A finding about bytes on disk, or about behaviour, saves no tokens.
fn saves(finding: &Finding) -> Phrase {
    if finding.waste_tokens == 0 {
        let mut text = "no tokens of its own".to_owned();
        if let Some(n) = finding.bytes {
            text += &format!("; {}", bytes(n));
        }
        return Phrase::trusted(text);
    }
    let mut text = "at most ".to_owned();
    if let Some(cost) = finding.waste_usd {
        text += &format!("{}: ", usd(cost));
    }
    text += &format!("{} tokens", tokens(finding.waste_tokens));
    if finding.carried_tokens > 0 {
        text += &format!(" of {} carried", tokens(finding.carried_tokens));
    }
    text += &format!(
        " ({} of {} together)",
        counted(finding.items, "item"),
        tokens(finding.tokens)
    );
    if let Some(cost) = finding.break_usd {
        text += &format!("; less {} to send again what stands behind it", usd(cost));
    }
    if finding.net_tokens < finding.waste_tokens {
        let claimed = finding.waste_tokens - finding.net_tokens;
        text += &format!("; {} of it is in other findings", tokens(claimed));
    }
    Phrase::trusted(text)
}
