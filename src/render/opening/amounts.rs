//! The lines of the opening that say what was spent, where and on what. All amounts are fields of
//! the `summary` record; where a price is known they are dollars, else tokens.

use std::cmp::Reverse;

use super::name::name_of;
use crate::display::clip;
use crate::number::{counted, grouped, percent, percent_usd, signed, tokens, usd};
use crate::record::{Summary, Usd};
use crate::render::growth::Growth;
use crate::render::layout::Layout;
use crate::render::report::ReportContent;
use crate::render::tidy::tidy;
use crate::render::time;

/// The most kinds of content that are named; there are no more.
const KINDS: usize = 9;

/// Purposes of threads (`kind` of sessions) and their names in the report.
const PURPOSES: [(&str, &str); 5] = [
    ("main", "sessions"),
    ("subagent", "sub-agents"),
    ("review", "reviews"),
    ("compaction", "compactions"),
    ("memory", "memory"),
];

/// The cost, the tokens and the requests.
pub(super) fn amounts(summary: &Summary) -> Vec<String> {
    let cached = percent(summary.cache_read_tokens, summary.input_tokens);
    let mut parts = Vec::new();
    if let Some(cost) = summary.cost_usd {
        let mut part = format!("{} at list prices", usd(cost));
        if let Some(prices) = &summary.prices {
            part += &format!(" of {}", clip(&tidy(prices, None), 40));
        }
        parts.push(part);
    }
    if let Some(unpriced) = summary.unpriced {
        parts.push(format!("{} unpriced", grouped(unpriced)));
    }
    parts.extend([
        format!("{} in ({cached} cached)", tokens(summary.input_tokens)),
        format!("{} out", tokens(summary.output_tokens)),
        counted(summary.requests, "request"),
    ]);
    parts
}

/// The most expensive thread: its share, when it started, its project and its model. Empty if the
/// summary names no such thread.
pub(super) fn most_expensive(
    summary: &Summary,
    report: &ReportContent,
    layout: &Layout,
) -> Vec<String> {
    let (Some(thread), Some(n)) = (summary.dearest.as_deref(), summary.dearest_tokens) else {
        return Vec::new();
    };
    let row = report.row(thread);
    let (amount, part) = match (summary.dearest_usd, summary.cost_usd) {
        (Some(cost), Some(all)) => (usd(cost), percent_usd(cost, all)),
        _ => {
            let all = summary.input_tokens.saturating_add(summary.output_tokens);
            (tokens(n), percent(n, all))
        }
    };
    let what = row.and_then(Growth::kind_name).unwrap_or("session");
    let share = format!("{amount} ({part}) is one {what}:");
    match row {
        Some(row) => described(&share, row, layout),
        None => vec![format!("{share} {}", name_of(thread, layout))],
    }
}

fn described(share: &str, row: &Growth, layout: &Layout) -> Vec<String> {
    let started = time::minute_of(row.started.as_deref(), &layout.zone);
    let started = started.as_deref().unwrap_or("started at no known time");
    let mut place = name_of(row.project.as_deref().unwrap_or(&row.thread), layout);
    if let Some(branch) = &row.branch {
        place += &format!(" ({})", name_of(branch, layout));
    }
    let mut parts = vec![format!("{share} {started}"), place];
    if let Some((model, _)) = row.model() {
        parts.push(name_of(model, layout));
    }
    parts
}

/// The cost of sessions by purpose; empty if all sessions have the same one.
pub(super) fn who(summary: &Summary) -> Vec<String> {
    let mut parts = Vec::new();
    if summary.who.len() <= 1 {
        return parts;
    }
    for (kind, name) in PURPOSES {
        if let Some(cost) = summary.who_usd.get(kind) {
            parts.push(format!("{name} {}", usd(*cost)));
        } else if let Some(sum) = summary.who.get(kind) {
            parts.push(format!("{name} {}", tokens(*sum)));
        }
    }
    parts
}

/// The cost of each kind of content, the largest first.
pub(super) fn what(summary: &Summary, layout: &Layout) -> Vec<String> {
    let mut costs: Vec<(&String, Usd)> = Vec::new();
    for (kind, cost) in &summary.content_usd {
        if *cost != Usd::ZERO {
            costs.push((kind, *cost));
        }
    }
    if !costs.is_empty() {
        costs.sort_by_key(|(_, cost)| Reverse(*cost));
        return costs
            .iter()
            .take(KINDS)
            .map(|(kind, cost)| format!("{} {}", name_of(kind, layout), usd(*cost)))
            .collect();
    }
    let mut kinds: Vec<(&String, i64)> = Vec::new();
    for (kind, n) in &summary.content_tokens {
        if *n != 0 {
            kinds.push((kind, *n));
        }
    }
    kinds.sort_by_key(|(_, n)| Reverse(*n));
    kinds
        .iter()
        .take(KINDS)
        .map(|(kind, n)| format!("{} {}", name_of(kind, layout), signed(*n)))
        .collect()
}

/// The cost of tokens that were sent for the first time, sent again, and produced.
pub(super) fn how(summary: &Summary) -> Vec<String> {
    let costs = [
        summary.first_usd,
        summary.resent_cached_usd,
        summary.resent_uncached_usd,
        summary.generated_usd,
    ];
    let [Some(first), Some(cached), Some(uncached), Some(generated)] = costs else {
        return how_in_tokens(summary);
    };
    let mut parts = vec![
        format!("first sent {}", usd(first)),
        format!("re-sent cached {}", usd(cached)),
        format!("re-sent uncached {}{}", usd(uncached), breaks(summary)),
        format!("generated {}", usd(generated)),
    ];
    if summary.fee_usd != Usd::ZERO {
        parts.push(format!("web searches {}", usd(summary.fee_usd)));
    }
    parts
}

fn how_in_tokens(summary: &Summary) -> Vec<String> {
    vec![
        format!("first sent {}", signed(summary.first_tokens)),
        format!("re-sent cached {}", signed(summary.resent_cached_tokens)),
        format!(
            "re-sent uncached {}{}",
            signed(summary.resent_uncached_tokens),
            breaks(summary)
        ),
        format!("generated {}", tokens(summary.output_tokens)),
    ]
}

/// The cache breaks, which are one reason why tokens are sent again uncached: ` (3 cache breaks
/// $6.05)`. The amount is the cost above that of reading the same tokens from the cache; without
/// prices it is the number of tokens.
fn breaks(summary: &Summary) -> String {
    if summary.cache_breaks == 0 {
        return String::new();
    }
    let amount = match summary.cache_break_usd {
        Some(cost) => usd(cost),
        None => tokens(summary.cache_break_tokens),
    };
    format!(
        " ({} {amount})",
        counted(summary.cache_breaks, "cache break")
    )
}

/// What all findings together can save.
pub(super) fn save(summary: &Summary) -> Vec<String> {
    if summary.findings == 0 {
        return vec!["nothing found".into()];
    }
    let all = format!("{} tokens", tokens(summary.net_tokens));
    let most = match summary.net_usd {
        Some(cost) => format!("{} ({all})", usd(cost)),
        None => all,
    };
    let mut parts = vec![format!("at most {most}"), "no overlap".to_owned()];
    if summary.net_break_usd.is_some() {
        parts.push("broken cache deducted".into());
    }
    if let Some(last) = parts.last_mut() {
        last.push(':');
    }
    parts
}
