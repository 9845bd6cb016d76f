//! The facts that a short report opens with: the title, what was spent, what could be avoided, and
//! how far the figures can be trusted.
//!
//! This module knows the words, not how a format lays them out.

use std::cmp::Reverse;

use super::layout::Layout;
use super::opening;
use super::phrase::Phrase;
use super::report::ReportContent;
use super::unit::Unit;
use crate::number::{counted, grouped, percent, percent_usd, tokens, usd};
use crate::record::{Coverage, Summary};

/// The most agents, and the most models, that are named.
const NAMED: usize = 4;
/// The most columns of such a name.
const NAME_COLUMNS: usize = 24;

/// A fact: what it is of, the amount, and what is to be said of it.
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) amount: String,
    pub(super) words: Phrase,
}

/// The days that the report is about, with the time zone.
pub(super) fn period(report: &ReportContent, layout: &Layout) -> Phrase {
    let zone = layout.zone.name();
    match opening::days(report, layout) {
        Some(days) => Phrase::trusted(format!("{days} ")).name_within(zone, 40, layout),
        None => Phrase::default().name_within(zone, 40, layout),
    }
}

/// `16 claude + 6 codex sessions, 1,642 requests`.
pub(super) fn read(summary: &Summary, layout: &Layout) -> Phrase {
    let mut agents: Vec<(&String, u64)> = Vec::new();
    for (name, sessions) in &summary.sessions {
        agents.push((name, *sessions));
    }
    agents.sort_by_key(|(_, sessions)| Reverse(*sessions));
    let mut phrase = Phrase::default();
    let mut all: u64 = 0;
    for (n, (name, sessions)) in agents.iter().enumerate() {
        all = all.saturating_add(*sessions);
        if n < NAMED {
            let plus = if n == 0 { "" } else { " + " };
            phrase = phrase
                .and(format!("{plus}{} ", grouped(*sessions)))
                .name_within(name, NAME_COLUMNS, layout);
        }
    }
    if agents.len() > NAMED {
        phrase = phrase.and(" + others");
    }
    if all > 0 {
        phrase = phrase.and(if all == 1 { " session" } else { " sessions" });
    }
    let others = summary.threads.saturating_sub(all);
    if others > 0 {
        let plus = if all > 0 { " + " } else { "" };
        phrase = phrase.and(format!("{plus}{}", counted(others, "other thread")));
    }
    phrase.and(format!(", {}", counted(summary.requests, "request")))
}

/// Why there is nothing to say of money and tokens; `None` if there is.
pub(super) fn nothing(report: &ReportContent) -> Option<Vec<String>> {
    if report.has_no_sessions() {
        let mut words = vec!["no sessions found".to_owned()];
        if let Some(coverage) = &report.coverage {
            words.extend(left_out(coverage));
        }
        words.push(
            "without a folder tok-report reads the agents' own folders, the last seven days; \
             try: tok-report --since 30d, or tok-report FOLDER"
                .into(),
        );
        return Some(words);
    }
    let Some(summary) = &report.summary else {
        return Some(vec![
            "no summary record in the stream: tok-rank writes it".into(),
        ]);
    };
    if summary.input_tokens == 0 && summary.output_tokens == 0 {
        let place = match summary.threads {
            1 => "in this session",
            _ => "in these sessions",
        };
        let requests = counted(summary.requests, "request");
        return Some(vec![format!("no usage recorded {place} ({requests})")]);
    }
    None
}

/// What was spent, what could be avoided at most, and how far that can be trusted.
pub(super) fn facts(summary: &Summary, report: &ReportContent, layout: &Layout) -> Vec<Fact> {
    let unit = Unit::of(summary);
    vec![
        spent(summary, unit, layout),
        waste(summary, unit),
        trust(summary, report),
    ]
}

fn spent(summary: &Summary, unit: Unit, layout: &Layout) -> Fact {
    let cached = percent(summary.cache_read_tokens, summary.input_tokens);
    let flow = format!(
        "{} tokens in, {cached} from cache; {} out",
        tokens(summary.input_tokens),
        tokens(summary.output_tokens)
    );
    let all = summary.input_tokens.saturating_add(summary.output_tokens);
    let amount = match (unit, summary.cost_usd) {
        (Unit::Usd, Some(cost)) => usd(cost),
        _ => tokens(all),
    };
    Fact {
        label: "SPENT",
        amount,
        words: unpriced(Phrase::trusted(flow), summary, layout),
    }
}

/// Appends the models without a price, the most tokens first.
fn unpriced(mut phrase: Phrase, summary: &Summary, layout: &Layout) -> Phrase {
    let requests = summary.unpriced.unwrap_or(0);
    if requests == 0 {
        return phrase;
    }
    let mut models: Vec<(&String, &u64)> = summary.unpriced_tokens.iter().collect();
    models.sort_by_key(|(_, tokens)| Reverse(**tokens));
    phrase = phrase.and(format!("; no price for {}", counted(requests, "request")));
    for (n, (model, _)) in models.iter().take(NAMED).enumerate() {
        phrase = phrase.and(if n == 0 { " of " } else { ", " });
        phrase = match model.as_str() {
            "" => phrase.and("no named model"),
            model => phrase.name_within(model, 40, layout),
        };
    }
    let more = models.len().saturating_sub(NAMED);
    if more > 0 {
        phrase = phrase.and(format!(", {}", counted(more as u64, "other model")));
    }
    phrase
}

fn waste(summary: &Summary, unit: Unit) -> Fact {
    let (amount, share) = match (unit, summary.net_usd, summary.cost_usd) {
        (Unit::Usd, Some(net), Some(cost)) => (usd(net), percent_usd(net, cost)),
        _ => (
            tokens(summary.net_tokens),
            percent(summary.net_tokens, summary.input_tokens),
        ),
    };
    let words = if summary.findings == 0 {
        "nothing found that could be avoided".to_owned()
    } else {
        format!("{share} of it could be avoided at most (nothing counted twice)")
    };
    Fact {
        label: "WASTE",
        amount,
        words: Phrase::trusted(words),
    }
}

fn trust(summary: &Summary, report: &ReportContent) -> Fact {
    let mut parts = Vec::new();
    let amount = match (summary.steps, summary.steps_explained) {
        (Some(steps @ 1..), Some(explained)) => {
            parts.push(format!(
                "of {} between requests re-computed from the files",
                counted(steps, "step")
            ));
            percent(explained, steps)
        }
        _ => {
            parts.push("no request could be re-computed from the files".to_owned());
            "-".into()
        }
    };
    if !summary.content_tokens.is_empty()
        && let Ok(n @ 1..) = u64::try_from(summary.unrecorded_tokens)
    {
        parts.push(format!(
            "{} of the input (system prompt, tool list) is in no file",
            percent(n, summary.input_tokens)
        ));
    }
    if let Some(cost) = summary.naive_usd
        && let Some(true_cost) = summary.cost_usd
        && usd(cost) != usd(true_cost)
    {
        parts.push(format!("a plain sum of the files would say {}", usd(cost)));
    }
    match &report.coverage {
        Some(coverage) => parts.extend(left_out(coverage)),
        None => parts.push("the stream was cut off or filtered".into()),
    }
    Fact {
        label: "TRUST",
        amount,
        words: Phrase::trusted(parts.join("; ")),
    }
}

/// What could not be read; `None` if everything could.
fn left_out(coverage: &Coverage) -> Option<String> {
    let mut left_out = Vec::new();
    for (n, noun, what) in [
        (coverage.files_skipped, "file", "skipped"),
        (coverage.files_cut, "file", "cut off"),
        (coverage.skipped, "line", "skipped"),
        (coverage.unread.places_unread, "place", "unread"),
    ] {
        if n > 0 {
            left_out.push(format!("{} {what}", counted(n, noun)));
        }
    }
    if left_out.is_empty() {
        None
    } else {
        Some(left_out.join(", "))
    }
}
