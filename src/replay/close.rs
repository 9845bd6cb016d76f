//! The local closing: what a report says beyond the laws, and to whom it is given.
//!
//! For every request, in integers: the sizes of its spans + the pieces of what no file records +
//! unexplained = reported input (docs/design.md 1.3). What a step leaves over belongs to that step
//! and nowhere else. It goes, in this order, to
//!
//! 1. the rounding of reasoning that entered;
//! 2. spans that no law predicts, as long as the result is plausible;
//! 3. the largest span that entered, up to 2 % of what entered (2 tokens at least);
//! 4. a piece of what no file records, if it lasts;
//! 5. nobody: it is unexplained in this request, and moves nothing.
//!
//! Spans keep the size they were closed with, and leave with it. UnrecordedBlocks may shrink, the latest
//! first; none falls below nothing. What then is left is owed: unexplained in each request that
//! follows, until a step the other way pays it back.

use super::attribution::{Verdict, judge};
use super::content::Kind;
use super::context::Context;
use super::entering::{Entering, doubt, entering};
use super::forecast::Forecast;
use super::history::Call;
use super::law::{Rule, TOLERANCE};
use super::output::proportional;
use super::request_forecast::RequestForecast;
use super::span_cost::SpanCost;
use super::unrecorded::{Cause, UnrecordedBlocks};
use crate::record::count::signed;
use crate::record::{Basis, Purpose};

/// Where the head is on disk, what its first request is longer or shorter by than its parts are
/// counted at is the counter's error, up to this part of them.
const HEAD_PART: u64 = 3;

/// What is left open from one request to the next.
#[derive(Debug, Default)]
pub(super) struct Close {
    pub(super) pieces: UnrecordedBlocks,
    /// What no piece could give: it lasts.
    owed: i64,
    /// How far the latest report was off a level that it did not move.
    off: i64,
    /// Input and output of the latest report.
    latest: Option<(u64, u64)>,
    /// What the provider's tools returned in the response to it, and no span holds.
    returned: u64,
}

/// One report, on its way to being closed.
struct Step<'s, 'h> {
    call: &'s Call,
    ahead: &'s RequestForecast,
    context: &'s mut Context<'h>,
    entering: Vec<Entering>,
    /// What is not given yet.
    left: i64,
    /// Whether a measurement found its spans.
    measured: bool,
    /// What the measurement found beside them.
    besides: u64,
}

impl Close {
    /// The context was cleared: what is not in every request is gone. `head`: what stands in front
    /// is written anew.
    pub(super) fn clear(&mut self, context: &mut Context, before: u64, head: bool) {
        self.pieces.clear(context, before, head);
        (self.owed, self.off, self.returned) = (0, 0, 0);
    }

    /// Closes a request at place `at` of the forecast; returns whether its step is explained,
    /// where it is a step.
    pub(super) fn request(
        &mut self,
        call: &Call,
        at: usize,
        forecast: &Forecast,
        context: &mut Context,
        costs: &mut [SpanCost],
    ) -> Option<bool> {
        let ahead = forecast.requests.get(at)?;
        self.pieces.end_search(context, call.n);
        if call.reported {
            self.pieces.begin(
                context,
                std::mem::take(&mut self.returned),
                call.n,
                Cause::Response,
            );
            context.outgrow(ahead.most);
        }
        let entering = entering(call, ahead, forecast, context, costs);
        let mut step = Step {
            call,
            ahead,
            context,
            entering,
            left: 0,
            measured: false,
            besides: 0,
        };
        let mut explained = None;
        if call.exact {
            explained = self.exactly(&mut step).filter(|_| ahead.step);
            self.latest = call.input.map(|input| (input, call.output));
        } else if call.by_ledger && call.reported {
            self.asked(&mut step);
            self.latest = call.input.map(|input| (input, call.output));
        } else if call.reported {
            let reported = signed(ahead.whole.or(call.input).unwrap_or(0));
            step.left = reported - signed(step.context.total()) - self.owed;
            let off = step.left - self.off;
            self.off = 0;
            step.left = doubt(&mut step.entering, step.left, call, ahead);
            self.give(&mut step, || forecast.lasts(at));
            let by_law = off.unsigned_abs() <= ahead.tolerance();
            explained = ahead.step.then_some(by_law || step.measured);
            step.name(by_law && ahead.step);
            self.latest = call.input.map(|_| (call.sent, call.output));
            self.returned = ahead.returned;
        }
        if call.reported || call.counted {
            step.keep(costs);
        }
        explained
    }

    /// Every member is known: nothing is left for pieces. What the members that were here before
    /// have another size for, those that enter share. Returns whether that was all.
    fn exactly(&mut self, step: &mut Step) -> Option<bool> {
        self.pieces.end_all(step.context, step.call.n);
        (self.owed, self.off) = (0, 0);
        step.left = signed(step.call.input?) - signed(step.context.total());
        let explained = step.left == 0;
        step.share();
        match u64::try_from(step.left) {
            Ok(more) => self
                .pieces
                .begin(step.context, more, step.call.n, Cause::Unknown),
            Err(_) => self.owed = step.left,
        }
        Some(explained)
    }

    /// A compaction that only a ledger tells: what it asked beyond the context is in no file, and
    /// gone with the context.
    fn asked(&mut self, step: &mut Step) {
        let more = signed(step.call.input.unwrap_or(0)) - signed(step.context.total()) - self.owed;
        self.pieces.begin(
            step.context,
            u64::try_from(more).unwrap_or(0),
            step.call.n,
            Cause::Compaction,
        );
    }

    /// Gives away what is left of a step.
    fn give(&mut self, step: &mut Step, lasts: impl Fn() -> bool) {
        if step.ahead.first && !self.pieces.begun() && step.call.headed && step.is_near() {
            step.share();
        }
        if step.ahead.first && !self.pieces.begun() {
            let head = u64::try_from(step.left).unwrap_or(0);
            self.pieces.head(step.context, head, step.call.n);
            self.owed = step.left.min(0);
            return;
        }
        if step.ahead.searches > 0 && step.left > signed(step.ahead.tolerance()) && step.ahead.step
        {
            let found = u64::try_from(step.left).unwrap_or(0);
            self.pieces
                .begin(step.context, found, step.call.n, Cause::Search);
            return;
        }
        step.round();
        step.measure();
        if step.besides > 0 {
            let cause = match self.cause(step) {
                Cause::Unknown => Cause::Reminder,
                cause => cause,
            };
            self.pieces
                .begin(step.context, step.besides, step.call.n, cause);
        }
        step.trim();
        if step.left == 0 {
            return;
        }
        if !step.ahead.first && !lasts() {
            self.off = step.left;
            return;
        }
        if step.left < 0 {
            let short = self
                .pieces
                .shrink(step.context, step.left.unsigned_abs(), step.call.n);
            self.owed -= signed(short);
        } else {
            let back = step.left.min(-self.owed);
            self.owed += back;
            let more = u64::try_from(step.left - back).unwrap_or(0);
            let cause = self.cause(step);
            self.pieces.begin(step.context, more, step.call.n, cause);
        }
    }

    /// Why a piece begins, where it can be told.
    fn cause(&self, step: &Step) -> Cause {
        let read = step.call.cache_read;
        match self.latest {
            _ if step.call.purpose == Some(Purpose::Review) => Cause::Review,
            _ if step.ahead.first => Cause::Compaction,
            // What was read from the cache was sent before: by a request that no line records.
            Some((input, output)) if read > input.saturating_add(output) => Cause::LostRequest,
            // Tools stand in front of everything: when they change, nothing behind them is cached.
            Some(_) if read > 0 && read < self.pieces.head_tokens() => Cause::ToolList,
            _ => Cause::Unknown,
        }
    }
}

impl Step<'_, '_> {
    /// Whether what is left can be the counter's own error.
    fn is_near(&self) -> bool {
        let all: u64 = self.entering.iter().map(|entering| entering.tokens).sum();
        self.left.unsigned_abs() <= all / HEAD_PART
    }

    /// What is left goes to all that enter, by their size, if that can be.
    fn share(&mut self) {
        let counted: Vec<u64> = self
            .entering
            .iter()
            .map(|entering| entering.tokens)
            .collect();
        let found = u64::try_from(signed(counted.iter().sum()) + self.left).ok();
        let Some(found) = found.filter(|_| self.left != 0 && !counted.is_empty()) else {
            return;
        };
        for (entering, tokens) in self.entering.iter_mut().zip(proportional(found, &counted)) {
            (entering.tokens, entering.basis) = (tokens, Some(Basis::Split));
        }
        self.left = 0;
    }

    /// 1. Reported reasoning is rounded: up to what is missing at most.
    fn round(&mut self) {
        let room = |entering: &Entering| {
            if self.left > 0 {
                entering.weight.over
            } else {
                entering.weight.under
            }
        };
        let rooms: Vec<u64> = self.entering.iter().map(room).collect();
        let all: u64 = rooms.iter().sum();
        if all == 0 || self.left.unsigned_abs() > self.ahead.tolerance() + all {
            return;
        }
        let given = self.left.unsigned_abs().min(all);
        let sign = self.left.signum();
        for (entering, part) in self.entering.iter_mut().zip(proportional(given, &rooms)) {
            entering.tokens = entering.tokens.saturating_add_signed(sign * signed(part));
        }
        self.left -= sign * signed(given);
    }

    /// 2. What no law predicts is what the report says, if that can be.
    fn measure(&mut self) {
        let unsure: Vec<&Entering> = self
            .entering
            .iter()
            .filter(|entering| !entering.weight.sure)
            .collect();
        if unsure.is_empty() {
            return;
        }
        let counted: u64 = unsure.iter().map(|entering| entering.tokens).sum();
        let most = if unsure.iter().all(|e| e.bounded) {
            counted.saturating_mul(2).saturating_add(300)
        } else {
            u64::MAX
        };
        let Ok(found) = u64::try_from(signed(counted) + self.left) else {
            return;
        };
        if unsure.iter().any(|entering| entering.missing.is_some()) {
            return self.fill(counted, found);
        }
        if found > most {
            return;
        }
        let weights: Vec<u64> = unsure
            .iter()
            .map(|entering| entering.tokens.max(1))
            .collect();
        let what = if unsure.len() == 1 {
            self.alone([counted, found])
        } else {
            Verdict::Shared
        };
        self.besides = what.besides();
        let parts = proportional(found - what.besides() - what.grown(), &weights);
        let unsure = self
            .entering
            .iter_mut()
            .filter(|entering| !entering.weight.sure);
        for (entering, tokens) in unsure.zip(parts) {
            (entering.tokens, entering.basis) = (tokens, Some(what.basis()));
        }
        let context = &self.context;
        let is_call = |slot| {
            context
                .span(slot)
                .is_some_and(|(_, span)| matches!(span.kind, Kind::Call { .. }))
        };
        let call = self
            .entering
            .iter_mut()
            .find(|entering| entering.weight.sure && is_call(entering.slot));
        call.into_iter()
            .for_each(|call| call.tokens += what.grown());
        self.left = 0;
        self.measured = matches!(self.call.law.rule, Rule::Measured(_));
    }

    /// What has no size takes what the others leave, in equal parts.
    fn fill(&mut self, counted: u64, found: u64) {
        let rest = found.saturating_sub(counted);
        let unsure = self
            .entering
            .iter_mut()
            .filter(|entering| !entering.weight.sure);
        let (missing, counts): (Vec<_>, Vec<_>) =
            unsure.partition(|entering| entering.missing.is_some());
        let most = missing
            .iter()
            .filter_map(|entering| entering.missing)
            .fold(0, u64::saturating_add);
        if rest > most {
            return;
        }
        let basis = if missing.len() + counts.len() == 1 {
            Basis::Difference
        } else {
            Basis::Split
        };
        let weights: Vec<u64> = counts
            .iter()
            .map(|entering| entering.tokens.max(1))
            .collect();
        let parts = proportional(found - rest, &weights);
        let parts = parts
            .into_iter()
            .chain(proportional(rest, &vec![1; missing.len()]));
        for (entering, tokens) in counts.into_iter().chain(missing).zip(parts) {
            (entering.tokens, entering.basis) = (tokens, Some(basis));
        }
        self.left = 0;
        self.measured = matches!(self.call.law.rule, Rule::Measured(_));
    }

    /// What the step has found of the one span that no law predicts, by its count and its measure.
    fn alone(&self, numbers: [u64; 2]) -> Verdict {
        let Rule::Measured(counter) = &self.call.law.rule else {
            return Verdict::Alone;
        };
        let of = |entering: &Entering| self.context.span(entering.slot).map(|(_, span)| span);
        let unsure = self
            .entering
            .iter()
            .find(|entering| !entering.weight.sure)
            .and_then(of);
        let response = self
            .entering
            .iter()
            .filter(|entering| entering.weight.sure)
            .filter_map(of);
        match unsure.map_or(Verdict::Alone, |span| {
            judge(counter, span, numbers, response)
        }) {
            // The counter is that of another model: it may be it that is off.
            Verdict::Besides(_) if self.call.nearest => Verdict::Shared,
            found => found,
        }
    }

    /// 3. A little, to the largest.
    fn trim(&mut self) {
        let all: u64 = self.entering.iter().map(|entering| entering.tokens).sum();
        if self.left.unsigned_abs() > (all / 50).max(TOLERANCE) {
            return;
        }
        let Some(largest) = self
            .entering
            .iter_mut()
            .max_by_key(|entering| entering.tokens)
        else {
            return;
        };
        if let Some(tokens) = largest.tokens.checked_add_signed(self.left) {
            largest.tokens = tokens;
            self.left = 0;
        }
    }

    /// Says how the sizes are known. What a response produced is reported as one number.
    fn name(&mut self, by_law: bool) {
        let measured = matches!(self.call.law.rule, Rule::Measured(_));
        let own = self
            .entering
            .iter()
            .filter(|entering| entering.weight.sure)
            .count();
        for entering in self
            .entering
            .iter_mut()
            .filter(|entering| entering.basis.is_none() && entering.weight.sure)
        {
            entering.basis = match (measured, by_law) {
                (true, _) if own == 1 => Some(Basis::Difference),
                (true, _) => Some(Basis::Split),
                (false, true) => Some(Basis::Counted),
                (false, false) => None,
            };
        }
    }

    /// The sizes are final.
    fn keep(&mut self, costs: &mut [SpanCost]) {
        for entering in &self.entering {
            let of_file = self
                .context
                .span(entering.slot)
                .is_some_and(|(_, span)| span.of_file);
            let basis = match entering.basis {
                None | Some(Basis::Counted) if of_file => Basis::File,
                basis => basis.unwrap_or(Basis::Estimated),
            };
            let tokens = if entering.image {
                entering.tokens.min(self.ahead.most)
            } else {
                entering.tokens
            };
            self.context.close(entering.slot, tokens, basis);
            let Some(cost) = costs.get_mut(entering.number as usize) else {
                continue;
            };
            (cost.closed, cost.tokens, cost.basis) = (true, tokens, basis);
            cost.known |= entering.weight.sure || basis != Basis::Estimated;
        }
    }
}
