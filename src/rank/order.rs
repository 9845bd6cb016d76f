//! Turns the candidates of the rules into findings in their order: net, severity, fingerprint,
//! rank.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::candidate::Candidate;
use super::claim::Claim;
use super::credit;
use super::jq::{JqValue, Program};
use super::options::By;
use super::rule::RULES;
use super::thread::Threads;
use super::words::counted;
use crate::record::{Finding, Reached, Severity, Usd};

/// A finding and all its claims.
struct JudgedFinding {
    /// Its rule has only general advice, so rules with a remedy claim tokens first.
    general: bool,
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
    threads: &Threads,
    input_tokens: u64,
) -> Result<Vec<Finding>, String> {
    let mut all = Vec::new();
    for (rule, candidate) in candidates {
        all.push(judged(rule, candidate, input_tokens));
    }
    rank(&mut all, by, threads);
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
            rank(&mut kept, by, threads);
        }
        all = kept;
    }
    Ok(all.into_iter().map(|judged| judged.finding).collect())
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

/// Computes the nets, sorts, and numbers. Tokens are credited to the largest waste first; where
/// findings are sorted by money, to the most expensive waste first.
fn rank(all: &mut [JudgedFinding], by: By, threads: &Threads) {
    let first = if by == By::Usd { By::Usd } else { By::Waste };
    sort(all, first);
    let claims: Vec<&[Claim]> = all.iter().map(|judged| judged.claims.as_slice()).collect();
    let nets = credit::nets(&claims, threads);
    for (judged, net) in std::iter::zip(all.iter_mut(), nets) {
        let finding = &mut judged.finding;
        finding.net_tokens = net.tokens;
        finding.net_usd = finding.waste_usd.map(|_| net.usd);
        finding.break_usd = match net.broken {
            Usd::ZERO => None,
            cost => Some(cost),
        };
    }
    if by != first {
        sort(all, by);
    }
    for (rank, judged) in (1..).zip(all) {
        judged.finding.rank = rank;
    }
}

/// The number that findings are sorted by.
fn size(finding: &Finding, by: By) -> u64 {
    match by {
        By::Waste => finding.waste_tokens,
        By::Net => finding.net_tokens,
        By::Carried => finding.carried_tokens,
        By::Tokens => finding.tokens,
        By::Bytes => finding.bytes.unwrap_or(0),
        By::Usd => match finding.waste_usd {
            Some(usd) => u64::try_from(usd.pico().max(0)).unwrap_or(u64::MAX),
            None => 0,
        },
    }
}

/// Sorts the largest first; equal ones by their other sizes, then by rule, fingerprint and thread.
/// A warning without waste comes before all findings that are no warning.
fn sort(all: &mut [JudgedFinding], by: By) {
    let sizes = |f: &Finding| {
        Reverse([
            size(f, by),
            f.waste_tokens,
            f.carried_tokens,
            f.tokens,
            f.bytes.unwrap_or(0),
        ])
    };
    let last = |judged: &JudgedFinding| matches!(by, By::Waste | By::Usd) && judged.general;
    all.sort_by(|x, y| {
        let (a, b) = (&x.finding, &y.finding);
        last(x)
            .cmp(&last(y))
            .then_with(|| sizes(a).cmp(&sizes(b)))
            .then_with(|| a.rule.cmp(&b.rule))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
            .then_with(|| a.thread.cmp(&b.thread))
    });
    if matches!(by, By::Waste | By::Usd) {
        let warns =
            |judged: &JudgedFinding| !judged.general && judged.finding.severity >= Severity::Warn;
        let large = all
            .iter()
            .rposition(|judged| warns(judged) && judged.finding.waste_tokens > 0);
        let rest = match large {
            Some(at) => at + 1,
            None => 0,
        };
        all[rest..].sort_by_key(|judged| !warns(judged));
    }
}

fn judged(rule: String, candidate: Candidate, input_tokens: u64) -> JudgedFinding {
    let Candidate {
        project,
        thread,
        subject,
        found,
        bytes,
        severity: least,
        reached,
        message,
        remedy,
    } = candidate;
    let (thread, session) = match thread {
        Some((thread, session)) => (Some(thread.to_string()), Some(session.to_string())),
        None => (None, None),
    };
    let mut severity = severity(found.waste_tokens, input_tokens).max(least);
    let (mut reached_what, mut percent) = (None, None);
    if let Some((what, share)) = reached {
        severity = severity.max(weight(what));
        (reached_what, percent) = (Some(what), share);
    }
    let finding = Finding {
        severity,
        fingerprint: fingerprint(&rule, project.as_deref(), subject.as_deref()),
        rule,
        thread,
        session,
        project: project.map(|project| project.to_string()),
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
        message,
        remedy,
        rank: 0,
    };
    let general = RULES
        .iter()
        .any(|entry| entry.name == finding.rule && entry.general);
    JudgedFinding {
        general,
        finding,
        claims: found.claims,
    }
}

/// By the share of all counted input that could be saved: 5 % is high, 1 % is worth a warning.
fn severity(waste_tokens: u64, input_tokens: u64) -> Severity {
    let (waste, input) = (u128::from(waste_tokens), u128::from(input_tokens));
    match waste * 100 {
        share if share == 0 || share < input => Severity::Info,
        share if share < input * 5 => Severity::Warn,
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

/// The same on every day for the same rule, project and subject: it rests on no id and no line.
fn fingerprint(rule: &str, project: Option<&str>, subject: Option<&str>) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [Some(rule), project, subject] {
        // Absent and empty are not the same.
        hasher.update(&[u8::from(part.is_some())]);
        hasher.update(part.unwrap_or_default().as_bytes());
        hasher.update(&[0]);
    }
    let mut hex = hasher.finalize().to_hex().to_string();
    hex.truncate(16);
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_is_a_share_of_the_input() {
        assert_eq!([0, 9, 10, 49, 50].map(|waste| severity(waste, 1_000)), {
            use Severity::{High, Info, Warn};
            [Info, Info, Warn, Warn, High]
        });
    }

    #[test]
    fn a_fingerprint_tells_absent_from_empty() {
        assert_ne!(
            fingerprint("a", None, Some("b")),
            fingerprint("a", Some("b"), None)
        );
        assert_eq!(fingerprint("a", Some("p"), Some("b")).len(), 16);
    }
}
