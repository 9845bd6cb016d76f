//! The four figures at the top: what was spent, what could be avoided, what came from the cache,
//! and how far all that can be trusted.

use maud::{Markup, html};

use super::LINE_END;
use super::unit::worth;
use super::words::glued;
use crate::number::{counted, percent, percent_usd, tokens, usd};
use crate::record::Summary;

/// Returns the tiles, in a list.
pub(super) fn tiles(summary: &Summary) -> Markup {
    html! {
        (LINE_END)
        ul class="tiles" {
            (spent(summary)) (LINE_END)
            (avoidable(summary)) (LINE_END)
            (cached(summary)) (LINE_END)
            (trusted(summary)) (LINE_END)
        }
        (LINE_END)
    }
}

fn tile(label: &str, figure: &str, is_bad: bool, notes: &[String]) -> Markup {
    html! {
        li {
            span class="label" { (label) }
            " "
            strong class=(if is_bad { "figure bad" } else { "figure" }) { (glued(figure)) }
            @for note in notes { " " span class="note" { (glued(note)) } }
        }
    }
}

fn spent(summary: &Summary) -> Markup {
    let all = summary.input_tokens.saturating_add(summary.output_tokens);
    let sessions = summary
        .sessions
        .values()
        .fold(0, |n: u64, m| n.saturating_add(*m));
    let mut notes = vec![format!(
        "{} in {}",
        counted(summary.requests, "request"),
        counted(sessions, "session")
    )];
    notes.push(format!(
        "{} tokens in, {} out",
        tokens(summary.input_tokens),
        tokens(summary.output_tokens)
    ));
    match (summary.cost_usd, summary.unpriced) {
        (Some(_), Some(n @ 1..)) => {
            notes.push(format!("{} without a price", counted(n, "request")))
        }
        (None, _) => notes.push("no prices are known".into()),
        _ => {}
    }
    let label = match summary.cost_usd {
        Some(_) => "spent, at list prices",
        None => "spent",
    };
    tile(label, &worth(summary.cost_usd, all), false, &notes)
}

fn avoidable(summary: &Summary) -> Markup {
    if summary.findings == 0 {
        return tile("could be avoided", "nothing found", false, &[]);
    }
    let share = match (summary.net_usd, summary.cost_usd) {
        (Some(net), Some(cost)) => percent_usd(net, cost),
        _ => percent(summary.net_tokens, summary.input_tokens),
    };
    let notes = [
        format!("{share} of it, in {}", counted(summary.findings, "finding")),
        "an upper bound; no token is counted twice".to_owned(),
    ];
    let figure = worth(summary.net_usd, summary.net_tokens);
    tile("could be avoided, at most", &figure, true, &notes)
}

fn cached(summary: &Summary) -> Markup {
    let figure = percent(summary.cache_read_tokens, summary.input_tokens);
    let breaks = counted(summary.cache_breaks, "cache break");
    let note = match (summary.cache_breaks, summary.cache_break_usd) {
        (0, _) => "no cache breaks".to_owned(),
        (_, Some(cost)) => format!("{breaks} cost {}", usd(cost)),
        (_, None) => format!("{breaks}: {} tokens", tokens(summary.cache_break_tokens)),
    };
    let notes = ["of the input".to_owned(), note];
    tile("read from cache", &figure, false, &notes)
}

fn trusted(summary: &Summary) -> Markup {
    let mut notes = Vec::new();
    let figure = match (summary.steps, summary.steps_explained) {
        (Some(steps @ 1..), Some(explained)) => {
            notes.push(format!("of {} explained", counted(steps, "step")));
            percent(explained, steps)
        }
        _ => {
            notes.push("no step could be compared".into());
            "-".into()
        }
    };
    if !summary.content_tokens.is_empty()
        && let Ok(n) = u64::try_from(summary.unrecorded_tokens)
    {
        let share = percent(n, summary.input_tokens);
        notes.push(format!("{share} of the input is in no file"));
    }
    tile("how far to trust this", &figure, false, &notes)
}
