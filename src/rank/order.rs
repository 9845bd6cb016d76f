//! From what rules put forward to findings in their order: net, severity, fingerprint, rank.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::claim::Claim;
use super::credit;
use super::found::Candidate;
use super::jq::{Program, Value};
use super::rule::RULES;
use super::thread::Threads;
use super::words::counted;
use crate::record::{Finding, Reached, Severity, Usd};

/// What findings are sorted by, the largest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// What each could save; findings with only general advice after all others.
    #[default]
    Waste,
    /// What each could save that no other has claimed.
    Net,
    /// What was carried.
    Carried,
    /// Tokens, each once.
    Tokens,
    /// Bytes.
    Bytes,
    /// What that which each could save has cost.
    Usd,
}

impl By {
    /// Every key with its name on the command line.
    pub const NAMES: &'static [(&'static str, By)] = &[
        ("waste", By::Waste),
        ("net", By::Net),
        ("carried", By::Carried),
        ("tokens", By::Tokens),
        ("bytes", By::Bytes),
        ("usd", By::Usd),
    ];

    fn of(self, finding: &Finding) -> u64 {
        match self {
            By::Waste => finding.waste_tokens,
            By::Net => finding.net_tokens,
            By::Carried => finding.carried_tokens,
            By::Tokens => finding.tokens,
            By::Bytes => finding.bytes.unwrap_or(0),
            By::Usd => finding.waste_usd.map_or(0, |usd| {
                u64::try_from(usd.pico().max(0)).unwrap_or(u64::MAX)
            }),
        }
    }
}

/// A finding and all its claims.
struct Judged {
    /// Its rule has only general advice: what another rule has a remedy for is that rule's.
    general: bool,
    finding: Finding,
    claims: Vec<Claim>,
}

/// Returns the findings in their order, each with its net. Where `condition` leaves some out, the
/// rest is credited again: what the others had claimed is theirs. Where it leaves out all, `Err`
/// says what there was.
pub(super) fn ordered(
    candidates: Vec<(String, Candidate)>,
    by: By,
    condition: Option<&Program>,
    threads: &Threads,
    input_tokens: u64,
) -> Result<Vec<Finding>, String> {
    let mut all: Vec<Judged> = candidates
        .into_iter()
        .map(|(rule, c)| judged(rule, c, input_tokens))
        .collect();
    rank(&mut all, by, threads);
    if let Some(condition) = condition {
        let before: Vec<bool> = all
            .iter()
            .map(|judged| holds(condition, &judged.finding))
            .collect();
        if !before.is_empty() && !before.contains(&true) {
            return Err(none_of(condition, &all));
        }
        let mut kept = before.iter();
        all.retain(|_| kept.next() == Some(&true));
        if all.len() < before.len() {
            rank(&mut all, by, threads);
        }
    }
    Ok(all.into_iter().map(|judged| judged.finding).collect())
}

/// That no finding fits, and what there is: the rules that found something, and keys that the
/// predicate names and no finding has.
fn none_of(condition: &Program, all: &[Judged]) -> String {
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for judged in all {
        *rules.entry(&judged.finding.rule).or_default() += 1;
    }
    let rules = rules
        .iter()
        .map(|(rule, n)| format!("{rule} {n}"))
        .collect::<Vec<_>>()
        .join(", ");
    let found = counted(all.len() as u64, "finding");
    let keys: BTreeSet<String> = all
        .iter()
        .filter_map(|judged| serde_json::to_value(&judged.finding).ok())
        .flat_map(keys)
        .collect();
    let unknown: Vec<String> = condition
        .keys()
        .into_iter()
        .filter(|key| !keys.contains(key))
        .collect();
    let unknown = match unknown.as_slice() {
        [] => String::new(),
        unknown => format!("; no finding has {}", unknown.join(", ")),
    };
    format!("--where fits none of {found}: {rules}{unknown}")
}

fn keys(finding: serde_json::Value) -> Vec<String> {
    finding
        .as_object()
        .map(|finding| finding.keys().cloned().collect())
        .unwrap_or_default()
}

/// Whether the predicate holds for the finding as it would be written.
pub(super) fn holds(predicate: &Program, finding: &Finding) -> bool {
    let json = serde_json::to_string(finding).map_err(|e| e.to_string());
    match json.and_then(|json| Value::read(&json)) {
        Ok(value) => predicate.holds(value),
        Err(why) => {
            predicate.fault(why);
            false
        }
    }
}

/// Credits, sorts and numbers. Who wants money sees it credited from the dearest waste down.
fn rank(all: &mut [Judged], by: By, threads: &Threads) {
    let first = if by == By::Usd { By::Usd } else { By::Waste };
    sort(all, first);
    let claims: Vec<&[Claim]> = all.iter().map(|judged| judged.claims.as_slice()).collect();
    let nets = credit::nets(&claims, threads);
    all.iter_mut().zip(nets).for_each(|(judged, net)| {
        judged.finding.net_tokens = net.tokens;
        judged.finding.net_usd = judged.finding.waste_usd.map(|_| net.usd);
        judged.finding.break_usd = Some(net.broken).filter(|cost| *cost != Usd::ZERO);
    });
    if by != first {
        sort(all, by);
    }
    all.iter_mut()
        .zip(1..)
        .for_each(|(judged, rank)| judged.finding.rank = rank);
}

/// The largest first; equals by what else they have, then by what they are. A warning that has
/// nothing to save comes before all that is less than a warning.
fn sort(all: &mut [Judged], by: By) {
    let size = |f: &Finding| {
        Reverse([
            by.of(f),
            f.waste_tokens,
            f.carried_tokens,
            f.tokens,
            f.bytes.unwrap_or(0),
        ])
    };
    let last = |judged: &Judged| matches!(by, By::Waste | By::Usd) && judged.general;
    all.sort_by(|x, y| {
        let (a, b) = (&x.finding, &y.finding);
        last(x)
            .cmp(&last(y))
            .then_with(|| size(a).cmp(&size(b)))
            .then_with(|| a.rule.cmp(&b.rule))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
            .then_with(|| a.thread.cmp(&b.thread))
    });
    if matches!(by, By::Waste | By::Usd) {
        let warns = |judged: &Judged| !judged.general && judged.finding.severity >= Severity::Warn;
        let large = all
            .iter()
            .rposition(|judged| warns(judged) && judged.finding.waste_tokens > 0);
        all[large.map_or(0, |at| at + 1)..].sort_by_key(|judged| !warns(judged));
    }
}

fn judged(rule: String, candidate: Candidate, input_tokens: u64) -> Judged {
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
    let (thread, session) = thread
        .map(|(thread, session)| (thread.to_string(), session.to_string()))
        .unzip();
    let finding = Finding {
        severity: severity(found.waste_tokens, input_tokens)
            .max(least)
            .max(reached.map_or(Severity::Info, |(what, _)| weight(what))),
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
        reached: reached.map(|(what, _)| what),
        percent: reached.and_then(|(_, percent)| percent),
        message,
        remedy,
        rank: 0,
    };
    let general = RULES
        .iter()
        .any(|entry| entry.name == finding.rule && entry.general);
    Judged {
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

/// What is refused, or would be, matters more than what is only large.
fn weight(reached: Reached) -> Severity {
    match reached {
        Reached::Over => Severity::Info,
        Reached::Compact | Reached::Warn => Severity::Warn,
        Reached::Block | Reached::Hit => Severity::High,
    }
}

/// The same for the same rule, project and subject, whatever the day: no id and no line is in it.
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
