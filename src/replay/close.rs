//! The local closing: what a report says beyond the laws, and what that is attributed to.
//!
//! For every request, in integers: the sizes of its spans + the unrecorded blocks + unexplained =
//! reported input (docs/design.md 1.3). A step is the increase from one report to the next. What
//! the laws leave over of a step belongs to that step and nowhere else. It goes, in this order, to
//!
//! 1. the rounding of reasoning that entered;
//! 2. spans that no law predicts, as long as the result is plausible;
//! 3. the largest span that entered, up to 2 % of what entered (2 tokens at least);
//! 4. an unrecorded block, if it lasts;
//! 5. nothing: it is unexplained in this request, and changes nothing else.
//!
//! The first three are in [`super::open_report`] and [`super::measure`]. Spans keep the size they
//! were closed with, and leave with it. Blocks may shrink, the latest first, and none falls below
//! 0. What is still left then is owed: it is unexplained in each request that follows, until a step
//! in the other direction pays it back.

use super::call::ModelCall;
use super::context::Context;
use super::entering::{doubt, entering};
use super::forecast::Forecast;
use super::ids::RequestIndex;
use super::open_report::OpenReport;
use super::span_cost::SpanCosts;
use super::unrecorded::{Cause, UnrecordedBlocks};
use crate::record::Purpose;
use crate::record::count::signed;

/// What is carried over from one request to the next.
#[derive(Debug, Default)]
pub(super) struct Close {
    pub(super) unrecorded: UnrecordedBlocks,
    /// What no block could give: it is unexplained in every request until it is paid back.
    owed: i64,
    /// Residual of the latest report, where it was treated as a one-off outlier.
    off: i64,
    /// Input and output of the latest report.
    latest: Option<(u64, u64)>,
    /// Tokens that the provider's tools returned in the latest response and no span holds.
    returned: u64,
}

impl Close {
    /// The context was cleared before request `before`. `head`: the head is written anew.
    pub(super) fn clear(&mut self, context: &mut Context, before: u64, head: bool) {
        self.unrecorded.clear(context, before, head);
        (self.owed, self.off, self.returned) = (0, 0, 0);
    }

    /// Closes the request at index `at` of the forecast; returns whether its step is explained, or
    /// `None` where it is no step.
    pub(super) fn request(
        &mut self,
        call: &ModelCall,
        at: RequestIndex,
        forecast: &Forecast,
        context: &mut Context,
        costs: &mut SpanCosts,
    ) -> Option<bool> {
        let ahead = &forecast.requests[at];
        self.unrecorded.end_search(context, call.n);
        if call.reported {
            let returned = std::mem::take(&mut self.returned);
            self.unrecorded
                .begin(context, returned, call.n, Cause::Response);
            context.outgrow(ahead.most);
        }
        let entering = entering(call, ahead, forecast, context, costs);
        let mut open = OpenReport::new(call, ahead, context, entering);
        let mut explained = None;
        if call.exact {
            let exactly = self.exactly(&mut open);
            if ahead.step {
                explained = exactly;
            }
            self.latest = call.input.map(|input| (input, call.output));
        } else if call.by_ledger && call.reported {
            self.compaction(&mut open);
            self.latest = call.input.map(|input| (input, call.output));
        } else if call.reported {
            let by_law = self.step(&mut open, at, forecast);
            if ahead.step {
                explained = Some(by_law || open.measured);
            }
            self.latest = call.input.map(|_| (call.sent, call.output));
            self.returned = ahead.returned;
        }
        if call.reported || call.counted {
            open.keep(costs);
        }
        explained
    }

    /// Closes an ordinary report; returns whether the laws alone explain it.
    fn step(&mut self, open: &mut OpenReport, at: RequestIndex, forecast: &Forecast) -> bool {
        let (call, ahead) = (open.call, open.ahead);
        let reported = signed(ahead.whole.or(call.input).unwrap_or(0));
        open.left = reported - signed(open.context.total()) - self.owed;
        let off = open.left - self.off;
        self.off = 0;
        open.left = doubt(&mut open.entering, open.left, call, ahead);
        self.give(open, || forecast.lasts(at));
        let by_law = off.unsigned_abs() <= ahead.tolerance();
        open.name(by_law && ahead.step);
        by_law
    }

    /// Closes a report whose members are all known: no block has a part in it. Where members that
    /// were there before have another size now, the entering spans share the difference. Returns
    /// whether there was none.
    fn exactly(&mut self, open: &mut OpenReport) -> Option<bool> {
        self.unrecorded.end_all(open.context, open.call.n);
        (self.owed, self.off) = (0, 0);
        open.left = signed(open.call.input?) - signed(open.context.total());
        let explained = open.left == 0;
        open.share();
        match u64::try_from(open.left) {
            Ok(more) => self.begin(open, more, Cause::Unknown),
            Err(_) => self.owed = open.left,
        }
        Some(explained)
    }

    /// A compaction that only a ledger reports: what its request had beyond the context is in no
    /// file, and gone with the context.
    fn compaction(&mut self, open: &mut OpenReport) {
        let input = signed(open.call.input.unwrap_or(0));
        let more = input - signed(open.context.total()) - self.owed;
        self.begin(open, u64::try_from(more).unwrap_or(0), Cause::Compaction);
    }

    /// Attributes what is left of a step.
    fn give(&mut self, open: &mut OpenReport, lasts: impl Fn() -> bool) {
        if open.ahead.first && !self.unrecorded.begun() {
            return self.give_head(open);
        }
        let tolerance = signed(open.ahead.tolerance());
        if open.ahead.searches > 0 && open.left > tolerance && open.ahead.step {
            let found = u64::try_from(open.left).unwrap_or(0);
            return self.begin(open, found, Cause::Search);
        }
        open.round();
        open.measure();
        if open.besides > 0 {
            let cause = match self.cause(open) {
                Cause::Unknown => Cause::Reminder,
                cause => cause,
            };
            self.begin(open, open.besides, cause);
        }
        open.trim();
        if open.left == 0 {
            return;
        }
        if !open.ahead.first && !lasts() {
            self.off = open.left;
            return;
        }
        if open.left < 0 {
            let less = open.left.unsigned_abs();
            let short = self.unrecorded.shrink(open.context, less, open.call.n);
            self.owed -= signed(short);
        } else {
            let back = open.left.min(-self.owed);
            self.owed += back;
            let more = u64::try_from(open.left - back).unwrap_or(0);
            self.begin(open, more, self.cause(open));
        }
    }

    /// What is left of the first report is the head. Where the file holds the head's parts, the
    /// spans share what can be the counter's error.
    fn give_head(&mut self, open: &mut OpenReport) {
        if open.call.headed && open.is_near() {
            open.share();
        }
        let head = u64::try_from(open.left).unwrap_or(0);
        self.unrecorded.head(open.context, head, open.call.n);
        self.owed = open.left.min(0);
    }

    fn begin(&mut self, open: &mut OpenReport, tokens: u64, cause: Cause) {
        self.unrecorded
            .begin(open.context, tokens, open.call.n, cause);
    }

    /// Why a block begins, as far as the report shows it.
    fn cause(&self, open: &OpenReport) -> Cause {
        let read = open.call.cache_read;
        match self.latest {
            _ if open.call.purpose == Some(Purpose::Review) => Cause::Review,
            _ if open.ahead.first => Cause::Compaction,
            // What was read from the cache was sent before: by an unrecorded request.
            Some((input, output)) if read > input.saturating_add(output) => Cause::LostRequest,
            // Tools are in front of everything: when they change, nothing behind them is cached.
            Some(_) if read > 0 && read < self.unrecorded.head_tokens() => Cause::ToolList,
            _ => Cause::Unknown,
        }
    }
}
