//! How far the figures can be trusted: what they rest on, what they leave out, and why.

use maud::{Markup, html};

use super::LINE_END;
use super::words::{glued, phrase};
use crate::number::{counted, grouped, percent, tokens, usd};
use crate::record::Summary;
use crate::render::coverage;
use crate::render::layout::Layout;
use crate::render::phrase::{LabelledPhrase, Phrase};
use crate::render::report::ReportContent;

/// The most models or reasons that are named.
const NAMED: usize = 8;

/// Returns the section.
pub(super) fn trust(report: &ReportContent, layout: &Layout) -> Markup {
    let mut lines = Vec::new();
    if let Some(summary) = &report.summary {
        lines.extend(of_summary(summary, layout));
    }
    lines.extend(coverage::lines(report, layout));
    html! {
        section aria-labelledby="trust" {
            h2 id="trust" { "How far to trust this" }
            (LINE_END)
            details {
                summary { "What the figures rest on, and what they leave out" }
                dl class="facts" {
                    @for (label, words) in &lines {
                        (LINE_END)
                        div { dt { (label) } dd { (phrase(words)) } }
                    }
                }
            }
        }
        (LINE_END)
    }
}

fn of_summary(summary: &Summary, layout: &Layout) -> Vec<LabelledPhrase> {
    let mut lines = Vec::new();
    let mut say = |label: &'static str, text: String| {
        lines.push((label, Phrase::trusted(glued(&text))));
    };
    if let (Some(steps @ 1..), Some(explained)) = (summary.steps, summary.steps_explained) {
        let share = percent(explained, steps);
        let (explained, steps) = (grouped(explained), grouped(steps));
        say(
            "explained",
            format!("{explained} of {steps} steps ({share})"),
        );
    }
    if let Ok(n @ 1..) = u64::try_from(summary.unrecorded_tokens) {
        let share = percent(n, summary.input_tokens);
        say(
            "in no file",
            format!("{} tokens, {share} of the input", tokens(n)),
        );
    }
    if let Some(naive) = summary.naive_usd
        && Some(naive) != summary.cost_usd
    {
        let why = "copies and repeats counted, and what is on no line left out";
        say("plain sum", format!("{} with {why}", usd(naive)));
    }
    if summary.output_unknown > 0 {
        say(
            "placeholder",
            format!(
                "{} with an output that is not known",
                counted(summary.output_unknown, "request")
            ),
        );
    }
    for (why, n) in summary.uncounted.iter().take(NAMED) {
        let phrase = Phrase::trusted(format!("{}: ", counted(*n, "request")));
        lines.push(("not counted", phrase.name(why, layout)));
    }
    for (model, n) in summary.unpriced_tokens.iter().take(NAMED) {
        let phrase = Phrase::trusted(format!("{} tokens of ", tokens(*n)));
        let phrase = match model.as_str() {
            "" => phrase.and("no named model"),
            model => phrase.name(model, layout),
        };
        lines.push(("no price", phrase));
    }
    let more = summary.unpriced_tokens.len().saturating_sub(NAMED);
    if more > 0 {
        lines.push((
            "no price",
            Phrase::trusted(counted(more as u64, "more model")),
        ));
    }
    lines
}
