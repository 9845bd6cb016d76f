//! The opening of a report: what a reader wants to know in ten lines.
//!
//! Plain lines of text, made harmless; markdown sets them in a fence. Every number stands in the
//! `summary` record; nothing is added up here. Where there is money it stands in place of tokens.

mod title;
mod trust;

use unicode_width::UnicodeWidthStr;

use super::findings::worth;
use super::name::tidy;
use super::{Layout, Report};
use crate::display::clip;
use crate::number::{counted, grouped, percent, percent_usd, signed, tokens, usd};
use crate::record::{Finding, Summary, Usd};
use crate::render::time;

/// Columns of the label that each line begins with.
const LABEL: usize = 8;
/// Findings that the opening names; all of them follow in full.
const FINDINGS: usize = 3;
/// Agents and models that are named.
const NAMED: usize = 8;
/// Kinds of content that are named: there are no more.
const KINDS: usize = 9;
/// Columns that one part of a line may take.
const PART_COLUMNS: usize = 72;

/// Returns the opening lines.
pub(super) fn lines(report: &Report, layout: &Layout) -> Vec<String> {
    let mut lines = line("tok-report  ", "   ", &title::title(report, layout), layout);
    if report.has_no_sessions() {
        lines.push("no sessions found".into());
        return lines;
    }
    let Some(summary) = &report.summary else {
        lines.push("no summary record in the stream: tok-rank writes it".into());
        return lines;
    };
    let labelled = [
        (
            if summary.cost_usd.is_some() {
                "cost"
            } else {
                "tokens"
            },
            ", ",
            amounts(summary),
        ),
        ("where", "  ", dearest(summary, report, layout)),
        ("who", "  ", who(summary)),
        ("what", "  ", what(summary, layout)),
        ("how", "  ", how(summary)),
        ("trust", "; ", trust::trust(summary, report, layout)),
        ("save", ", ", save(summary)),
    ];
    for (label, glue, parts) in labelled {
        if !parts.is_empty() {
            lines.extend(line(&format!("{label:<LABEL$}"), glue, &parts, layout));
        }
    }
    lines.extend(
        report
            .findings
            .iter()
            .take(FINDINGS)
            .map(|found| finding(found, layout)),
    );
    lines
}

/// Sets parts in one line, or in several where the columns do not suffice.
fn line(label: &str, glue: &str, parts: &[String], layout: &Layout) -> Vec<String> {
    let mut lines = vec![label.to_owned()];
    let mut fresh = true;
    for part in parts {
        let part = clip(part, PART_COLUMNS.min(layout.columns.saturating_sub(LABEL)));
        let used = lines.last().map_or(0, |line| line.width());
        if !fresh && used + glue.width() + part.width() > layout.columns {
            if let Some(last) = lines.last_mut() {
                last.push_str(glue.trim_end());
            }
            lines.push(" ".repeat(LABEL));
            fresh = true;
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(if fresh { "" } else { glue });
            last.push_str(&part);
        }
        fresh = false;
    }
    lines
}

fn amounts(summary: &Summary) -> Vec<String> {
    let cached = percent(summary.cache_read_tokens, summary.input_tokens);
    let mut parts = Vec::new();
    if let Some(cost) = summary.cost_usd {
        let of = summary.prices.as_ref().map_or(String::new(), |prices| {
            format!(" of {}", clip(&tidy(prices, None), 40))
        });
        parts.push(format!("{} at list prices{of}", usd(cost)));
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

fn dearest(summary: &Summary, report: &Report, layout: &Layout) -> Vec<String> {
    let (Some(thread), Some(n)) = (summary.dearest.as_deref(), summary.dearest_tokens) else {
        return Vec::new();
    };
    let all = summary.input_tokens.saturating_add(summary.output_tokens);
    let row = report.row(thread);
    let what = row.and_then(|row| row.kind_name()).unwrap_or("session");
    let (amount, part) = match (summary.dearest_usd, summary.cost_usd) {
        (Some(cost), Some(all)) => (usd(cost), percent_usd(cost, all)),
        _ => (tokens(n), percent(n, all)),
    };
    let share = format!("{amount} ({part}) is one {what}:");
    let Some(row) = row else {
        return vec![format!("{share} {}", name_of(thread, layout))];
    };
    let started = row
        .started
        .as_deref()
        .and_then(|at| time::minute(at, &layout.zone));
    let mut parts = vec![format!(
        "{share} {}",
        started.as_deref().unwrap_or("started at no known time")
    )];
    let branch = row.branch.as_deref().map_or(String::new(), |branch| {
        format!(" ({})", name_of(branch, layout))
    });
    parts.push(format!(
        "{}{branch}",
        name_of(row.project.as_deref().unwrap_or(thread), layout)
    ));
    parts.extend(row.model().map(|(model, _)| name_of(model, layout)));
    parts
}

/// What sessions of persons cost, and what they had others do; nothing where they had nobody.
fn who(summary: &Summary) -> Vec<String> {
    const KINDS: [(&str, &str); 5] = [
        ("main", "sessions"),
        ("subagent", "sub-agents"),
        ("review", "reviews"),
        ("compaction", "compactions"),
        ("memory", "memory"),
    ];
    let amount = |kind: &str| match summary.who_usd.get(kind) {
        Some(cost) => Some(usd(*cost)),
        None => summary.who.get(kind).map(|sum| tokens(*sum)),
    };
    let parts: Vec<String> = KINDS
        .iter()
        .filter_map(|(kind, name)| Some(format!("{name} {}", amount(kind)?)))
        .collect();
    if summary.who.len() > 1 {
        parts
    } else {
        Vec::new()
    }
}

fn what(summary: &Summary, layout: &Layout) -> Vec<String> {
    let mut costs: Vec<_> = summary
        .content_usd
        .iter()
        .filter(|(_, cost)| **cost != Usd::ZERO)
        .collect();
    if !costs.is_empty() {
        costs.sort_by_key(|(_, cost)| std::cmp::Reverse(**cost));
        return costs
            .iter()
            .take(KINDS)
            .map(|(kind, cost)| format!("{} {}", name_of(kind, layout), usd(**cost)))
            .collect();
    }
    let mut kinds: Vec<_> = summary
        .content_tokens
        .iter()
        .filter(|(_, n)| **n != 0)
        .collect();
    kinds.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    kinds
        .iter()
        .take(KINDS)
        .map(|(kind, n)| format!("{} {}", name_of(kind, layout), signed(**n)))
        .collect()
}

fn how(summary: &Summary) -> Vec<String> {
    let costs = [
        summary.first_usd,
        summary.resent_cached_usd,
        summary.resent_uncached_usd,
        summary.generated_usd,
    ];
    if let [Some(first), Some(cached), Some(uncached), Some(generated)] =
        costs.map(|cost| cost.map(usd))
    {
        let mut parts = vec![
            format!("first sent {first}"),
            format!("re-sent cached {cached}"),
            format!("re-sent uncached {uncached}{}", breaks(summary)),
            format!("generated {generated}"),
        ];
        parts.extend(
            (summary.fee_usd != Usd::ZERO)
                .then(|| format!("web searches {}", usd(summary.fee_usd))),
        );
        return parts;
    }
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

/// Why it was sent uncached again: ` (3 cache breaks $6.05)`, with what these cost beyond reading
/// from the cache; tokens where no price is known.
fn breaks(summary: &Summary) -> String {
    if summary.cache_breaks == 0 {
        return String::new();
    }
    let amount = summary
        .cache_break_usd
        .map_or_else(|| tokens(summary.cache_break_tokens), usd);
    format!(
        " ({} {amount})",
        counted(summary.cache_breaks, "cache break")
    )
}

fn save(summary: &Summary) -> Vec<String> {
    if summary.findings == 0 {
        return vec!["nothing found".into()];
    }
    let all = format!("{} tokens", tokens(summary.net_tokens));
    let most = summary
        .net_usd
        .map_or_else(|| all.clone(), |cost| format!("{} ({all})", usd(cost)));
    let mut parts = vec![format!("at most {most}"), "no overlap".into()];
    parts.extend(
        summary
            .net_break_usd
            .map(|_| "broken cache deducted".into()),
    );
    if let Some(last) = parts.last_mut() {
        last.push(':');
    }
    parts
}

/// One finding in one line, its message cut to what the columns leave.
fn finding(finding: &Finding, layout: &Layout) -> String {
    let home = layout.home.as_deref();
    let rule = tidy(&finding.rule, home);
    let head = format!(
        "{:>2} {:>7} {}  ",
        finding.rank,
        worth(finding),
        clip(&rule, 32)
    );
    let id = finding
        .spans
        .first()
        .or(finding.places.first())
        .map_or(String::new(), |id| tidy(id, home));
    let tail = if id.is_empty() {
        id
    } else {
        format!("   {}", clip(&id, 40))
    };
    let room = layout
        .columns
        .saturating_sub(head.width() + tail.width())
        .max(24);
    let message = tidy(&finding.message, home);
    format!("{head}{}{tail}", clip_end(&message, room))
}

/// Sentences lose their end, not their middle.
fn clip_end(text: &str, columns: usize) -> String {
    let lines = textwrap::wrap(text, columns.saturating_sub(2).max(1));
    match lines.as_slice() {
        [] => String::new(),
        _ if text.width() <= columns => text.to_owned(),
        [first, ..] => format!("{first} …"),
    }
}

fn name_of(name: &str, layout: &Layout) -> String {
    clip(&tidy(name, layout.home.as_deref()), 40).into_owned()
}
