//! The replay: what each request of a thread carried, and what carrying it cost.
//!
//! A [`History`] is fed in the order of the thread's records: spans, requests, changes of the
//! context. [`History::replay`] walks it twice. The first walk ([`forecast`]) predicts each request
//! by the laws of its model ([`law`], [`weigh`]). The second closes each request against its report
//! ([`close`]), so that the sizes of the spans in its [`Context`], the pieces that no file records
//! ([`pieces`]) and what is unexplained are the reported input, in integers; and charges the spans
//! for it ([`charge`]). The answer is a [`Bill`].
//!
//! Both walks cost what changes from request to request, not what is live: time is linear in the
//! length of the thread, but for a logarithm, wherever the provider's cache ends from request to
//! request ([`prefix`]). Where it ends too early, the cache was broken ([`cache`]).
//!
//! Where the prices of a request's model are known, each of these parts is charged what its tokens
//! cost (`price`), and the sums of money are exact too.
//!
//! This room knows records and prices only: no agent, no file, no line of the stream.

mod attribution;
mod bill;
mod cache;
mod cache_report;
mod change;
mod charge;
mod close;
mod content;
mod context;
mod counter;
mod entering;
mod exact;
mod fenwick;
mod forecast;
mod history;
mod label;
mod law;
mod manner;
mod missed;
mod output;
mod predict;
mod prefix;
mod price;
mod request_forecast;
mod run;
mod span_cost;
mod tally;
mod total;
mod unrecorded;

use crate::record::count::signed;
use bill::Answered;
pub use bill::Bill;
use cache::Cache;
use charge::Charge;
use close::Close;
pub use content::Content;
use content::{Share, Shares};
use context::Context;
use forecast::Forecast;
pub use history::History;
use history::{Call, Moment};
pub use law::Laws;
use price::Paid;
pub use price::{Given, Prices};
use span_cost::SpanCost;
use total::Rows;
use unrecorded::Cause;

impl History {
    /// Walks the thread and makes out the bill.
    pub fn replay(&self) -> Bill<'_> {
        let forecast = Forecast::of(self);
        let rows = total::rows(self.labels.len());
        let mut walk = Walk {
            forecast: &forecast,
            context: Context::new(&self.spans),
            close: Close::default(),
            cache: Cache::of(self.calls()),
            charge: Charge::new(rows),
            costs: vec![SpanCost::default(); self.spans.len()],
            requests: Vec::new(),
            rows: Rows::new(rows),
            n: 0,
            dropped: Vec::new(),
        };
        for step in &self.steps {
            walk.context.enter_up_to(step.after);
            match &step.what {
                Moment::Request(call) => walk.request(call),
                Moment::Change(change) => walk.change(change),
            }
        }
        walk.charge.finish(&walk.context, &mut walk.costs);
        walk.close.pieces.finish();
        let Walk {
            mut costs,
            requests,
            mut rows,
            close,
            cache,
            dropped,
            ..
        } = walk;
        output::share(self.calls(), &self.made, &self.spans, &mut costs, &mut rows);
        let (pieces, breaks) = (close.pieces.past, cache.breaks);
        Bill {
            costs,
            requests,
            rows: rows.finish(),
            labels: &self.labels,
            pieces,
            dropped,
            breaks,
        }
    }

    fn calls(&self) -> impl Iterator<Item = &Call> {
        self.steps.iter().filter_map(|step| match &step.what {
            Moment::Request(call) => Some(call.as_ref()),
            Moment::Change(_) => None,
        })
    }
}

/// The state of the second walk.
struct Walk<'h> {
    forecast: &'h Forecast,
    context: Context<'h>,
    close: Close,
    cache: Cache<'h>,
    charge: Charge,
    costs: Vec<SpanCost>,
    requests: Vec<Answered>,
    rows: Rows,
    /// Ordinal of the latest request.
    n: u64,
    /// What the laws dropped that had been sent: before which request, and which spans.
    dropped: Vec<(u64, Vec<u64>)>,
}

impl<'h> Walk<'h> {
    fn change(&mut self, change: &change::Change) {
        self.context.change(change);
        self.settle();
        if change.clears() {
            self.cache.clear(change.reason());
            self.close
                .clear(&mut self.context, self.n.saturating_add(1), change.head);
        }
    }

    fn request(&mut self, call: &'h Call) {
        let at = self.requests.len();
        let Some(ahead) = self.forecast.requests.get(at) else {
            return;
        };
        if call.is_aside() {
            self.n = call.n;
            let predicted = call.summary.map(|_| ahead.predicted);
            return self.requests.push(Answered {
                predicted,
                law: call.law.name.clone(),
                aside: true,
                ..Answered::default()
            });
        }
        if call.is_untold() {
            return self.untold(call);
        }
        self.drop(call, &ahead.dropped);
        let explained =
            self.close
                .request(call, at, self.forecast, &mut self.context, &mut self.costs);
        self.settle();
        let unexplained = call
            .input
            .map(|input| signed(input) - signed(self.context.total()));
        let closed = call.reported || call.counted;
        if closed {
            self.charge.enter(&self.context.slots);
        }
        let new_tools = self.close.pieces.new_tools(call.n);
        self.cache.request(
            call,
            ahead.whole.is_none(),
            &mut self.context,
            &self.charge.live,
            new_tools,
        );
        if call.counted {
            self.charge(call, 1, unexplained.unwrap_or(0), &[]);
        }
        let mut classes = self.context.tokens();
        let more = self.again(call);
        classes[Share::Unrecorded as usize] += more;
        self.requests.push(Answered {
            predicted: Some(ahead.predicted),
            classes,
            explained,
            unexplained,
            part: ahead
                .whole
                .zip(call.input)
                .map(|(whole, input)| whole / input.max(1)),
            manner: self.forecast.manner,
            ..Answered::of(call)
        });
        self.send(closed);
        self.n = call.n;
    }

    /// The laws drop spans.
    fn drop(&mut self, call: &Call, numbers: &[u32]) {
        let was_sent = |number: &&u32| {
            self.costs
                .get(**number as usize)
                .is_some_and(|cost| cost.sent)
        };
        let sent = numbers
            .iter()
            .filter(was_sent)
            .filter_map(|number| self.context.seq(*number))
            .collect::<Vec<_>>();
        let dropped = self.context.drop_by_law(numbers);
        if !self.forecast.manner.stripped {
            self.cache.drop(dropped);
        }
        if !sent.is_empty() {
            self.dropped.push((call.n, sent));
        }
    }

    /// What has left or changed its size since is settled.
    fn settle(&mut self) {
        for (index, was) in std::mem::take(&mut self.context.adjusted) {
            if let Some(slot) = self.context.slots.get(index) {
                self.charge.resize(
                    index,
                    &context::Slot {
                        tokens: was,
                        ..*slot
                    },
                    slot.tokens,
                );
            }
        }
        for index in std::mem::take(&mut self.context.left) {
            if let Some(slot) = self.context.slots.get(index) {
                self.charge.leave(index, slot, &mut self.costs);
            }
        }
    }

    /// The model was run again for the same response: it was sent the same once more, and what the
    /// response had brought until then. Returns how much that was at the last time.
    fn again(&mut self, call: &Call) -> u64 {
        let mut more = 0;
        for again in &call.again {
            more = again.input.saturating_sub(call.input.unwrap_or(0));
            let slot = self.context.piece(more);
            self.charge.enter(&self.context.slots);
            if call.counted {
                let unexplained = signed(again.input) - signed(self.context.total());
                self.charge(&call.once_more(again), 0, unexplained, &[slot]);
            }
            self.context.leave_again(slot);
            self.settle();
        }
        // Where the context shrank, it closed with the last.
        if call.again.last().is_none_or(|last| last.input != call.sent) {
            more = 0;
        }
        self.close.pieces.once(more, call.n, Cause::Response);
        more
    }

    /// A request that was for something else, or of which only the agent's ledger tells: what it
    /// sent is in no file as it was sent.
    fn untold(&mut self, call: &Call) {
        let input = call.input.unwrap_or(0);
        if call.counted {
            let ends = call.cached();
            let rows = self.rows.of(call.period);
            if let Some(row) = rows.get_mut(total::UNRECORDED as usize) {
                row.sent(input, ends[0], ends[2] - ends[0]);
                call.tariff
                    .into_iter()
                    .for_each(|tariff| row.paid(Paid::sent(tariff.sent(ends, input))));
            }
            if let Some(row) = rows.get_mut(total::NOBODY as usize) {
                row.nobody(1, 0, signed(call.cache_write) - signed(ends[2] - ends[0]));
                call.tariff
                    .into_iter()
                    .for_each(|tariff| row.paid(Paid::fee(tariff.fee())));
            }
            self.close.pieces.once(
                input,
                call.n,
                call.purpose.map_or(Cause::Ledger, Cause::Aside),
            );
        }
        let mut classes = Shares::default();
        classes[Share::Unrecorded as usize] = input;
        let unexplained = call.input.map(|_| 0);
        self.requests.push(Answered {
            classes,
            unexplained,
            ..Answered::of(call)
        });
        self.n = call.n;
    }

    /// A counted request pays for all it carries; `once` is there for it alone.
    fn charge(&mut self, call: &Call, items: u64, unexplained: i64, once: &[usize]) {
        let costs = &self.costs;
        let is_new =
            |index: &usize| match self.context.slots.get(*index).and_then(|slot| slot.number) {
                Some(number) => costs.get(number as usize).is_some_and(|cost| !cost.sent),
                None => true,
            };
        let fresh = self
            .context
            .fresh
            .iter()
            .chain(&self.close.pieces.fresh)
            .filter(|_| items > 0);
        let fresh: Vec<usize> = fresh.chain(once).copied().filter(is_new).collect();
        let written =
            self.charge
                .request(call, &self.context, &fresh, &mut self.rows, &mut self.costs);
        if let Some(row) = self.rows.of(call.period).get_mut(total::NOBODY as usize) {
            row.nobody(
                items,
                unexplained,
                signed(call.cache_write) - signed(written),
            );
            if let (Some(tariff), Some(input)) = (call.tariff, call.input) {
                row.paid(tariff.unexplained(input, self.context.total()));
                row.paid(Paid::fee(tariff.fee()));
            }
        }
    }

    /// What is fresh has been sent, whoever paid: next time it is not new.
    fn send(&mut self, closed: bool) {
        for index in &self.context.fresh {
            let number = self.context.slots.get(*index).and_then(|slot| slot.number);
            if let Some(cost) = number.and_then(|number| self.costs.get_mut(number as usize)) {
                cost.sent = true;
            }
        }
        if closed {
            self.close.pieces.fresh.clear();
            self.context.sent();
        } else {
            self.context.sent_unreported();
        }
        self.settle();
    }
}

#[cfg(test)]
mod tests;
