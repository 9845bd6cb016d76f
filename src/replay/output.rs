//! Who produced the output: the reported output of a request, shared among the spans it made.
//!
//! Reasoning is reported as a number of its own and its text is seldom in the file, so the
//! reasoning spans share that number by their weights. The other spans get their plain tokens, in
//! order, as long as the rest of the report lasts. What is left (the framing of calls, what the
//! file does not hold) belongs to no span. Where the report has no number for reasoning, reasoning
//! spans are treated as the others are.

use super::call::ModelCall;
use super::proportional::proportional;
use super::sent_span::SentSpan;
use super::span_cost::SpanCost;
use super::total::{self, ThreadRows};

/// Shares the output of all counted calls; `made` holds the spans by the ordinal of their request.
pub(super) fn share<'h>(
    calls: impl Iterator<Item = &'h ModelCall>,
    made: &[(u64, u32)],
    spans: &[SentSpan],
    costs: &mut [SpanCost],
    rows: &mut ThreadRows,
) {
    let mut made = made.to_vec();
    made.sort_by_key(|(n, _)| *n);
    for call in calls {
        if !call.counted {
            continue;
        }
        let from = made.partition_point(|(n, _)| *n < call.n);
        let mut own: Vec<(u32, &SentSpan)> = Vec::new();
        for (n, number) in made.iter().skip(from) {
            if *n != call.n {
                break;
            }
            if let Some(span) = spans.get(*number as usize) {
                own.push((*number, span));
            }
        }
        let mut left = call.output;
        for (number, label, tokens) in shares(call, &own) {
            left = left.saturating_sub(tokens);
            let Some(cost) = costs.get_mut(number as usize) else {
                continue;
            };
            cost.output = Some(tokens);
            cost.output_cost = call.tariff.map(|tariff| tariff.output(tokens));
            let row = total::row(label, cost.basis);
            rows.add_output(call.period, call.tariff.as_ref(), row, tokens);
        }
        rows.add_output(call.period, call.tariff.as_ref(), total::NOBODY, left);
    }
}

/// The number, label and share of each span of one call, in their order; the shares are together
/// no more than the call's output.
fn shares(call: &ModelCall, own: &[(u32, &SentSpan)]) -> Vec<(u32, u32, u64)> {
    let reported = call.reasoning.map(|tokens| tokens.min(call.output));
    let is_apart = |span: &SentSpan| reported.is_some() && span.reasoning;
    let mut weights = Vec::new();
    for (_, span) in own {
        if is_apart(span) {
            weights.push(u64::from(span.weight));
        }
    }
    let mut reasoning = proportional(reported.unwrap_or(0), &weights).into_iter();
    let mut left = call.output - reported.unwrap_or(0);
    let mut shares = Vec::new();
    for (number, span) in own {
        if is_apart(span) {
            let tokens = reasoning.next().unwrap_or(0);
            shares.push((*number, span.label, tokens));
            continue;
        }
        let tokens = u64::from(span.tokens).min(left);
        left -= tokens;
        if span.known {
            shares.push((*number, span.label, tokens));
        }
    }
    shares
}
