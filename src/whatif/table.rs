//! The outcomes as a table for people: what each policy saves, what it pays for broken caches, and
//! what to set.

use crate::display::clip;
use crate::number::{counted, grouped, percent_usd, tokens, usd};
use crate::record::{Usd, WhatIf};

/// Returns the table. `reported`: all requests as they were. `together`: the combination of the
/// rows that say what they save in addition to others.
pub(super) fn text(
    reported: &WhatIf,
    rows: &[WhatIf],
    together: Option<&WhatIf>,
    width: usize,
) -> String {
    let mut text = head(reported);
    if rows.is_empty() {
        text.push_str("No policy applies to these sessions.\n");
        return text;
    }
    text.push_str("    SAVES   ALL  WHAT WOULD HAVE CHANGED\n");
    for row in rows {
        text.push_str(&lines(row, reported, width));
    }
    if let Some(together) = together {
        let (saved, share) = saved(together, reported);
        let parts = together.presets.join(" + ");
        text.push_str(&format!("{saved:>9} {share:>5}  Together: "));
        let room = width.saturating_sub(28);
        text.push_str(&format!("{}\n", clip(&parts, room)));
    }
    text.push_str(
        "\nAt most: exact arithmetic, the caches that are broken deducted; that the model would\n\
         have done the same with less in its context is assumed (tok-whatif(1)).\n",
    );
    text
}

fn head(reported: &WhatIf) -> String {
    let cost = match reported.cost_usd {
        Some(cost) => usd(cost),
        None => format!("{} tokens", tokens(reported.input_tokens)),
    };
    format!(
        "{}, {}, {cost}\n\n",
        counted(reported.threads, "session"),
        counted(reported.requests, "request"),
    )
}

fn saved(row: &WhatIf, reported: &WhatIf) -> (String, String) {
    match (row.saved_usd, reported.cost_usd) {
        (Some(saved), Some(cost)) if saved >= Usd::ZERO => (usd(saved), percent_usd(saved, cost)),
        (Some(saved), _) => (usd(saved), String::new()),
        _ => (crate::number::signed(row.saved_tokens), String::new()),
    }
}

/// The lines of one row.
fn lines(row: &WhatIf, reported: &WhatIf, width: usize) -> String {
    let (saved, share) = saved(row, reported);
    let what = match (&row.headline, &row.agent) {
        (Some(headline), Some(agent)) => format!("{agent}: {headline}"),
        _ => row.policy.clone(),
    };
    let room = width.saturating_sub(17);
    let mut text = format!("{saved:>9} {share:>5}  {}\n", clip(&what, room));
    for line in details(row) {
        text.push_str(&format!("{:17}{}\n", "", clip(&line, room)));
    }
    text
}

fn details(row: &WhatIf) -> Vec<String> {
    let mut lines = vec![format!(
        "{} of {} in {}",
        grouped(row.changed_requests),
        counted(row.requests, "request"),
        counted(row.threads_changed, "session"),
    )];
    let mut paid = Vec::new();
    if let Some(usd) = row.broken_cache_usd.filter(|usd| *usd > Usd::ZERO) {
        paid.push(format!("{} for broken caches", self::usd(usd)));
    }
    if let Some(usd) = row.added_usd {
        let added = counted(row.added_requests, "summary");
        paid.push(format!("{} for {added}", self::usd(usd)));
    }
    if !paid.is_empty() {
        lines.push(format!("paid: {}", paid.join(", ")));
    }
    if row.outputs_asked_again > 0 {
        let outputs = counted(row.outputs_asked_again, "output");
        lines.push(format!("risk: {outputs} asked for again later"));
    }
    if row.requests_without_prompt > 0 {
        let requests = counted(row.requests_without_prompt, "request");
        lines.push(format!("risk: {requests} without the user's message"));
    }
    if let Some(more) = row.more_usd.filter(|more| Some(*more) != row.saved_usd) {
        lines.push(format!("{} in addition to those above", usd(more)));
    }
    for fix in &row.fix {
        let place = fix.file.as_ref().map(|file| format!("{file}: "));
        lines.push(format!("{}{}", place.unwrap_or_default(), fix.paste()));
    }
    lines
}
