//! Where it went: the whole bill in a few portions, in words that need no glossary.
//!
//! The portions add up to the bill. What was sent for the first time and what was produced are
//! portions of their own; all else was sent again, and is divided by the kind of content.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::report::ReportContent;
use super::unit::Unit;
use crate::record::{Class, Part, Total, Usd};

/// A part of the bill.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Portion {
    pub(super) label: &'static str,
    pub(super) tokens: i64,
    pub(super) cost: Usd,
}

const FIRST: &str = "all of it, sent the first time";
const NEW_OUTPUT: &str = "new output and reasoning";
const NOT_ON_DISK: &str = "not on disk: system prompt, tools";
const REST: &str = "everything else";

/// The whole bill.
pub(super) fn whole(report: &ReportContent) -> Portion {
    let sum = report.bill.all().sum;
    Portion {
        label: "sum",
        tokens: sum.input_tokens().saturating_add(sum.output_tokens),
        cost: sum.cost_usd.unwrap_or_default(),
    }
}

/// The largest portions first, at most `most`; the last one is the rest, if there is any.
pub(super) fn portions(report: &ReportContent, unit: Unit, most: usize) -> Vec<Portion> {
    let statement = report.bill.all();
    let mut sums: BTreeMap<&'static str, (i64, Usd)> = BTreeMap::new();
    for (kind, row) in &statement.lines {
        let source = kind.source.as_deref().unwrap_or_default();
        divide(
            resent(kind.part.unwrap_or_default(), source),
            row,
            &mut sums,
        );
    }
    divide(NOT_ON_DISK, &statement.unrecorded, &mut sums);
    divide(REST, &statement.unexplained, &mut sums);
    add(REST, 0, statement.fees.fee_cost_usd, &mut sums);
    let mut portions = Vec::new();
    for (label, (tokens, cost)) in sums {
        if (tokens, cost) != (0, Usd::ZERO) {
            portions.push(Portion {
                label,
                tokens,
                cost,
            });
        }
    }
    let size = |portion: &Portion| Reverse(unit.size(portion.cost, portion.tokens));
    portions.sort_by_key(|portion| (portion.label == REST, size(portion)));
    fold(portions, most)
}

/// Adds the smallest portions to the rest until there are at most `most`.
fn fold(mut portions: Vec<Portion>, most: usize) -> Vec<Portion> {
    if portions.len() <= most {
        return portions;
    }
    let mut rest = Portion {
        label: REST,
        tokens: 0,
        cost: Usd::ZERO,
    };
    for portion in portions.drain(most.saturating_sub(1).min(portions.len())..) {
        rest.tokens = rest.tokens.saturating_add(portion.tokens);
        rest.cost = rest.cost.plus(portion.cost);
    }
    if (rest.tokens, rest.cost) != (0, Usd::ZERO) {
        portions.push(rest);
    }
    portions
}

/// Divides a row into what was sent first, sent again and produced.
fn divide(label: &'static str, row: &Total, sums: &mut BTreeMap<&'static str, (i64, Usd)>) {
    let again = row
        .resent_cached_tokens
        .saturating_add(row.resent_uncached_tokens);
    let again_cost = row
        .resent_cached_cost_usd
        .plus(row.resent_uncached_cost_usd);
    add(FIRST, row.first_tokens, row.first_cost_usd, sums);
    add(label, again, again_cost, sums);
    add(NEW_OUTPUT, row.output_tokens, row.output_cost_usd, sums);
}

fn add(label: &'static str, tokens: i64, cost: Usd, sums: &mut BTreeMap<&'static str, (i64, Usd)>) {
    let sum = sums.entry(label).or_default();
    sum.0 = sum.0.saturating_add(tokens);
    sum.1 = sum.1.plus(cost);
}

/// The label of content that was sent again.
fn resent(part: Part, source: &str) -> &'static str {
    match part.class(source) {
        Class::ToolOutput => "tool output, re-sent",
        Class::ToolCalls => "tool calls, re-sent",
        Class::Reasoning => "old reasoning, re-sent",
        Class::Images => "images and documents, re-sent",
        Class::Messages => "messages, re-sent",
        Class::Instructions => "instructions, skills, memory",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(source: &str, part: Part, n: i64) -> Total {
        let usd = |n: i64| Usd::from_pico(i128::from(n));
        Total {
            thread: "t".into(),
            source: Some(source.into()),
            part: Some(part),
            first_tokens: n,
            resent_cached_tokens: 2 * n,
            resent_uncached_tokens: 3 * n,
            output_tokens: 4 * n,
            cost_usd: Some(usd(100 * n)),
            first_cost_usd: usd(10 * n),
            resent_cached_cost_usd: usd(20 * n),
            resent_uncached_cost_usd: usd(30 * n),
            output_cost_usd: usd(40 * n),
            ..Total::default()
        }
    }

    #[test]
    fn the_portions_add_up_to_the_bill_however_few_there_are() {
        let mut report = ReportContent::default();
        report.total(row("tool", Part::ToolOutput, 7));
        report.total(row("assistant", Part::ToolCall, 5));
        report.total(row("assistant", Part::Reasoning, 3));
        report.total(row("user", Part::Text, 2));
        report.total(row("project_doc", Part::Text, 1));
        report.total(Total {
            source: None,
            part: None,
            unexplained_tokens: -2,
            unexplained_cost_usd: Usd::from_pico(-20),
            fee_cost_usd: Usd::from_pico(9),
            cost_usd: Some(Usd::from_pico(109)),
            ..row("", Part::Text, 1)
        });
        let all = whole(&report);
        for unit in [Unit::Usd, Unit::Tokens] {
            for most in 1..12 {
                let portions = portions(&report, unit, most);
                assert!(portions.len() <= most);
                let tokens: i64 = portions.iter().map(|portion| portion.tokens).sum();
                let cost: Usd = portions.iter().map(|portion| portion.cost).sum();
                assert_eq!((tokens, cost), (all.tokens, all.cost), "{portions:?}");
            }
        }
    }
}
