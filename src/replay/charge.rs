//! The charges: which of the live slots each counted request carried, and how far the provider's
//! cache reached.
//!
//! Providers cache a prefix. Walking the context from the front, the first `cache_read_tokens`
//! were read from the cache, the next `cache_write_tokens` written to it, and the rest was
//! neither; a slot may lie across such an end. The end of a prefix is kept from request to request
//! and moves over new slots only: where the cache falls short, the end stays and the request is
//! noted ([`Missed`]). A slot notes when it got inside a prefix, and settles when it leaves or
//! changes its size. So the work of a request grows with what is new, not with what is live.
//!
//! Money goes the same way. There are three prefixes, one inside the other: what was read, that
//! with what was written for an hour, and that with all that was written. In one request a slot
//! costs its tokens at the uncached rate and, for each prefix, what it has inside at the step from
//! the rate of that part to the rate of the next ([`Tariff::steps`](super::price::Tariff::steps)).
//! Summed over requests, these are differences of running tallies.

use std::rc::Rc;

use super::call::ModelCall;
use super::context::{Context, Slot, Slots};
use super::ids::SlotIndex;
use super::indexed_list::{IndexedList, ListIndex};
use super::missed::Missed;
use super::prefix::{InsidePrefixes, LiveTokens, PREFIXES, PartialSlot, PrefixEnd};
use super::price::{Paid, SentCost};
use super::span_cost::SpanCosts;
use super::tally::RateTally;
use super::tape::ContextTape;
use super::total::{PeriodRows, ThreadRows};
use crate::record::Usd;

const READ: usize = 0;
const WRITTEN: usize = 2;

/// What a slot has been charged.
#[derive(Clone, Copy, Debug, Default)]
struct SlotCharge {
    /// Counted requests before it entered.
    entered: u32,
    /// For each prefix: the tally at the slot's place when the slot got inside; `None` while it is
    /// outside.
    inside: [Option<RateTally>; PREFIXES],
    /// For each prefix: tokens of the slot that were inside, summed over the settled requests.
    tokens: [u64; PREFIXES],
    /// What being inside cost beyond the uncached rate, summed over the settled requests.
    cost: Usd,
}

/// A counted request.
#[derive(Clone, Copy, Debug)]
struct Counted {
    n: u64,
    /// The priced requests before it, and their uncached rates.
    before: RateTally,
}

/// The accounts of all slots of a thread.
#[derive(Debug)]
pub(super) struct Charge {
    accounts: IndexedList<SlotIndex, SlotCharge>,
    paid: Vec<Counted>,
    /// All priced requests, and their uncached rates.
    priced: RateTally,
    /// For each prefix: all counted requests, and the steps of their rates.
    counted: [RateTally; PREFIXES],
    /// How far each prefix reaches.
    reach: [PrefixEnd; PREFIXES],
    /// Requests whose prefix ended before that.
    missed: [Missed; PREFIXES],
    /// The live tokens of all slots.
    pub(super) live: LiveTokens,
    /// What is charged for is written down here, where it is asked for.
    pub(super) tape: Option<ContextTape>,
}

impl Charge {
    /// No accounts yet; `rows` is the number of rows.
    pub(super) fn new(rows: usize, tape: Option<ContextTape>) -> Charge {
        Charge {
            tape,
            accounts: IndexedList::default(),
            paid: Vec::new(),
            priced: RateTally::default(),
            counted: Default::default(),
            reach: std::array::from_fn(|_| PrefixEnd::new(rows)),
            missed: Default::default(),
            live: LiveTokens::new(rows),
        }
    }

    fn requests(&self) -> u32 {
        u32::try_from(self.paid.len()).unwrap_or(u32::MAX)
    }

    /// Opens an account for each new slot, at the size that the slot has.
    pub(super) fn enter(&mut self, slots: &Slots) {
        let entered = self.requests();
        for slot in slots.tail(self.accounts.end()) {
            self.accounts.push(SlotCharge {
                entered,
                ..SlotCharge::default()
            });
            let tokens = if slot.live { slot.tokens } else { 0 };
            self.live.push(slot.row, tokens);
            if let Some(tape) = &mut self.tape {
                tape.enter(slot.number, tokens);
            }
        }
    }

    /// A slot that has an account changes its size; to 0 where it leaves.
    pub(super) fn resize(&mut self, index: SlotIndex, slot: &Slot, tokens: u64) {
        if index >= self.accounts.end() {
            return;
        }
        self.live.change(index, slot.row, slot.tokens, tokens);
        if let Some(tape) = &mut self.tape {
            tape.resize(index, tokens);
        }
        for side in 0..PREFIXES {
            self.settle(index, slot, side);
            let reach = &mut self.reach[side];
            if index < reach.at {
                reach.change(slot.row, slot.tokens, tokens);
            }
        }
        if tokens == 0 {
            return;
        }
        for side in 0..PREFIXES {
            if index < self.reach[side].at {
                self.note_inside(index, side);
            }
        }
    }

    /// A slot leaves: what it was charged goes to its span.
    pub(super) fn leave(&mut self, index: SlotIndex, slot: &Slot, costs: &mut SpanCosts) {
        self.resize(index, slot, 0);
        let Some(number) = slot.number else {
            return;
        };
        // A slot that left before a request was charged for it has no account.
        let Some(account) = self.accounts.get(index) else {
            return;
        };
        let span = &mut costs[number];
        let requests = self.requests() - account.entered;
        let first = self.paid.get(account.entered as usize);
        if let (Some(first), Some(last)) = (first, self.paid.last()) {
            if span.requests == 0 {
                span.from = first.n;
            }
            span.to = last.n;
            let priced = self.priced.less(first.before);
            if priced.requests > 0 {
                let cost = priced.cost(slot.tokens).plus(account.cost);
                span.input_cost = Some(span.input_cost.unwrap_or_default().plus(cost));
            }
        }
        span.requests += requests;
        let [read, .., written] = account.tokens;
        span.cache_read = span.cache_read.saturating_add(read);
        span.cache_write = span
            .cache_write
            .saturating_add(written.saturating_sub(read));
    }

    /// Adds up what a slot was charged while it was inside a prefix.
    fn settle(&mut self, index: SlotIndex, slot: &Slot, side: usize) {
        let now = self.charged(index, side);
        let account = &mut self.accounts[index];
        if let Some(since) = account.inside[side].take() {
            let charged = now.less(since);
            account.tokens[side] = account.tokens[side].saturating_add(charged.tokens(slot.tokens));
            account.cost = account.cost.plus(charged.cost(slot.tokens));
        }
    }

    /// A slot is inside a prefix from now on.
    fn note_inside(&mut self, index: SlotIndex, side: usize) {
        self.accounts[index].inside[side] = Some(self.charged(index, side));
    }

    /// What a token at that place would have been charged by now, had it always been inside.
    fn charged(&self, index: SlotIndex, side: usize) -> RateTally {
        self.counted[side].less(self.missed[side].before(index.place()))
    }

    /// A counted request carries the live slots. `fresh` are the slots that were never sent before.
    /// Returns how many of the slots' tokens were written to the cache.
    pub(super) fn request(
        &mut self,
        call: &ModelCall,
        context: &Context,
        fresh: &[SlotIndex],
        rows: &mut ThreadRows,
        costs: &mut SpanCosts,
    ) -> u64 {
        let short = self.count(call, context);
        let ends = std::array::from_fn(|side| short[side].as_deref().unwrap_or(&self.reach[side]));
        let within = InsidePrefixes::new(ends, call.cached(), &context.slots);
        let steps = call.steps();
        for (side, PartialSlot { slot, tokens, .. }) in within.across.into_iter().enumerate() {
            // A prefix that holds all slots ends beyond the last of them.
            if let Some(account) = self.accounts.get_mut(slot) {
                account.tokens[side] = account.tokens[side].saturating_add(tokens);
                account.cost = account.cost.plus(RateTally::one(steps[side]).cost(tokens));
            }
        }
        let rows = rows.of(call.period);
        let written = self.charge_rows(call, &within, rows);
        for index in fresh {
            let slot = &context.slots[*index];
            if slot.live {
                charge_first(call, within.of_slot(*index, slot.tokens), slot, rows, costs);
            }
        }
        written
    }

    /// Charges each row for its live tokens; returns how many of them were written to the cache.
    fn charge_rows(&self, call: &ModelCall, within: &InsidePrefixes, rows: &mut PeriodRows) -> u64 {
        let mut written_in_all: u64 = 0;
        for (number, row) in rows.enumerate_mut() {
            let live = self.live.of_row(number);
            if live == 0 {
                continue;
            }
            let inside = within.of_row(number);
            let written = inside[WRITTEN].saturating_sub(inside[READ]);
            row.add_sent(live, inside[READ], written);
            if let Some(tariff) = &call.tariff {
                row.add_cost(Paid::sent(tariff.sent(inside, live)));
            }
            written_in_all = written_in_all.saturating_add(written);
        }
        written_in_all
    }

    /// A request is counted: the prefixes end where its report says. Returns the ends of those that
    /// fell short; their kept ends stay.
    fn count(&mut self, call: &ModelCall, context: &Context) -> [Option<Rc<PrefixEnd>>; PREFIXES] {
        let (limits, steps) = (call.cached(), call.steps());
        let mut short: [Option<Rc<PrefixEnd>>; PREFIXES] = Default::default();
        for side in 0..PREFIXES {
            if limits[side] >= self.reach[side].before {
                self.reach_to(side, limits[side], &context.slots);
                continue;
            }
            let end = self.short_end(side, &limits, &short);
            self.missed[side].note(end.at.place(), RateTally::one(steps[side]));
            short[side] = Some(end);
        }
        self.paid.push(Counted {
            n: call.n,
            before: self.priced,
        });
        for (counted, step) in self.counted.iter_mut().zip(steps) {
            *counted = counted.plus(RateTally::one(step));
        }
        if let Some(tariff) = &call.tariff {
            self.priced = self.priced.plus(RateTally::one(tariff.uncached()));
        }
        short
    }

    /// Where a prefix that fell short ends. Prefixes of the same length share one end.
    fn short_end(
        &self,
        side: usize,
        limits: &[u64; PREFIXES],
        short: &[Option<Rc<PrefixEnd>>; PREFIXES],
    ) -> Rc<PrefixEnd> {
        for other in 0..side {
            if limits[other] == limits[side] {
                // The first of that length is the only one to look at.
                match &short[other] {
                    Some(end) => return Rc::clone(end),
                    None => break,
                }
            }
        }
        Rc::new(self.live.reach(limits[side]))
    }

    /// Moves the end of a prefix to where its slots have no more than `limit` tokens. This comes
    /// before the request is counted, so a slot that is passed is inside in this request too.
    fn reach_to(&mut self, side: usize, limit: u64, slots: &Slots) {
        let mut reach = std::mem::take(&mut self.reach[side]);
        while let Some(slot) = slots.get(reach.at) {
            if slot.live {
                if reach.before.saturating_add(slot.tokens) > limit {
                    break;
                }
                reach.change(slot.row, 0, slot.tokens);
                self.note_inside(reach.at, side);
            }
            reach.at = reach.at.next();
        }
        self.reach[side] = reach;
    }

    /// The thread has ended: all accounts are closed.
    pub(super) fn finish(&mut self, context: &Context, costs: &mut SpanCosts) {
        for (index, slot) in context.slots.enumerate() {
            if slot.live {
                self.leave(index, slot, costs);
            }
        }
    }
}

/// Of what a request was charged, notes what a slot cost that was sent for the first time. `inside`
/// is how many of its tokens each prefix holds.
fn charge_first(
    call: &ModelCall,
    inside: [u64; PREFIXES],
    slot: &Slot,
    rows: &mut PeriodRows,
    costs: &mut SpanCosts,
) {
    let sent = call.tariff.map(|tariff| tariff.sent(inside, slot.tokens));
    let row = &mut rows[slot.row];
    row.move_to_first(slot.tokens, inside[READ], slot.number.is_some());
    if let Some(sent) = sent {
        row.add_cost(Paid::first(sent));
    }
    if let Some(number) = slot.number {
        costs[number].first_cost = sent.map(SentCost::all);
    }
}
