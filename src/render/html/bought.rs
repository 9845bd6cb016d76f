//! What the money bought: one bar of what was sent for the first time, what was sent again, and
//! what was produced.
//!
//! Every bar of the page has the same four parts, in the same order and colours.

use maud::{Markup, html};

use super::LINE_END;
use super::scale::{length, place};
use super::unit::{PageUnit, weight_tokens, weight_usd};
use super::words::glued;
use crate::number::{percent, signed, usd};
use crate::record::{Summary, Total, Usd};

/// The parts of a bar: the class of its colour, and its name.
const PARTS: [(&str, &str); 4] = [
    ("sent", "sent for the first time"),
    ("cached", "re-sent, read from cache"),
    ("missed", "re-sent, not from cache"),
    ("produced", "produced"),
];

/// Returns the section; nothing where the sessions were not replayed.
pub(super) fn bought(summary: &Summary, unit: PageUnit) -> Markup {
    let Some((weights, amounts, fees)) = of_summary(summary, unit) else {
        return html! {};
    };
    let whole = sum(&weights).saturating_add(weight_usd(fees));
    let again = weights[1].saturating_add(weights[2]);
    let heading = match unit {
        PageUnit::Dollars => "What the money bought",
        PageUnit::Tokens => "What the tokens were",
    };
    html! {
        section aria-labelledby="bought" {
            h2 id="bought" { (heading) }
            (LINE_END)
            p {
                "Every request sends the whole conversation again: "
                b { (glued(&percent(again, whole))) }
                " went into saying again what had been said before."
            }
            (LINE_END)
            (bar(&weights, whole, "30"))
            (LINE_END)
            ul class="key" {
                @for (((class, name), amount), weight) in PARTS.iter().zip(&amounts).zip(weights) {
                    li {
                        (swatch(class)) " " (name) " " b { (glued(amount)) } " "
                        span class="note" { (glued(&percent(weight, whole))) }
                    }
                    (LINE_END)
                }
                @if fees > Usd::ZERO {
                    li { "fees for web searches " b { (usd(fees)) } }
                    (LINE_END)
                }
            }
        }
        (LINE_END)
    }
}

/// The lengths and the amounts of the four parts, and the fees.
type BoughtParts = ([u64; 4], [String; 4], Usd);

fn of_summary(summary: &Summary, unit: PageUnit) -> Option<BoughtParts> {
    if unit == PageUnit::Dollars {
        let costs = [
            summary.first_usd?,
            summary.resent_cached_usd?,
            summary.resent_uncached_usd?,
            summary.generated_usd?,
        ];
        return Some((costs.map(weight_usd), costs.map(usd), summary.fee_usd));
    }
    let tokens = [
        summary.first_tokens,
        summary.resent_cached_tokens,
        summary.resent_uncached_tokens,
        i64::try_from(summary.output_tokens).unwrap_or(i64::MAX),
    ];
    if tokens == [0; 4] {
        return None;
    }
    let amounts = tokens.map(|n| format!("{} tokens", signed(n)));
    Some((tokens.map(weight_tokens), amounts, Usd::ZERO))
}

/// The lengths of the four parts of a row of the bill.
pub(super) fn parts(row: &Total, unit: PageUnit) -> [u64; 4] {
    match unit {
        PageUnit::Dollars => [
            row.first_cost_usd,
            row.resent_cached_cost_usd,
            row.resent_uncached_cost_usd,
            row.output_cost_usd,
        ]
        .map(weight_usd),
        PageUnit::Tokens => [
            row.first_tokens,
            row.resent_cached_tokens,
            row.resent_uncached_tokens,
            row.output_tokens,
        ]
        .map(weight_tokens),
    }
}

fn sum(weights: &[u64]) -> u64 {
    weights
        .iter()
        .fold(0, |sum, weight| sum.saturating_add(*weight))
}

/// Returns a bar of the four parts, as long as its share of `whole`. It repeats the numbers beside
/// it, so that it needs no words.
pub(super) fn bar(weights: &[u64; 4], whole: u64, height: &str) -> Markup {
    let mut from: u64 = 0;
    let mut rects = Vec::new();
    for ((class, _), weight) in PARTS.iter().zip(weights) {
        let to = from.saturating_add(*weight);
        rects.push((*class, place(from, whole), length(from, to, whole)));
        from = to;
    }
    html! {
        svg class="bar" width="100%" height=(height) aria-hidden="true" {
            @for (class, x, width) in &rects {
                @if width != "0.00%" { (rect(class, x, width, height)) }
            }
        }
    }
}

fn rect(class: &str, x: &str, width: &str, height: &str) -> Markup {
    html! {
        @if class == "missed" {
            rect x=(x) width=(width) height=(height) fill="url(#stripes)" {}
        } @else {
            rect class=(class) x=(x) width=(width) height=(height) {}
        }
    }
}

/// Returns a square in the colour of a part, for a key.
pub(super) fn swatch(class: &str) -> Markup {
    html! {
        svg class="swatch" width="12" height="12" aria-hidden="true" {
            (rect(class, "0", "12", "12"))
        }
    }
}
