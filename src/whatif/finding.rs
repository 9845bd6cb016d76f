//! The finding of a policy: what it would have saved, for a gate or a list of findings.

use crate::number::{counted, percent_usd, tokens, usd};
use crate::record::{Finding, Severity, Usd, WhatIf};

/// The rule of these findings.
const RULE: &str = "whatif";

/// Returns the finding of an outcome; `place`: its place among those of the run, from 1.
pub(super) fn finding(row: &WhatIf, place: u64) -> Finding {
    let saved = u64::try_from(row.saved_tokens).unwrap_or(0);
    let net = row.saved_usd.map(|usd| usd.max(Usd::ZERO));
    let broken = row.broken_cache_usd.filter(|usd| *usd > Usd::ZERO);
    let waste = net.map(|net| net.plus(broken.unwrap_or_default()));
    Finding {
        rule: RULE.to_owned(),
        severity: severity(row),
        fingerprint: fingerprint(row),
        agent: row.agent.clone(),
        subject: Some(row.policy.clone()),
        items: row.changed_requests,
        tokens: saved,
        carried_tokens: row.input_tokens,
        waste_tokens: saved,
        net_tokens: saved,
        waste_usd: waste,
        net_usd: net,
        break_usd: broken,
        headline: row.headline.clone(),
        message: message(row),
        remedy: row
            .headline
            .clone()
            .unwrap_or_else(|| format!("apply the policy {}", row.policy)),
        fix: row.fix.clone(),
        rank: place,
        ..Finding::default()
    }
}

fn severity(row: &WhatIf) -> Severity {
    let saved = row.saved_usd.unwrap_or_default().pico();
    let cost = row.cost_usd.unwrap_or_default().pico();
    match saved.saturating_mul(100).checked_div(cost).unwrap_or(0) {
        10.. => Severity::High,
        1..10 => Severity::Warn,
        _ => Severity::Info,
    }
}

fn message(row: &WhatIf) -> String {
    let requests = counted(row.changed_requests, "request");
    let threads = counted(row.threads_changed, "session");
    let of = format!("{requests} of {threads} would have been sent otherwise");
    match (row.saved_usd, row.cost_usd) {
        (Some(saved), Some(cost)) if saved >= Usd::ZERO => {
            let share = percent_usd(saved, cost);
            format!("{of}, for {} less ({share})", usd(saved))
        }
        (Some(saved), _) => format!("{of}, for {} more", usd(Usd::ZERO.minus(saved))),
        _ => format!(
            "{of}, with {} tokens fewer",
            tokens(u64::try_from(row.saved_tokens).unwrap_or(0))
        ),
    }
}

/// The same for the same policy on another day.
fn fingerprint(row: &WhatIf) -> String {
    let hash = blake3::hash(format!("{RULE}\0{}", row.policy).as_bytes());
    let mut hex = hash.to_hex().to_string();
    hex.truncate(16);
    hex
}
