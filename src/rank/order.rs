//! Turns the candidates of the rules into findings in their order: net, severity, fingerprint,
//! rank.
//!
//! Tokens are credited to rules with a remedy for one thing before those with general advice, and
//! to the most expensive waste first. The order of the findings is another: that of what each has
//! been credited with, so that the amounts a reader sees fall from the first finding to the last.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::candidate::Candidate;
use super::claim::Claim;
use super::credit;
use super::fingerprint;
use super::jq::{JqValue, Program};
use super::options::By;
use super::remedy::{Remedies, RemedyWords, SoughtRemedy};
use super::rule::RULES;
use super::thread::Threads;
use super::words::counted;
use crate::record::{Finding, Reached, Severity, Usd};

/// What the findings are held against.
pub(super) struct RankBasis<'t> {
    pub(super) threads: &'t Threads,
    /// Counted input of the stream.
    pub(super) input_tokens: u64,
    /// What the counted requests cost; `None` where no price is known.
    pub(super) cost_usd: Option<Usd>,
    pub(super) remedies: &'t Remedies,
}

/// A finding and all its claims.
struct JudgedFinding {
    /// Its rule has only general advice, so rules with a remedy claim tokens first.
    general: bool,
    /// The least severity, whatever could be saved.
    least: Severity,
    finding: Finding,
    claims: Vec<Claim>,
}

/// Returns the findings in their order, each with its net. Where `condition` leaves some out, net
/// savings are recomputed over the findings that remain. Where it leaves out all, `Err` says which
/// findings there were.
pub(super) fn ordered(
    candidates: Vec<(String, Candidate)>,
    by: By,
    condition: Option<&Program>,
    basis: &RankBasis,
) -> Result<Vec<Finding>, String> {
    let mut all = Vec::new();
    let mut begun = Vec::new();
    for (rule, candidate) in candidates {
        begun.push(began(&candidate, basis.threads));
        all.push(judged(rule, candidate, basis.remedies));
    }
    fingerprint::number(all.iter_mut().map(|judged| &mut judged.finding), &begun);
    rank(&mut all, by, basis);
    if let Some(condition) = condition {
        let (mut kept, mut others) = (Vec::new(), Vec::new());
        for judged in all {
            if holds(condition, &judged.finding) {
                kept.push(judged);
            } else {
                others.push(judged);
            }
        }
        if kept.is_empty() && !others.is_empty() {
            return Err(none_of(condition, &others));
        }
        if !others.is_empty() {
            rank(&mut kept, by, basis);
        }
        all = kept;
    }
    Ok(all.into_iter().map(|judged| judged.finding).collect())
}

/// When the thread of a candidate began, where it is about one.
fn began(candidate: &Candidate, threads: &Threads) -> Option<Rc<str>> {
    let (thread, _) = candidate.thread.as_ref()?;
    threads.get(thread)?.began.clone()
}

/// Says that no finding fits, which rules found something, and which keys the predicate names that
/// no finding has.
fn none_of(condition: &Program, all: &[JudgedFinding]) -> String {
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for judged in all {
        *rules.entry(&judged.finding.rule).or_default() += 1;
    }
    let rules: Vec<String> = rules
        .iter()
        .map(|(rule, n)| format!("{rule} {n}"))
        .collect();
    let mut keys = BTreeSet::new();
    for judged in all {
        if let Ok(serde_json::Value::Object(finding)) = serde_json::to_value(&judged.finding) {
            keys.extend(finding.into_iter().map(|(key, _)| key));
        }
    }
    let mut unknown = condition.keys();
    unknown.retain(|key| !keys.contains(key));
    let unknown = match unknown.as_slice() {
        [] => String::new(),
        unknown => format!("; no finding has {}", unknown.join(", ")),
    };
    format!(
        "--where fits none of {}: {}{unknown}",
        counted(all.len() as u64, "finding"),
        rules.join(", ")
    )
}

/// Whether the predicate holds for the finding as it would be written.
pub(super) fn holds(predicate: &Program, finding: &Finding) -> bool {
    let value = match serde_json::to_string(finding) {
        Ok(json) => JqValue::read(&json),
        Err(e) => Err(e.to_string()),
    };
    match value {
        Ok(value) => predicate.holds(value),
        Err(why) => {
            predicate.fault(why);
            false
        }
    }
}

/// Computes the nets and the severities, sorts, and numbers. Tokens are credited to the most
/// expensive waste first; where findings are sorted by tokens, to the largest.
fn rank(all: &mut [JudgedFinding], by: By, basis: &RankBasis) {
    all.sort_by(|x, y| {
        x.general
            .cmp(&y.general)
            .then_with(|| waste(&y.finding, by).cmp(&waste(&x.finding, by)))
            .then_with(|| by_name(&x.finding, &y.finding))
    });
    let claims: Vec<&[Claim]> = all.iter().map(|judged| judged.claims.as_slice()).collect();
    let nets = credit::nets(&claims, basis.threads);
    for (judged, net) in std::iter::zip(all.iter_mut(), nets) {
        let finding = &mut judged.finding;
        finding.net_tokens = net.tokens;
        finding.net_usd = finding.waste_usd.map(|_| net.usd);
        finding.break_usd = match net.broken {
            Usd::ZERO => None,
            cost => Some(cost),
        };
        finding.severity = severity(finding, basis).max(judged.least);
    }
    // The sort is stable: what is equal in all sizes keeps the order of credit.
    all.sort_by(|x, y| {
        let (a, b) = (&x.finding, &y.finding);
        let general = by == By::Waste;
        (general && x.general)
            .cmp(&(general && y.general))
            .then_with(|| sizes(b, by).cmp(&sizes(a, by)))
            .then_with(|| b.severity.cmp(&a.severity))
            .then_with(|| waste(b, by).cmp(&waste(a, by)))
            .then_with(|| extent(b).cmp(&extent(a)))
            .then_with(|| by_name(a, b))
    });
    for (rank, judged) in (1..).zip(all) {
        judged.finding.rank = rank;
    }
}

/// The waste by which tokens are credited: its cost where findings are sorted by cost, and tokens.
fn waste(finding: &Finding, by: By) -> [u64; 2] {
    let cost = match by {
        By::Usd => pico(finding.waste_usd),
        _ => 0,
    };
    [cost, finding.waste_tokens]
}

/// How large the evidence is, whatever could be saved of it.
fn extent(finding: &Finding) -> [u64; 3] {
    let bytes = finding.bytes.unwrap_or(0);
    [finding.carried_tokens, finding.tokens, bytes]
}

/// The amounts that findings are sorted by.
fn sizes(finding: &Finding, by: By) -> [u64; 2] {
    match by {
        By::Usd => [pico(finding.net_usd), finding.net_tokens],
        By::Waste => [finding.waste_tokens, 0],
        By::Net => [finding.net_tokens, 0],
        By::Carried => [finding.carried_tokens, 0],
        By::Tokens => [finding.tokens, 0],
        By::Bytes => [finding.bytes.unwrap_or(0), 0],
    }
}

fn pico(amount: Option<Usd>) -> u64 {
    match amount {
        Some(usd) => u64::try_from(usd.pico().max(0)).unwrap_or(u64::MAX),
        None => 0,
    }
}

fn by_name(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    a.rule
        .cmp(&b.rule)
        .then_with(|| a.fingerprint.cmp(&b.fingerprint))
}

fn judged(rule: String, candidate: Candidate, remedies: &Remedies) -> JudgedFinding {
    let Candidate {
        scope,
        thread,
        subject,
        class,
        found,
        bytes,
        severity: mut least,
        reached,
        message,
        remedy,
    } = candidate;
    let (thread, session) = match thread {
        Some((thread, session)) => (Some(thread.to_string()), Some(session.to_string())),
        None => (None, None),
    };
    let (mut reached_what, mut percent) = (None, None);
    if let Some((what, share)) = reached {
        least = least.max(weight(what));
        (reached_what, percent) = (Some(what), share);
    }
    let words: RemedyWords = remedies.words(SoughtRemedy {
        rule: &rule,
        agent: scope.agent.as_deref(),
        class,
        subject: subject.as_deref(),
    });
    let general = RULES
        .iter()
        .any(|entry| entry.name == rule && entry.general);
    let finding = Finding {
        severity: least,
        fingerprint: String::new(),
        rule,
        thread,
        session,
        agent: scope.agent.map(|agent| agent.to_string()),
        project: scope.project.map(|project| project.to_string()),
        subject,
        spans: found.spans(),
        places: found.places(),
        items: found.items,
        bytes,
        tokens: found.tokens,
        carried_tokens: found.carried_tokens,
        waste_tokens: found.waste_tokens,
        net_tokens: 0,
        waste_usd: found.waste_usd,
        net_usd: None,
        break_usd: None,
        reached: reached_what,
        percent,
        headline: words.headline,
        message,
        remedy: words.remedy.unwrap_or(remedy),
        fix: words.fix,
        rank: 0,
    };
    JudgedFinding {
        general,
        least,
        finding,
        claims: found.claims,
    }
}

/// By the share of the whole cost that could be saved and that no other finding claims, or, where
/// no price is known, by that of all counted input: 5 % is high, 1 % is worth a warning.
fn severity(finding: &Finding, basis: &RankBasis) -> Severity {
    match (finding.net_usd, basis.cost_usd) {
        (Some(net), Some(cost)) if cost > Usd::ZERO => {
            level(pico(Some(net)).into(), pico(Some(cost)).into())
        }
        _ => level(finding.waste_tokens.into(), basis.input_tokens.into()),
    }
}

fn level(part: u128, whole: u128) -> Severity {
    match part * 100 {
        share if share == 0 || share < whole => Severity::Info,
        share if share < whole * 5 => Severity::Warn,
        _ => Severity::High,
    }
}

/// A request that was refused, or would be, is graver than one that is only large.
fn weight(reached: Reached) -> Severity {
    match reached {
        Reached::Over => Severity::Info,
        Reached::Compact | Reached::Warn => Severity::Warn,
        Reached::Block | Reached::Hit => Severity::High,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_is_a_share_of_the_bill() {
        assert_eq!([0, 9, 10, 49, 50].map(|part| level(part, 1_000)), {
            use Severity::{High, Info, Warn};
            [Info, Info, Warn, Warn, High]
        });
    }
}
