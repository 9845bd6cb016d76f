//! Findings as advice: what they are worth, what to do, one line of evidence, where, and what to
//! set.
//!
//! Findings with the same headline are one piece of advice, however many projects it is for: it is
//! worth what they are worth together, and the evidence is that of the largest. This module knows
//! the words of a finding in short; [`super::findings`] knows all of them.

use std::collections::BTreeSet;

use super::fix::fix_text;
use super::layout::Layout;
use super::phrase::Phrase;
use super::report::ReportContent;
use super::unit::Unit;
use crate::number::grouped;
use crate::record::{Finding, Fix, Severity};

/// The most columns of a file in a short place.
const FILE_COLUMNS: usize = 16;
/// The digits of a session's id in a short place.
const ID_DIGITS: usize = 8;
/// The most places that a finding lists (see [`Finding::places`]).
const LISTED: u64 = 50;
/// The length of a UUID as text.
const UUID: usize = 36;

/// Findings with the same headline, in short.
pub(super) struct Advice {
    /// The rank of the largest of them, and the ranks of all.
    pub(super) rank: u64,
    pub(super) ranks: Vec<u64>,
    /// What they are worth together.
    pub(super) worth: String,
    /// The project of the largest, and the number of the other projects.
    pub(super) project: Option<Phrase>,
    pub(super) more_projects: u64,
    pub(super) severity: Severity,
    /// What to do, in the imperative.
    pub(super) headline: Phrase,
    /// What was found.
    pub(super) evidence: Phrase,
    /// The first place, short.
    pub(super) place: Option<Phrase>,
    /// The number of further places.
    pub(super) more: u64,
    /// What to set, type or paste, the best of several; with its file, and without.
    pub(super) fix: Option<(Phrase, Phrase)>,
}

/// The findings that are worth something, the best first.
pub(super) fn advice(report: &ReportContent, unit: Unit, layout: &Layout) -> Vec<Advice> {
    let mut found: Vec<&Finding> = report.findings.iter().collect();
    if unit == Unit::Tokens {
        found.sort_by_key(|finding| std::cmp::Reverse(finding.net_tokens));
    }
    let mut alike: Vec<Vec<&Finding>> = Vec::new();
    for finding in found {
        if unit.worth(finding).is_none() {
            continue;
        }
        let same = alike
            .iter_mut()
            .find(|group| is_same_advice(group, finding));
        match same {
            Some(group) => group.push(finding),
            None => alike.push(vec![finding]),
        }
    }
    // The sort is stable: groups of the same worth stay in the order of their first findings.
    alike.sort_by_key(|group| std::cmp::Reverse(unit.size_of(group)));
    let mut all = Vec::new();
    for group in alike {
        all.extend(of(&group, unit, layout));
    }
    all
}

fn is_same_advice(group: &[&Finding], finding: &Finding) -> bool {
    finding.headline.is_some() && group.iter().any(|other| other.headline == finding.headline)
}

/// The messages of the findings that only say how near a limit came, the worst first.
pub(super) fn limits(report: &ReportContent, unit: Unit) -> Vec<&Finding> {
    let is_limit = |finding: &&Finding| {
        finding.reached.is_some()
            && finding.severity >= Severity::Warn
            && unit.worth(finding).is_none()
    };
    let mut limits: Vec<&Finding> = report.findings.iter().filter(is_limit).collect();
    limits.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    limits
}

fn of(group: &[&Finding], unit: Unit, layout: &Layout) -> Option<Advice> {
    let finding = group.first()?;
    let projects: BTreeSet<&str> = group
        .iter()
        .filter_map(|one| one.project.as_deref())
        .collect();
    let headline = finding.headline.as_ref().unwrap_or(&finding.remedy);
    let place = match finding.places.first() {
        Some(place) => Some(short_place(place, layout)),
        None => finding.thread.as_deref().map(|thread| {
            let thread = short(thread, ID_DIGITS);
            Phrase::default().name_within(&thread, FILE_COLUMNS, layout)
        }),
    };
    // A finding lists at most fifty places; if it lists as many, there may be more.
    let places = match finding.places.len() as u64 {
        listed @ 0..LISTED => listed,
        listed => finding.items.max(listed),
    };
    let project = finding.project.as_deref();
    Some(Advice {
        rank: finding.rank,
        ranks: group.iter().map(|one| one.rank).collect(),
        worth: unit.worth_of(group),
        project: project.map(|name| Phrase::default().name_within(name, FILE_COLUMNS, layout)),
        more_projects: (projects.len() as u64).saturating_sub(1),
        severity: finding.severity,
        headline: Phrase::default().prose(&capital(headline), layout),
        evidence: Phrase::default().prose(&finding.message, layout),
        place,
        more: places.saturating_sub(1),
        fix: finding
            .fix
            .first()
            .map(|fix| (fix_line(fix, layout), change(fix, layout))),
    })
}

/// A headline begins with a capital; a remedy, which stands for it, may not.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// A place in a few columns: `6b6f4218:1702`.
fn short_place(place: &str, layout: &Layout) -> Phrase {
    let (file, line) = match place.rsplit_once(':') {
        Some((file, line)) if !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()) => {
            (file, Some(line))
        }
        _ => (place, None),
    };
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = match name.split_once(".jsonl") {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    };
    let short_name = match uuid(stem) {
        Some(id) => short(id, ID_DIGITS),
        None => stem.to_owned(),
    };
    let phrase = Phrase::default().name_within(&short_name, FILE_COLUMNS, layout);
    match line {
        Some(line) => phrase.and(format!(":{}", short(line, 12))),
        None => phrase,
    }
}

/// The UUID at the end of a name, if there is one.
fn uuid(stem: &str) -> Option<&str> {
    let id = stem.get(stem.len().checked_sub(UUID)?..)?;
    let is_id = id.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    is_id.then_some(id)
}

fn short(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

/// A change in one line: `set env.MAX_MCP_OUTPUT_TOKENS = 10000 in ~/.claude/settings.json`.
pub(super) fn fix_line(fix: &Fix, layout: &Layout) -> Phrase {
    let phrase = change(fix, layout);
    match &fix_text(fix).place {
        Some(file) => phrase.and(" in ").name(file, layout),
        None => phrase,
    }
}

/// A change without its file.
fn change(fix: &Fix, layout: &Layout) -> Phrase {
    let verb = match (&fix.key, &fix.flag, &fix.command) {
        (Some(_), _, _) => "set ",
        (None, Some(_), _) => "flag ",
        (None, None, Some(_)) => "type ",
        (None, None, None) => "paste ",
    };
    Phrase::trusted(verb).name(&fix_text(fix).paste, layout)
}

impl Advice {
    /// Where it was found: `shop-api +2, 6b6f4218:1702 +17`.
    pub(super) fn whereabouts(&self) -> Option<Phrase> {
        let mut phrase = match (&self.project, self.more_projects) {
            (Some(project), more) => project.clone().and(and_more(more)),
            (None, _) => Phrase::default(),
        };
        if let Some(place) = &self.place {
            if self.project.is_some() {
                phrase = phrase.and(", ");
            }
            phrase.0.extend(place.0.iter().cloned());
            phrase = phrase.and(and_more(self.more));
        }
        if phrase.0.is_empty() {
            None
        } else {
            Some(phrase)
        }
    }
}

/// ` +17`, or nothing.
fn and_more(more: u64) -> String {
    match more {
        0 => String::new(),
        more => format!(" +{}", grouped(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_short_and_names_the_session() {
        let shown = |place: &str| short_place(place, &Layout::default()).plain();
        let id = "6b6f4218-0b12-4a5e-9d67-0123456789ab";
        assert_eq!(shown(&format!("/x/y/{id}.jsonl:1702")), "6b6f4218:1702");
        assert_eq!(
            shown(&format!("/x/rollout-2025-11-20T09-12-00-{id}.jsonl.zst:3")),
            "6b6f4218:3"
        );
        assert_eq!(shown("fixtures/a.jsonl:9"), "a:9");
        assert_eq!(shown("x/agent-123456789abcdefg.jsonl"), "agent-12…abcdefg");
        assert_eq!(shown(""), "");
    }
}
