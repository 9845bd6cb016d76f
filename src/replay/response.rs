//! What each request of a thread produced, and how its spans share what is known of the whole.
//!
//! Framing and reasoning belong to a response, not to a span: the spans that the response produced
//! share them, so that the spans' sizes add up. What a response produced is known from the whole
//! history, before the walk.

use std::collections::BTreeMap;

use super::call::ModelCall;
use super::content::ContentKind;
use super::history::{History, Moment};
use super::ids::SpanNumber;
use super::law::{Law, Sizing};
use super::predict::Prediction;
use super::proportional::proportional;
use super::sent_span::{SentSpan, SentSpans};

/// What a request produced, as far as the file holds it.
#[derive(Debug, Default)]
pub(super) struct Response {
    pub(super) calls: u64,
    pub(super) searches: u64,
    first_call: Option<SpanNumber>,
    /// Numbers of its spans, in order.
    spans: Vec<SpanNumber>,
    /// Numbers of the spans that the provider's tools returned within it.
    returned: Vec<SpanNumber>,
    /// Predictions of the spans that share a number of the response, by the span's number.
    shares: BTreeMap<SpanNumber, Prediction>,
}

/// All responses of a thread, by the ordinal of their request.
#[derive(Debug, Default)]
pub(super) struct Responses(BTreeMap<u64, Response>);

impl Responses {
    pub(super) fn of(history: &History) -> Responses {
        let mut all = Responses::default();
        for (n, number) in &history.made {
            let span = &history.spans[*number];
            let response = all.0.entry(*n).or_default();
            if matches!(span.kind, ContentKind::Call { .. }) {
                response.calls += 1;
                response.first_call.get_or_insert(*number);
            }
            response.searches += u64::from(span.kind == ContentKind::Search);
            response.spans.push(*number);
        }
        for (number, span) in history.spans.enumerate() {
            if let Some(n) = span.within {
                all.0.entry(n).or_default().returned.push(number);
            }
        }
        for step in &history.steps {
            let Moment::Request(call) = &step.what else {
                continue;
            };
            if let Some(response) = all.0.get_mut(&call.n) {
                response.shares = response.share(call, &history.spans);
                let returned = response.share_returned(call, &history.spans);
                response.shares.extend(returned);
            }
        }
        all
    }

    pub(super) fn get(&self, n: u64) -> Option<&Response> {
        self.0.get(&n)
    }

    /// How many calls the response to a request has.
    pub(super) fn calls(&self, n: u64) -> u64 {
        match self.get(n) {
            Some(response) => response.calls,
            None => 0,
        }
    }

    /// The size of a span under a law. `written`: arguments of calls are counted as they were
    /// written.
    pub(super) fn predict(
        &self,
        law: &Law,
        number: SpanNumber,
        span: &SentSpan,
        written: bool,
    ) -> Prediction {
        let response = span.made_by.and_then(|n| self.get(n));
        let within = span.within.and_then(|n| self.get(n));
        if let Some(response) = response.or(within)
            && let Some(share) = response.shares.get(&number)
        {
            return *share;
        }
        match &law.rule {
            Sizing::Framed(frame) => {
                let (calls, first_call) = match response {
                    Some(response) => (response.calls, response.first_call),
                    None => (1, None),
                };
                frame.predict(span, calls, first_call == Some(number), written)
            }
            Sizing::Measured(counter) => {
                let (plain, classes) = (u64::from(span.tokens), span.classed.map(u64::from));
                let tokens = if span.known {
                    counter.count(span.kind, plain, classes)
                } else {
                    0
                };
                Prediction {
                    tokens,
                    ..Prediction::default()
                }
            }
        }
    }
}

/// The spans of these numbers.
fn spans_of<'s>(numbers: &[SpanNumber], spans: &'s SentSpans) -> Vec<(SpanNumber, &'s SentSpan)> {
    numbers.iter().map(|n| (*n, &spans[*n])).collect()
}

impl Response {
    /// What is known of the response as a whole, shared among its spans: its reasoning, or all it
    /// produced.
    fn share(&self, call: &ModelCall, spans: &SentSpans) -> BTreeMap<SpanNumber, Prediction> {
        let mut own = spans_of(&self.spans, spans);
        match &call.law.rule {
            Sizing::Framed(frame) => {
                let Some(reported) = call.reasoning else {
                    return BTreeMap::new();
                };
                own.retain(|(_, span)| span.kind == ContentKind::Reasoning);
                let mut bytes = Vec::new();
                for (_, span) in &own {
                    bytes.push(u64::from(span.encrypted_bytes));
                }
                let whole = frame.reasoning(reported, &bytes, self.searches > 0);
                spread(whole, &own, |span| u64::from(span.weight))
            }
            Sizing::Measured(_) if call.output_known => {
                let whole = Prediction::sure(call.output);
                spread(whole, &own, |span| u64::from(span.tokens.max(1)))
            }
            Sizing::Measured(_) => BTreeMap::new(),
        }
    }

    /// What the provider's tools returned between the runs, shared among the spans that hold it.
    fn share_returned(
        &self,
        call: &ModelCall,
        spans: &SentSpans,
    ) -> BTreeMap<SpanNumber, Prediction> {
        if call.returned == 0 {
            return BTreeMap::new();
        }
        let own = spans_of(&self.returned, spans);
        let whole = Prediction::sure(call.returned);
        spread(whole, &own, |span| u64::from(span.tokens.max(1)))
    }

    /// Tokens that the provider's tools returned and no span holds.
    pub(super) fn unowned(&self, call: &ModelCall) -> u64 {
        if self.returned.is_empty() {
            call.returned
        } else {
            0
        }
    }
}

/// Shares a prediction among spans in proportion to `by`; the parts add up to it.
fn spread(
    whole: Prediction,
    own: &[(SpanNumber, &SentSpan)],
    by: impl Fn(&SentSpan) -> u64,
) -> BTreeMap<SpanNumber, Prediction> {
    let weights: Vec<u64> = own.iter().map(|(_, span)| by(span)).collect();
    let tokens = proportional(whole.tokens, &weights);
    let over = proportional(whole.over, &weights);
    let under = proportional(whole.under, &weights);
    let mut shares = BTreeMap::new();
    for (at, (number, _)) in own.iter().enumerate() {
        let share = Prediction {
            tokens: tokens[at],
            over: over[at],
            under: under[at],
            ..whole
        };
        shares.insert(*number, share);
    }
    shares
}
