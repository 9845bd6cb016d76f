//! Who produced the output: the reported output of a request, shared among the spans it made.
//!
//! Reasoning is reported as a number of its own and its text is seldom there, so the reasoning
//! spans share that number by what they weigh. The other spans get their plain tokens, in order,
//! as long as the rest of the report lasts. What is left (the framing of calls, what the file does
//! not hold) no span owns. Where the report does not tell reasoning apart, reasoning spans are
//! spans like the others.

use super::history::{Call, Span};
use super::span_cost::SpanCost;
use super::total::{self, Rows};

/// Shares the output of all calls; `made` holds the spans by the ordinal of their request.
pub(super) fn share<'h>(
    calls: impl Iterator<Item = &'h Call>,
    made: &[(u64, u32)],
    spans: &[Span],
    costs: &mut [SpanCost],
    rows: &mut Rows,
) {
    let mut made = made.to_vec();
    made.sort_by_key(|(n, _)| *n);
    for call in calls.filter(|call| call.counted) {
        let from = made.partition_point(|(n, _)| *n < call.n);
        let own = made.iter().skip(from).take_while(|(n, _)| *n == call.n);
        let own: Vec<(u32, &Span)> = own
            .filter_map(|(_, number)| Some((*number, spans.get(*number as usize)?)))
            .collect();
        let mut left = call.output;
        for (number, tokens) in shares(call, &own) {
            left = left.saturating_sub(tokens);
            if let (Some(cost), Some(span)) =
                (costs.get_mut(number as usize), spans.get(number as usize))
            {
                cost.output = Some(tokens);
                cost.output_cost = call.tariff.map(|tariff| tariff.output(tokens));
                rows.produced(
                    call.period,
                    call.tariff.as_ref(),
                    total::row(span.label, cost.basis),
                    tokens,
                );
            }
        }
        rows.produced(call.period, call.tariff.as_ref(), total::NOBODY, left);
    }
}

/// The share of each span of one call, in their order; together no more than its output.
fn shares(call: &Call, own: &[(u32, &Span)]) -> Vec<(u32, u64)> {
    let reported = call.reasoning.map(|tokens| tokens.min(call.output));
    let apart = |span: &Span| reported.is_some() && span.reasoning;
    let weights: Vec<u64> = own
        .iter()
        .filter(|(_, s)| apart(s))
        .map(|(_, s)| u64::from(s.weight))
        .collect();
    let mut reasoning = proportional(reported.unwrap_or(0), &weights).into_iter();
    let mut left = call.output - reported.unwrap_or(0);
    let share = |(number, span): &(u32, &Span)| {
        if apart(span) {
            return Some((*number, reasoning.next()?));
        }
        let tokens = u64::from(span.tokens).min(left);
        left -= tokens;
        span.known.then_some((*number, tokens))
    };
    own.iter().filter_map(share).collect()
}

/// Cuts `whole` into parts as the weights are; they add up to it. Without weights, into equal ones.
pub(super) fn proportional(whole: u64, weights: &[u64]) -> Vec<u64> {
    let none = weights.iter().all(|weight| *weight == 0);
    let weigh = |weight: &u64| if none { 1 } else { u128::from(*weight) };
    let all: u128 = weights.iter().map(weigh).sum();
    let (mut sum, mut given) = (0u128, 0u64);
    let part = |weight: &u64| {
        sum += weigh(weight);
        let reached = u64::try_from(u128::from(whole) * sum / all.max(1)).unwrap_or(whole);
        let part = reached - given;
        given = reached;
        part
    };
    weights.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_to_the_whole() {
        assert_eq!(proportional(100, &[1, 1, 1]), [33, 33, 34]);
        assert_eq!(proportional(7, &[0, 0]), [3, 4]);
        assert_eq!(proportional(7, &[]), Vec::<u64>::new());
    }
}
