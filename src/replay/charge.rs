//! The charges: which of the live slots each counted request carried, and how far the provider's
//! cache reached.
//!
//! Providers cache a prefix. Walking the context from the front, the first `cache_read_tokens`
//! were read from the cache, the next `cache_write_tokens` written to it, and the rest was
//! neither; a slot may lie across. The end of a prefix is kept from request to request and moves
//! over what is new only: where the cache falls short, it stays, and the request is noted
//! ([`Missed`]). A slot notes the request at which it got inside, and settles when it leaves or
//! changes its size. So a request costs what is new, not what is live.
//!
//! Money goes the same way. There are three prefixes, one inside the other: what was read, that
//! with what was written for an hour, and that with all that was written. In one request a slot
//! costs its tokens at the uncached rate and, for each prefix, what it has inside at the step from
//! the rate of that part to the rate of the next ([`Tariff::steps`](super::price::Tariff::steps)).
//! Summed over requests, these are differences of running tallies.

use std::rc::Rc;

use super::context::{Context, Slot};
use super::history::Call;
use super::load::Load;
use super::missed::Missed;
use super::prefix::{Across, Live, PREFIXES, Reach, Within};
use super::price::{Paid, Sent};
use super::tally::Tally;
use super::total::Rows;
use crate::record::Usd;

const READ: usize = 0;
const WRITTEN: usize = 2;

/// What a slot has been charged.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    /// Counted requests before it entered.
    entered: u32,
    /// For each prefix: what a token inside had been charged when it got there, while it is.
    inside: [Option<Tally>; PREFIXES],
    /// For each: tokens of it that were inside, as far as settled.
    tokens: [u64; PREFIXES],
    /// What it costs, for being inside, beyond the uncached rate; as far as settled.
    cost: Usd,
}

/// A counted request.
#[derive(Clone, Copy, Debug)]
struct Counted {
    n: u64,
    /// The requests before it that have a price, and their uncached rates.
    before: Tally,
}

/// The running account of a thread.
#[derive(Debug)]
pub(super) struct Charge {
    marks: Vec<Mark>,
    paid: Vec<Counted>,
    /// All that have a price, and their uncached rates.
    priced: Tally,
    /// For each prefix: all counted requests, and the steps of their rates.
    counted: [Tally; PREFIXES],
    /// How far each prefix reaches.
    reach: [Reach; PREFIXES],
    /// Requests that did not reach that far.
    missed: [Missed; PREFIXES],
    /// What is live.
    pub(super) live: Live,
}

impl Charge {
    /// An account with so many rows.
    pub(super) fn new(rows: usize) -> Charge {
        Charge {
            marks: Vec::new(),
            paid: Vec::new(),
            priced: Tally::default(),
            counted: Default::default(),
            reach: std::array::from_fn(|_| Reach::new(rows)),
            missed: Default::default(),
            live: Live::new(rows),
        }
    }

    fn requests(&self) -> u32 {
        u32::try_from(self.paid.len()).unwrap_or(u32::MAX)
    }

    /// Slots that are new get an account. They have their size.
    pub(super) fn enter(&mut self, slots: &[Slot]) {
        let entered = self.requests();
        for slot in slots.iter().skip(self.marks.len()) {
            self.marks.push(Mark {
                entered,
                ..Mark::default()
            });
            self.live
                .push(slot.row, if slot.live { slot.tokens } else { 0 });
        }
    }

    /// A slot that has an account is to weigh more or less, or nothing (it leaves).
    pub(super) fn resize(&mut self, index: usize, slot: &Slot, tokens: u64) {
        if index >= self.marks.len() {
            return;
        }
        self.live.change(index, slot.row, slot.tokens, tokens);
        for side in 0..PREFIXES {
            self.settle(index, slot, side);
            if let Some(reach) = self.reach.get_mut(side).filter(|reach| index < reach.at) {
                reach.change(slot.row, slot.tokens, tokens);
            }
        }
        for side in 0..PREFIXES {
            if tokens > 0 && self.reach.get(side).is_some_and(|reach| index < reach.at) {
                self.mark(index, side);
            }
        }
    }

    /// A slot leaves: what it was charged goes to its span.
    pub(super) fn leave(&mut self, index: usize, slot: &Slot, loads: &mut [Load]) {
        self.resize(index, slot, 0);
        let now = self.requests();
        let Some(mark) = self.marks.get(index) else {
            return;
        };
        let Some(load) = slot
            .number
            .and_then(|number| loads.get_mut(number as usize))
        else {
            return;
        };
        let requests = now - mark.entered;
        if let (Some(first), Some(last), true) = (
            self.paid.get(mark.entered as usize),
            self.paid.last(),
            requests > 0,
        ) {
            if load.requests == 0 {
                load.from = first.n;
            }
            load.to = last.n;
            let priced = self.priced.less(first.before);
            if priced.requests > 0 {
                let cost = priced.cost(slot.tokens).plus(mark.cost);
                load.input_cost = Some(load.input_cost.unwrap_or_default().plus(cost));
            }
        }
        load.requests += requests;
        load.cache_read = load.cache_read.saturating_add(mark.tokens[READ]);
        load.cache_write = load
            .cache_write
            .saturating_add(mark.tokens[WRITTEN].saturating_sub(mark.tokens[READ]));
    }

    /// What a slot was charged for, inside a prefix, is added up.
    fn settle(&mut self, index: usize, slot: &Slot, side: usize) {
        let now = self.charged(index, side);
        let Some(mark) = self.marks.get_mut(index) else {
            return;
        };
        if let (Some(since), Some(tokens)) = (
            mark.inside.get_mut(side).and_then(Option::take),
            mark.tokens.get_mut(side),
        ) {
            let charged = now.less(since);
            *tokens = tokens.saturating_add(charged.tokens(slot.tokens));
            mark.cost = mark.cost.plus(charged.cost(slot.tokens));
        }
    }

    /// A slot is inside a prefix from now on.
    fn mark(&mut self, index: usize, side: usize) {
        let now = self.charged(index, side);
        if let Some(inside) = self
            .marks
            .get_mut(index)
            .and_then(|mark| mark.inside.get_mut(side))
        {
            *inside = Some(now);
        }
    }

    /// What a token at that place would have been charged up to now, had it always been inside.
    fn charged(&self, index: usize, side: usize) -> Tally {
        let missed = self
            .missed
            .get(side)
            .map(|missed| missed.before(index))
            .unwrap_or_default();
        self.counted
            .get(side)
            .map(|counted| counted.less(missed))
            .unwrap_or_default()
    }

    /// A counted request carries what is live. `fresh` are the slots that were never sent. Returns
    /// how much of what the slots weigh was written to the cache.
    pub(super) fn request(
        &mut self,
        call: &Call,
        context: &Context,
        fresh: &[usize],
        rows: &mut Rows,
        loads: &mut [Load],
    ) -> u64 {
        let short = self.count(call, context);
        let ends = std::array::from_fn(|side| short[side].as_deref().unwrap_or(&self.reach[side]));
        let within = Within::new(ends, call.cached(), &context.slots);
        let steps = call.steps();
        for (side, Across { slot, tokens, .. }) in within.across.into_iter().enumerate() {
            if let Some(mark) = self.marks.get_mut(slot) {
                mark.tokens[side] = mark.tokens[side].saturating_add(tokens);
                mark.cost = mark.cost.plus(Tally::one(steps[side]).cost(tokens));
            }
        }
        let rows = rows.of(call.period);
        let mut written_in_all = 0;
        for (number, row) in rows.iter_mut().enumerate() {
            let live = self.live.of_row(number);
            if live > 0 {
                let inside = within.of_row(number);
                let written = inside[WRITTEN].saturating_sub(inside[READ]);
                row.sent(live, inside[READ], written);
                call.tariff
                    .into_iter()
                    .for_each(|tariff| row.paid(Paid::sent(tariff.sent(inside, live))));
                written_in_all = written.saturating_add(written_in_all);
            }
        }
        for index in fresh {
            let Some(slot) = context.slots.get(*index).filter(|slot| slot.live) else {
                continue;
            };
            let inside = within.of_slot(*index, slot.tokens);
            let sent = call.tariff.map(|tariff| tariff.sent(inside, slot.tokens));
            if let Some(row) = rows.get_mut(slot.row as usize) {
                row.first(slot.tokens, inside[READ], slot.number.is_some());
                sent.into_iter()
                    .for_each(|sent| row.paid(Paid::first(sent)));
            }
            if let Some(load) = slot
                .number
                .and_then(|number| loads.get_mut(number as usize))
            {
                load.first_cost = sent.map(Sent::all);
            }
        }
        written_in_all
    }

    /// A request is counted: the prefixes end where it says. Returns the ends of those that fell
    /// short, which stay.
    fn count(&mut self, call: &Call, context: &Context) -> [Option<Rc<Reach>>; PREFIXES] {
        let (limits, steps) = (call.cached(), call.steps());
        let mut short: [Option<Rc<Reach>>; PREFIXES] = Default::default();
        for side in 0..PREFIXES {
            if self
                .reach
                .get(side)
                .is_none_or(|reach| limits[side] >= reach.before)
            {
                self.reach_to(side, limits[side], &context.slots);
                continue;
            }
            // Prefixes of the same length end at the same place.
            let same = (0..side).find(|other| limits[*other] == limits[side]);
            let end = same.and_then(|other| short[other].clone());
            let end = end.unwrap_or_else(|| Rc::new(self.live.reach(limits[side])));
            self.missed[side].note(end.at, Tally::one(steps[side]));
            short[side] = Some(end);
        }
        self.paid.push(Counted {
            n: call.n,
            before: self.priced,
        });
        for (counted, step) in self.counted.iter_mut().zip(steps) {
            *counted = counted.plus(Tally::one(step));
        }
        if let Some(tariff) = &call.tariff {
            self.priced = self.priced.plus(Tally::one(tariff.uncached()));
        }
        short
    }

    /// Moves the end of a prefix to where its slots weigh no more than `limit`. Before the request
    /// is paid: a slot that is passed has been inside since then.
    fn reach_to(&mut self, side: usize, limit: u64, slots: &[Slot]) {
        let Some(mut reach) = self.reach.get_mut(side).map(std::mem::take) else {
            return;
        };
        while let Some(slot) = slots.get(reach.at) {
            if slot.live {
                if reach.before.saturating_add(slot.tokens) > limit {
                    break;
                }
                reach.change(slot.row, 0, slot.tokens);
                self.mark(reach.at, side);
            }
            reach.at += 1;
        }
        if let Some(place) = self.reach.get_mut(side) {
            *place = reach;
        }
    }

    /// The thread has ended: all accounts are closed.
    pub(super) fn finish(&mut self, context: &Context, loads: &mut [Load]) {
        for (index, slot) in context
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.live)
        {
            self.leave(index, slot, loads);
        }
    }
}
