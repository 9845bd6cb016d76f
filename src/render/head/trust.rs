//! What the figures of a report rest on: the line of the opening that says how far to trust them.

use super::{NAMED, PART_COLUMNS, name_of};
use crate::display::clip;
use crate::number::{counted, grouped, percent, tokens, usd};
use crate::record::Summary;
use crate::render::name::tidy;
use crate::render::{Layout, Report};

/// What the numbers rest on, what they do not hold, and why.
pub(super) fn trust(summary: &Summary, report: &Report, layout: &Layout) -> Vec<String> {
    let mut parts = Vec::new();
    if let (Some(steps), Some(explained)) = (
        summary.steps.filter(|steps| *steps > 0),
        summary.steps_explained,
    ) {
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

/// How much of what was sent no file records; `None` where nobody has looked.
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

/// What a plain sum of the usage lines would say, and why; `None` where it is right.
fn naive(summary: &Summary, layout: &Layout) -> Option<String> {
    let cost = summary
        .naive_usd
        .filter(|cost| Some(*cost) != summary.cost_usd)?;
    let why = summary
        .naive
        .iter()
        .take(NAMED)
        .map(|(reason, n)| match reason.as_str() {
            "copy" => counted(*n, "copy"),
            "fork" => counted(*n, "fork"),
            "repeated" => format!("{} repeats", grouped(*n)),
            "unreported" => format!("{} unlisted", grouped(*n)),
            other => format!("{} {}", grouped(*n), name_of(other, layout)),
        });
    Some(format!(
        "a plain sum: {} ({})",
        usd(cost),
        why.collect::<Vec<_>>().join(", ")
    ))
}

/// Whether what was charged to content adds up to what was reported; `None` where nobody charged.
fn sums(summary: &Summary) -> Option<String> {
    let charged = [
        summary.first_tokens,
        summary.resent_cached_tokens,
        summary.resent_uncached_tokens,
    ];
    let charged = charged
        .iter()
        .fold(0_i64, |sum, tokens| sum.saturating_add(*tokens));
    let off = i128::from(charged) - i128::from(summary.input_tokens);
    match u64::try_from(off.unsigned_abs()).unwrap_or(u64::MAX) {
        _ if charged == 0 => None,
        0 => Some("sums to the reported input".into()),
        off => Some(format!(
            "sums to {} tokens off the reported input",
            grouped(off)
        )),
    }
}

/// What has no price, with its tokens, most first.
fn no_price(summary: &Summary, layout: &Layout) -> Vec<String> {
    let mut models: Vec<_> = summary.unpriced_tokens.iter().collect();
    models.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    let name = |name: &str| {
        if name.is_empty() {
            "no named model".into()
        } else {
            clip(&tidy(name, layout.home.as_deref()), PART_COLUMNS).into_owned()
        }
    };
    let said = |(model, n): &(&String, &u64)| {
        format!("no price for {} tokens of {}", tokens(**n), name(model))
    };
    let named = models.iter().take(NAMED).map(said);
    let more = models.len().saturating_sub(NAMED);
    named
        .chain((more > 0).then(|| format!("nor for {}", counted(more as u64, "other model"))))
        .collect()
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
