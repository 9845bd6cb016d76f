//! The prediction: what each request of a thread should have cost, by the laws alone.
//!
//! A first walk over the thread. It weighs the spans, lets the laws drop reasoning, and compares
//! each step with the reported one. What is left over is what the closing, which walks again, looks
//! ahead in: a report that is out of line and back on level soon after moves nothing.
//!
//! Where a law leaves a choice the report decides, with a witness beside it:
//! - Reasoning is dropped at the first message of the user after a final answer. At another message
//!   of the user it is dropped if both the step and the cached prefix say so: the step fits better
//!   without it, and the cache ends before the first of it.
//! - Some models report the n-th part of the input of a response with n calls. Whole and part
//!   differ by a factor: the part is meant where it is four times nearer, at least.

use super::content::Kind;
use super::context::Context;
use super::exact::Exact;
use super::history::{Call, History, Moment};
use super::law::{ROUNDING, Reasoning, Rule};
use super::manner::{MANNERS, Manner};
use super::predict::{Prediction, Responses};
use super::request_forecast::RequestForecast;
use crate::record::Purpose;
use crate::record::count::signed;

/// Providers read their cache in steps of so many tokens (docs/formats.md 5.3).
const CACHE_STEP: u64 = 128;
/// Out of line and back within so many requests: nothing has changed (docs/design.md 1.3 e).
const SOON: usize = 3;

/// A thread, foretold.
#[derive(Debug)]
pub(super) struct Forecast {
    /// One for each span, in the order they were fed.
    pub(super) weights: Vec<Prediction>,
    /// One for each request.
    pub(super) requests: Vec<RequestForecast>,
    pub(super) manner: Manner,
}

impl Forecast {
    /// Where nobody knows how the agent and its server treat what is sent, the steps tell: of all
    /// manners the first by which most of them are as predicted.
    pub(super) fn of(history: &History) -> Forecast {
        let mut best = Forecast::walk(history, MANNERS[0]);
        for manner in MANNERS.iter().skip(1).filter(|_| history.manner_unsure) {
            let other = Forecast::walk(history, *manner);
            if other.explained() > best.explained() {
                best = other;
            }
        }
        best
    }

    /// How many steps are as predicted.
    fn explained(&self) -> usize {
        let within = |ahead: &&RequestForecast| {
            ahead.step && ahead.residual.unsigned_abs() <= ahead.tolerance()
        };
        self.requests.iter().filter(within).count()
    }

    fn walk(history: &History, manner: Manner) -> Forecast {
        let mut walk = Walk {
            context: Context::new(&history.spans),
            responses: Responses::of(history),
            weights: vec![Prediction::default(); history.spans.len()],
            level: None,
            reasoning: Vec::new(),
            reasoning_from: None,
            answered: false,
            asked: Asked::Nothing,
            searched: 0,
            manner,
            exact: history.calls().any(|call| call.exact).then(Exact::default),
            left: Vec::new(),
        };
        let mut requests = Vec::new();
        for step in &history.steps {
            walk.enter_up_to(step.after);
            match &step.what {
                // It is no step of the thread's.
                Moment::Request(call) if call.is_untold() => {
                    requests.push(RequestForecast::default())
                }
                Moment::Request(call) => requests.push(walk.request(call)),
                Moment::Change(change) => walk.change(change),
            }
        }
        if let Some(exact) = &walk.exact {
            exact.give(&mut walk.weights);
        }
        Forecast {
            weights: walk.weights,
            requests,
            manner,
        }
    }

    /// Whether the level that is off at a request stays off: not if it comes back soon, and not if
    /// nothing of the epoch follows that could tell.
    pub(super) fn lasts(&self, at: usize) -> bool {
        let Some(here) = self.requests.get(at) else {
            return false;
        };
        let mut off = here.residual;
        let mut slack = here.tolerance();
        let mut followed = false;
        let later = self
            .requests
            .iter()
            .skip(at + 1)
            .filter(|ahead| ahead.reported || ahead.first);
        for ahead in later.take_while(|ahead| !ahead.first).take(SOON) {
            followed = true;
            off = off.saturating_add(ahead.residual);
            slack += ahead.rounding;
            if off.unsigned_abs() <= slack.max(here.residual.unsigned_abs() / 16) {
                return false;
            }
        }
        followed
    }
}

/// Whether the user has said something since the latest request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Nothing,
    /// In the middle of a turn.
    Meanwhile,
    /// After the answer.
    Anew,
}

struct Walk<'h> {
    context: Context<'h>,
    responses: Responses,
    weights: Vec<Prediction>,
    /// What the latest report says that the context weighs; `None`: an epoch begins.
    level: Option<Level>,
    /// Live reasoning: numbers of its spans.
    reasoning: Vec<u32>,
    /// What was reported before the first of it entered.
    reasoning_from: Option<i64>,
    answered: bool,
    asked: Asked,
    /// What a search brought, which is there no more.
    searched: i64,
    manner: Manner,
    /// What requests say whose members are known; `None`: there is none.
    exact: Option<Exact>,
    /// Spans that have left since the latest request.
    left: Vec<u32>,
}

/// A level, and what the laws said of the context then.
#[derive(Clone, Copy)]
struct Level {
    reported: i64,
    predicted: i64,
}

impl Walk<'_> {
    fn enter_up_to(&mut self, end: usize) {
        self.context.enter_up_to(end);
    }

    fn change(&mut self, change: &super::change::Change) {
        self.context.change(change);
        if change.clears() {
            (self.level, self.answered, self.searched) = (None, false, 0);
            self.asked = Asked::Nothing;
            self.reasoning.clear();
        }
        self.leave();
    }

    /// Notes what has left.
    fn leave(&mut self) {
        let left = self.context.take_left();
        if self.exact.is_some() {
            self.left.extend(left);
        }
    }

    fn request(&mut self, call: &Call) -> RequestForecast {
        if call.is_aside() {
            return self.aside(call);
        }
        let response = self.responses.get(call.n);
        let (calls, searches) =
            response.map_or((0, 0), |response| (response.calls, response.searches));
        let returned = response.map_or(call.returned, |response| response.unowned(call));
        let most = most(call, calls);
        let entered = self.weigh(call, most);
        let mut ahead = RequestForecast {
            searches,
            returned,
            most,
            reported: call.reported,
            ..RequestForecast::default()
        };
        let older = self.reasoning.len();
        if !self.manner.stripped {
            self.reasoning.extend(&entered);
        }
        if self.manner.stripped {
            entered
                .iter()
                .for_each(|number| self.context.drop_span(*number));
            ahead.dropped = entered;
        } else if self.drops(call) {
            ahead.dropped = std::mem::take(&mut self.reasoning);
            ahead
                .dropped
                .iter()
                .for_each(|number| self.context.drop_span(*number));
            // What enters and is dropped at once was never sent: it rounds nothing.
            ahead.rounding = self.rounding(call, ahead.dropped.get(..older).unwrap_or_default());
        } else {
            ahead.rounding = self.rounding(call, &entered);
        }
        let before = self.level.map_or(0, |level| level.reported);
        self.reasoning_from = if self.reasoning.is_empty() {
            None
        } else {
            self.reasoning_from.or(Some(before))
        };
        self.asked = Asked::Nothing;
        ahead.predicted = self.context.total();
        if call.purpose == Some(Purpose::Review) {
            // What it carries besides is in no file: there is no step.
            self.level = None;
        }
        if call.reported {
            self.step(call, calls, &mut ahead);
        }
        match &mut self.exact {
            Some(exact) if call.exact => {
                exact.request(call, &self.context, &self.left, &self.weights);
                self.left.clear();
            }
            Some(exact) => exact.pass(),
            None => {}
        }
        self.context.sent();
        self.leave();
        ahead
    }

    /// A request with another context than the thread's: a summary is made of what is live.
    fn aside(&mut self, call: &Call) -> RequestForecast {
        let ahead = RequestForecast {
            most: u64::MAX,
            ..RequestForecast::default()
        };
        let Some(how) = call.summary else {
            return ahead;
        };
        self.weigh(call, ahead.most);
        RequestForecast {
            predicted: self.context.summarised(how),
            ..ahead
        }
    }

    /// Weighs what is fresh; returns the reasoning among it.
    fn weigh(&mut self, call: &Call, most: u64) -> Vec<u32> {
        let mut reasoning = Vec::new();
        for index in self.context.fresh.clone() {
            let Some((number, span)) = self.context.span(index) else {
                continue;
            };
            let weight = self
                .responses
                .weigh(&call.law, number, span, self.manner.written)
                .within(most);
            if let Some(place) = self.weights.get_mut(number as usize) {
                *place = weight;
            }
            self.context.resize(index, weight.tokens);
            match span.kind {
                Kind::Reasoning if matches!(call.law.rule, Rule::Framed(_)) => {
                    reasoning.push(number)
                }
                Kind::Answer(closing) => {
                    let calls = || {
                        span.made_by
                            .and_then(|n| self.responses.get(n))
                            .map_or(0, |r| r.calls)
                    };
                    self.answered |= closing.unwrap_or_else(|| calls() == 0);
                }
                Kind::User if self.answered => (self.asked, self.answered) = (Asked::Anew, false),
                Kind::User if self.asked == Asked::Nothing => self.asked = Asked::Meanwhile,
                _ => {}
            }
        }
        reasoning
    }

    /// Whether the live reasoning is dropped before this request.
    fn drops(&self, call: &Call) -> bool {
        match (self.asked, self.level) {
            (Asked::Nothing, _) => false,
            (Asked::Anew, _) => true,
            (Asked::Meanwhile, Some(level)) if call.reported => {
                let all: u64 = self
                    .reasoning
                    .iter()
                    .filter_map(|n| self.weights.get(*n as usize))
                    .map(|w| w.tokens)
                    .sum();
                let kept = signed(call.input.unwrap_or(0)) - self.expected(level);
                let fits = kept.saturating_add(signed(all)).unsigned_abs() < kept.unsigned_abs();
                // Everything that is live may have entered just now.
                let before = self.reasoning_from.unwrap_or(level.reported);
                fits && signed(call.cache_read) <= before + signed(CACHE_STEP)
            }
            (Asked::Meanwhile, _) => false,
        }
    }

    /// What should be reported now, from the latest report on.
    fn expected(&self, level: Level) -> i64 {
        level.reported - level.predicted + signed(self.context.total()) - self.searched
    }

    /// The rounding of spans that enter or leave: up to 64 for each response they are of.
    fn rounding(&self, call: &Call, numbers: &[u32]) -> u64 {
        let rounds = matches!(&call.law.rule, Rule::Framed(f) if matches!(f.reasoning, Reasoning::Rounded { .. }));
        if !rounds {
            return 0;
        }
        let rounded = |number: &&u32| {
            let weight = self.weights.get(**number as usize);
            weight.is_some_and(|weight| weight.tokens > 0 || weight.over > 0)
        };
        let mut made: Vec<Option<u64>> = numbers
            .iter()
            .filter(rounded)
            .map(|n| self.context.made_by(*n))
            .collect();
        made.dedup();
        ROUNDING * u64::try_from(made.len()).unwrap_or(0)
    }

    /// Compares the reported step with the predicted one.
    fn step(&mut self, call: &Call, calls: u64, ahead: &mut RequestForecast) {
        let input = signed(call.input.unwrap_or(0));
        let predicted = signed(ahead.predicted);
        let mut reported = input;
        match self.level {
            None => ahead.first = true,
            Some(level) => {
                let expected = self.expected(level);
                let (parts, divides) = (signed(calls), divides(call, calls));
                let off = |level: i64| level.saturating_sub(expected).unsigned_abs();
                if divides && off(input.saturating_mul(parts)).saturating_mul(4) < off(input) {
                    let least = input.saturating_mul(parts);
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
        self.level = Some(Level {
            reported: reported.saturating_add(signed(ahead.returned)),
            predicted,
        });
    }
}

/// Whether the report of a response with so many calls may be a part of what was sent.
fn divides(call: &Call, calls: u64) -> bool {
    matches!(&call.law.rule, Rule::Framed(frame) if frame.divides) && calls > 1
}

/// What was sent at most, by the report; without one, nobody knows.
fn most(call: &Call, calls: u64) -> u64 {
    match call.input {
        Some(input) if call.reported && divides(call, calls) => {
            input.saturating_add(1).saturating_mul(calls)
        }
        Some(input) if call.reported => input,
        _ => u64::MAX,
    }
}
