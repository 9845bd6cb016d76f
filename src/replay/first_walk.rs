//! The first walk over a history: predicts the spans, lets the laws drop reasoning, and compares
//! each step with the reported one.
//!
//! Where a law leaves a choice the report decides, with a second witness:
//! - Reasoning is dropped at the first message of the user after a final answer. At another message
//!   of the user it is dropped if both the step and the cached prefix show it: the step fits better
//!   without it, and the cache ends before the first of it.
//! - Some models report the n-th part of the input of a response with n calls. The report is taken
//!   for such a part where the whole is more than four times nearer to the expected input.

use super::call::ModelCall;
use super::change::Change;
use super::content::ContentKind;
use super::context::Context;
use super::exact::Exact;
use super::history::{History, Moment};
use super::ids::SpanNumber;
use super::law::{ROUNDING, Reasoning, Sizing};
use super::manner::Manner;
use super::predict::Predictions;
use super::request_forecast::RequestForecast;
use super::response::Responses;
use super::sent_span::SentSpan;
use crate::record::Purpose;
use crate::record::count::signed;

/// Providers read their cache in steps of this many tokens (docs/formats.md 5.3).
const CACHE_STEP: u64 = 128;

/// Predicts the size of each span and of each request.
pub(super) fn walk(history: &History, manner: Manner) -> (Predictions, Vec<RequestForecast>) {
    let is_logged = history.calls().any(|call| call.exact);
    let mut walk = FirstWalk {
        context: Context::new(&history.spans),
        responses: Responses::of(history),
        predictions: Predictions::zeros(history.spans.len()),
        baseline: None,
        reasoning: Vec::new(),
        reasoning_from: None,
        answered: false,
        asked: UserSpoke::No,
        searched: 0,
        manner,
        exact: if is_logged {
            Some(Exact::default())
        } else {
            None
        },
        left: Vec::new(),
    };
    let mut requests = Vec::new();
    for step in &history.steps {
        walk.context.enter_up_to(step.after);
        match &step.what {
            // It is no step of the thread's.
            Moment::Request(call) if call.is_unrecorded() => {
                requests.push(RequestForecast::default())
            }
            Moment::Request(call) => requests.push(walk.request(call)),
            Moment::Change(change) => walk.change(change),
        }
    }
    if let Some(exact) = &walk.exact {
        exact.give(&mut walk.predictions);
    }
    (walk.predictions, requests)
}

/// Whether the user has said something since the latest request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UserSpoke {
    No,
    /// In the middle of a turn.
    WithinTurn,
    AfterAnswer,
}

struct FirstWalk<'h> {
    context: Context<'h>,
    responses: Responses,
    predictions: Predictions,
    /// The size of the context by the latest report; `None` at the beginning of an epoch.
    baseline: Option<Baseline>,
    /// Numbers of the live reasoning spans.
    reasoning: Vec<SpanNumber>,
    /// What was reported before the first of them entered.
    reasoning_from: Option<i64>,
    /// A final answer was given, and the user has not replied yet.
    answered: bool,
    asked: UserSpoke,
    /// Tokens that a search brought into the latest request alone.
    searched: i64,
    manner: Manner,
    /// Sizes from the requests whose members are known; `None` where there are no such requests.
    exact: Option<Exact>,
    /// Spans that have left since the latest request.
    left: Vec<SpanNumber>,
}

/// What the latest report says, and what the laws predicted for it.
#[derive(Clone, Copy)]
struct Baseline {
    reported: i64,
    predicted: i64,
}

impl FirstWalk<'_> {
    fn change(&mut self, change: &Change) {
        self.context.change(change);
        if change.clears() {
            (self.baseline, self.answered, self.searched) = (None, false, 0);
            self.asked = UserSpoke::No;
            self.reasoning.clear();
        }
        self.note_left();
    }

    /// Notes the spans that have left.
    fn note_left(&mut self) {
        if self.exact.is_some() {
            self.left.extend(self.context.take_left());
        } else {
            self.context.left.clear();
        }
    }

    fn request(&mut self, call: &ModelCall) -> RequestForecast {
        if call.is_aside() {
            return self.aside(call);
        }
        let (calls, searches, returned) = match self.responses.get(call.n) {
            Some(response) => (response.calls, response.searches, response.unowned(call)),
            None => (0, 0, call.returned),
        };
        let most = call.most(calls);
        let mut ahead = RequestForecast {
            searches,
            returned,
            most,
            reported: call.reported,
            ..RequestForecast::default()
        };
        let entered = self.predict(call, most);
        self.drop_reasoning(call, entered, &mut ahead);
        self.asked = UserSpoke::No;
        ahead.predicted = self.context.total();
        if call.purpose == Some(Purpose::Review) {
            // What it carries in addition is in no file: there is no step.
            self.baseline = None;
        }
        if call.reported {
            self.step(call, calls, &mut ahead);
        }
        match &mut self.exact {
            Some(exact) if call.exact => {
                exact.request(call, &self.context, &self.left, &self.predictions);
                self.left.clear();
            }
            Some(exact) => exact.pass(),
            None => {}
        }
        self.context.sent();
        self.note_left();
        ahead
    }

    /// A request whose context is not the thread's: a summary is made of what is live.
    fn aside(&mut self, call: &ModelCall) -> RequestForecast {
        let mut ahead = RequestForecast {
            most: u64::MAX,
            ..RequestForecast::default()
        };
        if let Some(how) = call.summary {
            self.predict(call, ahead.most);
            ahead.predicted = self.context.summarised(how);
        }
        ahead
    }

    /// Predicts the sizes of the fresh spans; returns the reasoning among them.
    fn predict(&mut self, call: &ModelCall, most: u64) -> Vec<SpanNumber> {
        let mut reasoning = Vec::new();
        for index in self.context.fresh.clone() {
            let Some((number, span)) = self.context.span(index) else {
                continue;
            };
            let prediction = self
                .responses
                .predict(call.law, number, span, self.manner.written)
                .within(most);
            self.predictions[number] = prediction;
            self.context.resize(index, prediction.tokens);
            if span.kind == ContentKind::Reasoning && matches!(call.law.rule, Sizing::Framed(_)) {
                reasoning.push(number);
            }
            self.note_turn(span);
        }
        reasoning
    }

    /// Notes who spoke: whether the turn was answered, and whether the user has said something.
    fn note_turn(&mut self, span: &SentSpan) {
        match span.kind {
            ContentKind::Answer(Some(closing)) => self.answered |= closing,
            ContentKind::Answer(None) => {
                let calls = match span.made_by {
                    Some(n) => self.responses.calls(n),
                    None => 0,
                };
                self.answered |= calls == 0;
            }
            ContentKind::User if self.answered => {
                (self.asked, self.answered) = (UserSpoke::AfterAnswer, false)
            }
            ContentKind::User if self.asked == UserSpoke::No => self.asked = UserSpoke::WithinTurn,
            _ => {}
        }
    }

    /// Drops the reasoning that this request no longer carries. `entered` is the reasoning that
    /// enters with it.
    fn drop_reasoning(
        &mut self,
        call: &ModelCall,
        entered: Vec<SpanNumber>,
        ahead: &mut RequestForecast,
    ) {
        if self.manner.stripped {
            self.drop_spans(&entered);
            ahead.dropped = entered;
        } else {
            let older = self.reasoning.len();
            self.reasoning.extend(&entered);
            if self.drops(call) {
                ahead.dropped = std::mem::take(&mut self.reasoning);
                self.drop_spans(&ahead.dropped);
                // What enters and is dropped at once was never sent: it rounds nothing.
                let sent = ahead.dropped.get(..older).unwrap_or_default();
                ahead.rounding = self.rounding(call, sent);
            } else {
                ahead.rounding = self.rounding(call, &entered);
            }
        }
        if self.reasoning.is_empty() {
            self.reasoning_from = None;
        } else if self.reasoning_from.is_none() {
            self.reasoning_from = Some(match self.baseline {
                Some(baseline) => baseline.reported,
                None => 0,
            });
        }
    }

    fn drop_spans(&mut self, numbers: &[SpanNumber]) {
        for number in numbers {
            self.context.drop_span(*number);
        }
    }

    /// Whether the live reasoning is dropped before this request.
    fn drops(&self, call: &ModelCall) -> bool {
        match (self.asked, self.baseline) {
            (UserSpoke::No, _) => false,
            (UserSpoke::AfterAnswer, _) => true,
            (UserSpoke::WithinTurn, Some(baseline)) if call.reported => {
                let mut all = 0;
                for number in &self.reasoning {
                    all += self.predictions[*number].tokens;
                }
                let kept = signed(call.input.unwrap_or(0)) - self.expected(baseline);
                let fits = kept.saturating_add(signed(all)).unsigned_abs() < kept.unsigned_abs();
                // Everything that is live may have entered just now.
                let before = self.reasoning_from.unwrap_or(baseline.reported);
                fits && signed(call.cache_read) <= before + signed(CACHE_STEP)
            }
            (UserSpoke::WithinTurn, _) => false,
        }
    }

    /// What should be reported now, given the latest report.
    fn expected(&self, baseline: Baseline) -> i64 {
        baseline.reported - baseline.predicted + signed(self.context.total()) - self.searched
    }

    /// The rounding of spans that enter or leave: up to 64 for each response that produced them.
    fn rounding(&self, call: &ModelCall, numbers: &[SpanNumber]) -> u64 {
        let Sizing::Framed(frame) = &call.law.rule else {
            return 0;
        };
        if !matches!(frame.reasoning, Reasoning::Rounded { .. }) {
            return 0;
        }
        let (mut responses, mut latest) = (0, None);
        for number in numbers {
            let prediction = &self.predictions[*number];
            if prediction.tokens == 0 && prediction.over == 0 {
                continue;
            }
            let made_by = self.context.span_of(*number).made_by;
            if latest != Some(made_by) {
                responses += 1;
                latest = Some(made_by);
            }
        }
        ROUNDING * responses
    }

    /// Compares the reported step with the predicted one.
    fn step(&mut self, call: &ModelCall, calls: u64, ahead: &mut RequestForecast) {
        let input = signed(call.input.unwrap_or(0));
        let predicted = signed(ahead.predicted);
        let mut reported = input;
        match self.baseline {
            None => ahead.first = true,
            Some(baseline) => {
                let expected = self.expected(baseline);
                let (parts, divides) = (signed(calls), call.divides(calls));
                let off = |input: i64| input.saturating_sub(expected).unsigned_abs();
                let least = input.saturating_mul(parts);
                if divides && off(least).saturating_mul(4) < off(input) {
                    reported = expected.clamp(least, least.saturating_add(parts - 1));
                    ahead.whole = u64::try_from(reported).ok();
                }
                ahead.step = true;
                ahead.residual = reported - expected;
            }
        }
        self.searched = if ahead.searches > 0 && ahead.step {
            ahead.residual.max(0)
        } else {
            0
        };
        self.baseline = Some(Baseline {
            reported: reported.saturating_add(signed(ahead.returned)),
            predicted,
        });
    }
}
