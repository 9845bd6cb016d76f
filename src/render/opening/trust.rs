//! The line of the opening that says how far its figures can be trusted.

use std::cmp::Reverse;

use super::name::{NAMED, PART_COLUMNS, name_of};
use crate::display::clip;
use crate::number::{counted, grouped, percent, tokens, usd};
use crate::record::Summary;
use crate::render::layout::Layout;
use crate::render::report::ReportContent;
use crate::render::tidy::tidy;

/// How the figures are known, what they leave out, and why.
pub(super) fn trust(summary: &Summary, report: &ReportContent, layout: &Layout) -> Vec<String> {
    let mut parts = Vec::new();
    if let (Some(steps @ 1..), Some(explained)) = (summary.steps, summary.steps_explained) {
        parts.push(format!(
            "{} of {} explained",
            grouped(explained),
            counted(steps, "step")
        ));
    }
    parts.extend(sums(summary));
    parts.extend(naive(summary, layout));
    for (why, n) in summary.uncounted.iter().take(NAMED) {
        parts.push(format!(
            "{} not counted ({})",
            counted(*n, "request"),
            reason(why, layout)
        ));
    }
    if summary.uncounted.is_empty() {
        parts.push("every request counted".into());
    }
    if report.by_ledger > 0 {
        parts.push(format!(
            "{} by the agents' own ledgers alone",
            counted(report.by_ledger, "request")
        ));
    }
    parts.extend(no_price(summary, layout));
    if summary.output_unknown > 0 {
        parts.push(counted(summary.output_unknown, "placeholder output"));
    }
    parts.extend(in_no_file(summary));
    if report.coverage.is_none() {
        parts.push("no coverage record: the stream was cut off or filtered".into());
    }
    parts
}

/// The share of the input that no file records; `None` if the sessions were not replayed.
fn in_no_file(summary: &Summary) -> Option<String> {
    if summary.content_tokens.is_empty() {
        return None;
    }
    Some(match u64::try_from(summary.unrecorded_tokens) {
        Ok(n) => format!(
            "{} of the input is in no file",
            percent(n, summary.input_tokens)
        ),
        Err(_) => format!(
            "the spans are {} more than the input",
            tokens(summary.unrecorded_tokens.unsigned_abs())
        ),
    })
}

/// The cost that a plain sum of the usage lines gives, and why it is wrong; `None` if it is right.
fn naive(summary: &Summary, layout: &Layout) -> Option<String> {
    let cost = summary.naive_usd?;
    if Some(cost) == summary.cost_usd {
        return None;
    }
    let mut why = Vec::new();
    for (reason, n) in summary.naive.iter().take(NAMED) {
        why.push(match reason.as_str() {
            "copy" => counted(*n, "copy"),
            "fork" => counted(*n, "fork"),
            "repeated" => format!("{} repeats", grouped(*n)),
            "unreported" => format!("{} unlisted", grouped(*n)),
            other => format!("{} {}", grouped(*n), name_of(other, layout)),
        });
    }
    Some(format!("a plain sum: {} ({})", usd(cost), why.join(", ")))
}

/// Whether the tokens that were charged to content add up to the reported input; `None` if no
/// tokens were charged.
fn sums(summary: &Summary) -> Option<String> {
    let charged = summary
        .first_tokens
        .saturating_add(summary.resent_cached_tokens)
        .saturating_add(summary.resent_uncached_tokens);
    if charged == 0 {
        return None;
    }
    let off = i128::from(charged) - i128::from(summary.input_tokens);
    if off == 0 {
        return Some("sums to the reported input".into());
    }
    let off = u64::try_from(off.unsigned_abs()).unwrap_or(u64::MAX);
    Some(format!(
        "sums to {} tokens off the reported input",
        grouped(off)
    ))
}

/// The models without a price and their tokens, the most tokens first.
fn no_price(summary: &Summary, layout: &Layout) -> Vec<String> {
    let mut models: Vec<_> = summary.unpriced_tokens.iter().collect();
    models.sort_by_key(|(_, n)| Reverse(**n));
    let mut parts = Vec::new();
    for (model, n) in models.iter().take(NAMED) {
        let model = if model.is_empty() {
            "no named model".into()
        } else {
            clip(&tidy(model, layout.home.as_deref()), PART_COLUMNS).into_owned()
        };
        parts.push(format!("no price for {} tokens of {model}", tokens(**n)));
    }
    let more = models.len().saturating_sub(NAMED);
    if more > 0 {
        parts.push(format!("nor for {}", counted(more as u64, "other model")));
    }
    parts
}

fn reason(why: &str, layout: &Layout) -> String {
    match why {
        "copy" => "copied from elsewhere".into(),
        "window" => "outside the window".into(),
        "estimate" => "estimated by the agent".into(),
        "unreported" => "never reported".into(),
        other => name_of(other, layout),
    }
}
