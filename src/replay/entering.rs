//! What enters with a request, and which of its sizes are possible.
//!
//! Most sizes are counted; some are taken from a field: the width and height in the header of an
//! image, the tokens of reasoning or of a response in a report. Such a field may be wrong, and a
//! wrong one must not take over the bill. Two things show it: the span has more tokens than the
//! request that carries it reported, or its images have more than the step leaves room for. Its
//! size is then *missing*: it takes what is left when all others have theirs, like a span whose
//! size was never known.

use super::call::ModelCall;
use super::content::ContentKind;
use super::context::Context;
use super::forecast::Forecast;
use super::ids::{SlotIndex, SpanNumber};
use super::law::{Sizing, TOLERANCE};
use super::predict::Prediction;
use super::request_forecast::RequestForecast;
use super::span_cost::SpanCosts;
use crate::record::Basis;
use crate::record::count::signed;

/// A span that enters, and is not closed yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entering {
    pub(super) slot: SlotIndex,
    pub(super) number: SpanNumber,
    pub(super) prediction: Prediction,
    pub(super) tokens: u64,
    /// Its size has a natural bound: a step beyond that holds something else.
    pub(super) bounded: bool,
    pub(super) image: bool,
    /// It has no size of its own; this is the most that it can have.
    pub(super) missing: Option<u64>,
    pub(super) basis: Option<Basis>,
}

impl Entering {
    /// Makes its size missing; returns the size that it had.
    fn miss(&mut self, most: u64) -> u64 {
        (self.prediction, self.missing) = (Prediction::default(), Some(most));
        std::mem::take(&mut self.tokens)
    }
}

/// Spans that enter with this request, with their predicted sizes; what was closed before keeps its
/// size.
pub(super) fn entering(
    call: &ModelCall,
    ahead: &RequestForecast,
    forecast: &Forecast,
    context: &mut Context,
    costs: &SpanCosts,
) -> Vec<Entering> {
    let mut entering = Vec::new();
    for slot in context.fresh.clone() {
        let Some((number, span)) = context.span(slot) else {
            continue;
        };
        if !context.is_live(slot) || costs[number].closed {
            continue;
        }
        let prediction = forecast.predictions[number];
        let image = matches!(span.kind, ContentKind::Image { .. });
        let bounded = span.known
            || span.kind == ContentKind::Reasoning
            || matches!(call.law.rule, Sizing::Measured(_));
        let mut one = Entering {
            slot,
            number,
            prediction,
            tokens: prediction.tokens,
            bounded,
            image,
            missing: None,
            basis: prediction.basis,
        };
        let was_refused = prediction == Prediction::default() && span.tokens > 0;
        let is_impossible = prediction.tokens > ahead.most || was_refused;
        if image && (!span.known || is_impossible) {
            one.miss(call.law.rule.largest_image());
        } else if is_impossible {
            one.miss(u64::MAX);
        }
        context.resize(slot, one.tokens);
        entering.push(one);
    }
    entering
}

/// Images that have more tokens than a step leaves room for lose their size. `left` is what the
/// step reports beyond all sizes; returns it with the lost sizes added.
pub(super) fn doubt(
    entering: &mut [Entering],
    left: i64,
    call: &ModelCall,
    ahead: &RequestForecast,
) -> i64 {
    let (mut images, mut unsure, mut all) = (0u64, 0u64, 0u64);
    for one in entering.iter() {
        all += one.tokens;
        if one.image {
            images += one.tokens;
        } else if !one.prediction.sure {
            unsure += one.tokens;
        }
    }
    let slack = match call.law.rule {
        Sizing::Framed(_) => ahead.tolerance().max(all / 50),
        // Neither the rule for images nor the counter is exact.
        Sizing::Measured(_) => TOLERANCE.max(images / 10),
    };
    let room = signed(unsure)
        .saturating_add(signed(images) + left)
        .saturating_add(signed(slack));
    if signed(images) <= room {
        return left;
    }
    let mut left = left;
    for one in entering {
        if one.image && one.missing.is_none() {
            left += signed(one.miss(call.law.rule.largest_image()));
        }
    }
    left
}
