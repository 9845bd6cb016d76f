//! A finding in words: what was found, where, what to do, what that saves.

use super::Layout;
use super::phrase::Phrase;
use crate::number::{counted, tokens, usd};
use crate::record::{Finding, Severity};

/// How many places and spans of a finding are named.
const NAMED: usize = 3;

/// A finding lists no more than this (see [`Finding::spans`]); its `items` says how many there
/// were.
const LISTED: usize = 50;

/// A finding as every format lays it out.
pub(super) struct Item {
    /// What it alone can save: dollars, or tokens where no price is known.
    pub(super) worth: String,
    /// Name of the rule.
    pub(super) rule: Phrase,
    /// `high`, `warn` or `info`.
    pub(super) severity: &'static str,
    /// What was found.
    pub(super) message: Phrase,
    /// The rest, each line with its label.
    pub(super) lines: Vec<(&'static str, Phrase)>,
}

/// Puts a finding into words.
pub(super) fn item(finding: &Finding, layout: &Layout) -> Item {
    let mut lines = Vec::new();
    if !finding.places.is_empty() {
        lines.push(("at", named(&finding.places, finding.items, layout)));
    }
    if let Some(whose) = whose(finding, layout) {
        lines.push(("in", whose));
    }
    lines.push(("do", Phrase::default().prose(&finding.remedy, layout)));
    lines.push(("saves", saves(finding)));
    if !finding.spans.is_empty() {
        lines.push(("spans", named(&finding.spans, finding.items, layout)));
    }
    Item {
        worth: worth(finding),
        rule: Phrase::default().name_within(&finding.rule, 40, layout),
        severity: severity(finding.severity),
        message: Phrase::default().prose(&finding.message, layout),
        lines,
    }
}

/// What a finding alone can save: dollars, or tokens where no price is known.
pub(super) fn worth(finding: &Finding) -> String {
    finding
        .net_usd
        .map_or_else(|| tokens(finding.net_tokens), usd)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warn => "warn",
        Severity::High => "high",
    }
}

fn named(names: &[String], items: u64, layout: &Layout) -> Phrase {
    let mut phrase = Phrase::default();
    for (i, name) in names.iter().take(NAMED).enumerate() {
        phrase = if i > 0 { phrase.and(", ") } else { phrase }.name(name, layout);
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

fn whose(finding: &Finding, layout: &Layout) -> Option<Phrase> {
    let project = finding
        .project
        .as_deref()
        .map(|project| Phrase::ours("project ").name(project, layout));
    let thread = finding.thread.as_deref();
    match (project, thread) {
        (Some(phrase), Some(thread)) => Some(phrase.and(", thread ").name(thread, layout)),
        (None, Some(thread)) => Some(Phrase::ours("thread ").name(thread, layout)),
        (project, None) => project,
    }
}

/// Where tokens are carried, what is saved is a share of that; a finding about bytes on disk or
/// about behaviour has none.
fn saves(finding: &Finding) -> Phrase {
    if finding.waste_tokens == 0 {
        let bytes = finding.bytes.map_or(String::new(), |bytes| {
            format!("; {}", crate::number::bytes(bytes))
        });
        return Phrase::ours(format!("no tokens of its own{bytes}"));
    }
    let cost = finding
        .waste_usd
        .map_or(String::new(), |cost| format!("{}: ", usd(cost)));
    let mut text = format!("at most {cost}{} tokens", tokens(finding.waste_tokens));
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
    Phrase::ours(text)
}
