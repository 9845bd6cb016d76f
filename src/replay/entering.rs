//! What enters with a request, and which of its sizes can be.
//!
//! Most sizes are counted; some are what a field says: the sides in the header of an image, the
//! tokens of reasoning or of a response in a report. Such a field may lie, and one that does must
//! not swallow the bill. Two things show it: the span weighs more than the request that carries it
//! reported, or its images weigh more than the step leaves room for. Its size is then *missing*: it
//! takes what is left when all others have theirs, as a span does whose size was never told.

use super::content::Kind;
use super::context::Context;
use super::forecast::Forecast;
use super::history::Call;
use super::law::{Rule, TOLERANCE};
use super::predict::Prediction;
use super::request_forecast::RequestForecast;
use super::span_cost::SpanCost;
use crate::record::Basis;
use crate::record::count::signed;

/// A span that enters, and is not closed yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entering {
    pub(super) slot: usize,
    pub(super) number: u32,
    pub(super) weight: Prediction,
    pub(super) tokens: u64,
    /// Its size has a natural bound: beyond it, the step says something else.
    pub(super) bounded: bool,
    pub(super) image: bool,
    /// It has no size of its own; it can have so much at most.
    pub(super) missing: Option<u64>,
    pub(super) basis: Option<Basis>,
}

impl Entering {
    /// Its size is not known; returns what it weighed.
    fn miss(&mut self, most: u64) -> u64 {
        (self.weight, self.missing) = (Prediction::default(), Some(most));
        std::mem::take(&mut self.tokens)
    }
}

/// Spans that enter with this request, weighed; what was closed before keeps its size.
pub(super) fn entering(
    call: &Call,
    ahead: &RequestForecast,
    forecast: &Forecast,
    context: &mut Context,
    costs: &[SpanCost],
) -> Vec<Entering> {
    let mut entering = Vec::new();
    for slot in context.fresh.clone() {
        let Some((number, span)) = context.span(slot).filter(|_| context.is_live(slot)) else {
            continue;
        };
        let open = costs.get(number as usize).is_some_and(|cost| !cost.closed);
        let Some(weight) = forecast
            .weights
            .get(number as usize)
            .copied()
            .filter(|_| open)
        else {
            continue;
        };
        let image = matches!(span.kind, Kind::Image { .. });
        let bounded = span.known
            || span.kind == Kind::Reasoning
            || matches!(call.law.rule, Rule::Measured(_));
        let mut one = Entering {
            slot,
            number,
            weight,
            tokens: weight.tokens,
            bounded,
            image,
            missing: None,
            basis: weight.basis,
        };
        if image && !span.known {
            one.miss(call.law.rule.largest_image());
        } else if weight.tokens > ahead.most || (weight == Prediction::default() && span.tokens > 0)
        {
            one.miss(if image {
                call.law.rule.largest_image()
            } else {
                u64::MAX
            });
        }
        context.resize(slot, one.tokens);
        entering.push(one);
    }
    entering
}

/// Images that weigh more than a step leaves room for have no size. `left` is what the step reports
/// beyond all sizes; returns it without them.
pub(super) fn doubt(
    entering: &mut [Entering],
    left: i64,
    call: &Call,
    ahead: &RequestForecast,
) -> i64 {
    let sum = |counts: fn(&Entering) -> bool| {
        entering
            .iter()
            .filter(|one| counts(one))
            .map(|one| one.tokens)
            .sum()
    };
    let images: u64 = sum(|one| one.image);
    let unsure: u64 = sum(|one| !one.image && !one.weight.sure);
    let all: u64 = sum(|_| true);
    let slack = match call.law.rule {
        Rule::Framed(_) => ahead.tolerance().max(all / 50),
        // Neither the rule for images nor the counter is exact.
        Rule::Measured(_) => TOLERANCE.max(images / 10),
    };
    if signed(images)
        <= signed(unsure)
            .saturating_add(signed(images) + left)
            .saturating_add(signed(slack))
    {
        return left;
    }
    let doubted = entering
        .iter_mut()
        .filter(|one| one.image && one.missing.is_none());
    doubted.fold(left, |left, one| {
        left + signed(one.miss(call.law.rule.largest_image()))
    })
}
