//! The second walk over a history: closes each request against its report, charges the spans, and
//! makes out the bill.

use super::bill::{Answered, Bill};
use super::cache::Cache;
use super::call::ModelCall;
use super::change::Change;
use super::charge::Charge;
use super::close::Close;
use super::content::{Share, Shares};
use super::context::{Context, Slot};
use super::forecast::Forecast;
use super::history::{History, Moment};
use super::ids::{RequestIndex, SlotIndex, SpanNumber};
use super::indexed_list::ListIndex;
use super::output;
use super::price::Paid;
use super::request_forecast::RequestForecast;
use super::span_cost::SpanCosts;
use super::tape::ContextTape;
use super::total::{self, ThreadRows};
use super::unrecorded::Cause;
use crate::record::count::signed;

impl History {
    /// Walks the thread and makes out the bill.
    pub fn replay(&self) -> Bill<'_> {
        self.walked(None)
    }

    /// The same; `tape` is where the walk writes down what it charges for.
    pub(super) fn walked(&self, tape: Option<ContextTape>) -> Bill<'_> {
        let forecast = Forecast::of(self);
        let mut walk = SecondWalk::new(self, &forecast, tape);
        for step in &self.steps {
            walk.context.enter_up_to(step.after);
            match &step.what {
                Moment::Request(call) => walk.request(call),
                Moment::Change(change) => walk.change(change),
            }
        }
        walk.bill(self)
    }
}

/// The state of the second walk.
struct SecondWalk<'h> {
    forecast: &'h Forecast,
    context: Context<'h>,
    close: Close,
    cache: Cache<'h>,
    charge: Charge,
    costs: SpanCosts,
    requests: Vec<Answered>,
    rows: ThreadRows,
    /// Ordinal of the latest request.
    n: u64,
    /// Spans that had been sent and that the laws dropped, each with the ordinal of the request
    /// before which they were dropped.
    dropped: Vec<(u64, Vec<u64>)>,
}

impl<'h> SecondWalk<'h> {
    fn new(
        history: &'h History,
        forecast: &'h Forecast,
        tape: Option<ContextTape>,
    ) -> SecondWalk<'h> {
        let rows = total::rows(history.labels.len());
        SecondWalk {
            forecast,
            context: Context::new(&history.spans),
            close: Close::default(),
            cache: Cache::of(history.calls()),
            charge: Charge::new(rows, tape),
            costs: SpanCosts::zeros(history.spans.len()),
            requests: Vec::new(),
            rows: ThreadRows::new(rows),
            n: 0,
            dropped: Vec::new(),
        }
    }

    /// The thread has ended: all accounts are closed, and the output is shared.
    fn bill(mut self, history: &History) -> Bill<'_> {
        let tape = self.charge.tape.take();
        self.charge.finish(&self.context, &mut self.costs);
        self.close.unrecorded.finish();
        let calls = history.calls();
        let (spans, made) = (&history.spans, &history.made);
        output::share(calls, made, spans, &mut self.costs, &mut self.rows);
        Bill {
            costs: self.costs,
            requests: self.requests,
            rows: self.rows.finish(),
            labels: &history.labels,
            unrecorded: self.close.unrecorded.past,
            dropped: self.dropped,
            breaks: self.cache.breaks,
            tape,
        }
    }

    fn change(&mut self, change: &Change) {
        if let Some(tape) = &mut self.charge.tape {
            tape.change(change);
        }
        self.context.change(change);
        self.settle();
        if change.clears() {
            self.cache.clear(change.reason());
            let n = self.n.saturating_add(1);
            self.close.clear(&mut self.context, n, change.head);
        }
    }

    fn request(&mut self, call: &'h ModelCall) {
        let at = RequestIndex::at(self.requests.len());
        let ahead = &self.forecast.requests[at];
        if call.is_aside() {
            return self.aside(call, ahead);
        }
        if call.is_unrecorded() {
            return self.unrecorded(call);
        }
        self.drop(call, &ahead.dropped);
        let (context, costs) = (&mut self.context, &mut self.costs);
        let explained = self.close.request(call, at, self.forecast, context, costs);
        self.settle();
        let unexplained = call
            .input
            .map(|input| signed(input) - signed(self.context.total()));
        let closed = call.reported || call.counted;
        if closed {
            self.charge.enter(&self.context.slots);
        }
        let (is_whole, new_tools) = (
            ahead.whole.is_none(),
            self.close.unrecorded.new_tools(call.n),
        );
        let (context, live) = (&mut self.context, &self.charge.live);
        self.cache.request(call, is_whole, context, live, new_tools);
        if call.counted {
            self.charge(call, 0, unexplained.unwrap_or(0), &[]);
        } else if let Some(tape) = &mut self.charge.tape {
            tape.uncounted(at);
        }
        let mut classes = self.context.tokens();
        classes[Share::Unrecorded as usize] += self.later_runs(call);
        let part = match (ahead.whole, call.input) {
            (Some(whole), Some(input)) => Some(whole / input.max(1)),
            _ => None,
        };
        self.requests.push(Answered {
            predicted: Some(ahead.predicted),
            classes,
            explained,
            unexplained,
            part,
            manner: self.forecast.manner,
            ..Answered::of(call)
        });
        self.send(closed);
        self.n = call.n;
    }

    /// A request whose context is not the thread's.
    fn aside(&mut self, call: &ModelCall, ahead: &RequestForecast) {
        self.beside();
        self.n = call.n;
        self.requests.push(Answered {
            predicted: call.summary.map(|_| ahead.predicted),
            law: call.law.name,
            aside: true,
            ..Answered::default()
        });
    }

    /// The next request does not carry the context of the thread.
    fn beside(&mut self) {
        if let Some(tape) = &mut self.charge.tape {
            tape.beside(RequestIndex::at(self.requests.len()));
        }
    }

    /// The laws drop spans before a request.
    fn drop(&mut self, call: &ModelCall, numbers: &[SpanNumber]) {
        let mut sent = Vec::new();
        for number in numbers {
            if self.costs[*number].sent {
                sent.push(self.context.span_of(*number).seq);
            }
        }
        let dropped = self.context.drop_by_law(numbers);
        if !self.forecast.manner.stripped {
            self.cache.drop(dropped);
        }
        if !sent.is_empty() {
            self.dropped.push((call.n, sent));
        }
    }

    /// Charges the slots that were resized or removed since the last call.
    fn settle(&mut self) {
        for (index, tokens) in std::mem::take(&mut self.context.adjusted) {
            let slot = &self.context.slots[index];
            let before = Slot { tokens, ..*slot };
            self.charge.resize(index, &before, slot.tokens);
        }
        for index in std::mem::take(&mut self.context.left) {
            let slot = &self.context.slots[index];
            self.charge.leave(index, slot, &mut self.costs);
        }
    }

    /// Charges the later runs of the model for the same response. Each was sent the same context
    /// again, and what the response had added by then. Returns how much the last run was sent
    /// beyond the first.
    fn later_runs(&mut self, call: &ModelCall) -> u64 {
        let mut more = 0;
        for (again, run) in call.again.iter().zip(1..) {
            more = again.input.saturating_sub(call.input.unwrap_or(0));
            let slot = self.context.block(more);
            self.charge.enter(&self.context.slots);
            if call.counted {
                let unexplained = signed(again.input) - signed(self.context.total());
                self.charge(&call.once_more(again), run, unexplained, &[slot]);
            }
            self.context.leave_again(slot);
            self.settle();
        }
        // Where the context shrank between the runs, the call was closed with the last run.
        match call.again.last() {
            Some(last) if last.input == call.sent => {}
            _ => more = 0,
        }
        self.close.unrecorded.once(more, call.n, Cause::Response);
        more
    }

    /// A request for another purpose than the thread's, or one that only the agent's ledger
    /// reports: no file holds what it sent.
    fn unrecorded(&mut self, call: &ModelCall) {
        self.beside();
        let input = call.input.unwrap_or(0);
        if call.counted {
            self.charge_unrecorded(call, input);
            let cause = match call.purpose {
                Some(purpose) => Cause::Aside(purpose),
                None => Cause::Ledger,
            };
            self.close.unrecorded.once(input, call.n, cause);
        }
        let mut classes = Shares::default();
        classes[Share::Unrecorded as usize] = input;
        self.requests.push(Answered {
            classes,
            unexplained: call.input.map(|_| 0),
            ..Answered::of(call)
        });
        self.n = call.n;
    }

    fn charge_unrecorded(&mut self, call: &ModelCall, input: u64) {
        let ends = call.cached();
        let (read, written) = (ends[0], ends[2] - ends[0]);
        let rows = self.rows.of(call.period);
        let unowned = signed(call.cache_write) - signed(written);
        rows[total::UNRECORDED].add_sent(input, read, written);
        rows[total::NOBODY].add_unexplained(1, 0, unowned);
        if let Some(tariff) = &call.tariff {
            rows[total::UNRECORDED].add_cost(Paid::sent(tariff.sent(ends, input)));
            rows[total::NOBODY].add_cost(Paid::fee(tariff.fee()));
        }
    }

    /// A counted request pays for all that it carries. `run` is 0 for its first run, and `once`
    /// holds slots that are there for this run alone.
    fn charge(&mut self, call: &ModelCall, run: usize, unexplained: i64, once: &[SlotIndex]) {
        let mut new = Vec::new();
        let items = u64::from(run == 0);
        if items > 0 {
            self.push_new(&self.context.fresh, &mut new);
            self.push_new(&self.close.unrecorded.fresh, &mut new);
        }
        self.push_new(once, &mut new);
        let (rows, costs) = (&mut self.rows, &mut self.costs);
        let written = self.charge.request(call, &self.context, &new, rows, costs);
        if let Some(tape) = &mut self.charge.tape {
            let at = RequestIndex::at(self.requests.len());
            tape.run(call, at, run, &self.charge.live);
        }
        let unowned = signed(call.cache_write) - signed(written);
        let row = &mut self.rows.of(call.period)[total::NOBODY];
        row.add_unexplained(items, unexplained, unowned);
        if let (Some(tariff), Some(input)) = (&call.tariff, call.input) {
            row.add_cost(tariff.unexplained(input, self.context.total()));
            row.add_cost(Paid::fee(tariff.fee()));
        }
    }

    /// Adds those slots to `new` that no request has sent yet.
    fn push_new(&self, slots: &[SlotIndex], new: &mut Vec<SlotIndex>) {
        for index in slots {
            let is_new = match self.context.slots[*index].number {
                Some(number) => !self.costs[number].sent,
                None => true,
            };
            if is_new {
                new.push(*index);
            }
        }
    }

    /// Marks new spans as sent, even if the request was not counted. `closed`: their sizes are
    /// final.
    fn send(&mut self, closed: bool) {
        for index in &self.context.fresh {
            if let Some(number) = self.context.slots[*index].number {
                self.costs[number].sent = true;
            }
        }
        if closed {
            self.close.unrecorded.fresh.clear();
            self.context.sent();
        } else {
            self.context.sent_unreported();
        }
        self.settle();
    }
}
