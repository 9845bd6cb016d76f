//! The charges: which of the live slots each counted request carried, and how far the provider's
//! cache reached.
//!
//! Providers cache a prefix. Walking the context from the front, the first `cache_read_tokens`
//! were read from the cache, the next `cache_write_tokens` written to it, and the rest was
//! neither; a slot may lie across. The end of a prefix is kept from request to request and moves
//! over the slots between its old and its new place only (a miss, which is over with the next
//! request, does not move it: [`Missed`]); a slot notes the request at which it got
//! inside, and settles when it gets outside or leaves. So a request costs what has moved, not what
//! is live.

use super::Load;
use super::context::{Context, Slot};
use super::history::Call;
use super::missed::Missed;
use super::total::Rows;

/// A prefix that is so many times shorter than the one before is a miss.
const MISS: u64 = 8;

/// What a slot has been charged.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    /// Counted requests before it entered.
    entered: u32,
    /// For both prefixes: counted requests when it got inside, and misses then, while it is.
    inside: [Option<(u32, u32)>; 2],
    /// For both: tokens of it that were inside, as far as settled.
    tokens: [u64; 2],
}

/// The end of a prefix.
#[derive(Debug, Default)]
struct Reach {
    /// The slots before this one are inside.
    at: usize,
    /// Their live tokens, in all and by label.
    before: u64,
    by_label: Vec<u64>,
}

/// The running account of a thread.
#[derive(Debug)]
pub(super) struct Charge {
    marks: Vec<Mark>,
    /// Ordinals of the counted requests.
    paid: Vec<u64>,
    /// How far was read from the cache, and how far read or written.
    reach: [Reach; 2],
    /// Requests that did not reach that far.
    missed: [Missed; 2],
    /// Live tokens by label.
    live: Vec<u64>,
}

impl Charge {
    pub(super) fn new(labels: usize) -> Charge {
        let reach = || Reach { by_label: vec![0; labels], ..Reach::default() };
        Charge {
            marks: Vec::new(),
            paid: Vec::new(),
            reach: [reach(), reach()],
            missed: Default::default(),
            live: vec![0; labels],
        }
    }

    fn requests(&self) -> u32 {
        u32::try_from(self.paid.len()).unwrap_or(u32::MAX)
    }

    /// Slots that are new get an account. They have their size.
    pub(super) fn enter(&mut self, slots: &[Slot]) {
        let entered = self.requests();
        for slot in slots.iter().skip(self.marks.len()) {
            self.marks.push(Mark { entered, ..Mark::default() });
            if let Some(live) = self.live.get_mut(slot.label as usize).filter(|_| slot.live) {
                *live += slot.tokens;
            }
        }
    }

    /// A slot that has an account is to weigh more or less, or nothing (it leaves).
    pub(super) fn resize(&mut self, index: usize, slot: &Slot, tokens: u64) {
        if index >= self.marks.len() {
            return;
        }
        let label = slot.label as usize;
        change(self.live.get_mut(label), slot.tokens, tokens);
        for side in 0..2 {
            self.settle(index, slot, side);
            let Some(reach) = self.reach.get_mut(side).filter(|reach| index < reach.at) else { continue };
            change(Some(&mut reach.before), slot.tokens, tokens);
            change(reach.by_label.get_mut(label), slot.tokens, tokens);
        }
        for side in 0..2 {
            if tokens > 0 && self.reach.get(side).is_some_and(|reach| index < reach.at) {
                self.mark(index, side);
            }
        }
    }

    /// A slot leaves: what it was charged goes to its span.
    pub(super) fn leave(&mut self, index: usize, slot: &Slot, loads: &mut [Load]) {
        self.resize(index, slot, 0);
        let now = self.requests();
        let Some(mark) = self.marks.get(index) else { return };
        let Some(load) = slot.number.and_then(|number| loads.get_mut(number as usize)) else { return };
        let requests = now - mark.entered;
        if let (Some(first), Some(last), true) = (self.paid.get(mark.entered as usize), self.paid.last(), requests > 0)
        {
            if load.requests == 0 {
                load.from = *first;
            }
            load.to = *last;
        }
        load.requests += requests;
        load.cache_read = load.cache_read.saturating_add(mark.tokens[0]);
        load.cache_write = load.cache_write.saturating_add(mark.tokens[1].saturating_sub(mark.tokens[0]));
    }

    /// What a slot has earned inside a prefix is added up.
    fn settle(&mut self, index: usize, slot: &Slot, side: usize) {
        let now = self.requests();
        let missed = self.missed.get(side).map_or(0, |missed| missed.before(index));
        let Some(mark) = self.marks.get_mut(index) else { return };
        if let (Some((since, before)), Some(tokens)) =
            (mark.inside.get_mut(side).and_then(Option::take), mark.tokens.get_mut(side))
        {
            let requests = u64::from(now - since - (missed - before));
            *tokens = tokens.saturating_add(requests.saturating_mul(slot.tokens));
        }
    }

    /// A counted request carries what is live. `fresh` are the slots that were never sent. Returns
    /// how much of what the slots weigh was written to the cache.
    pub(super) fn request(&mut self, call: &Call, context: &Context, fresh: &[usize], rows: &mut Rows) -> u64 {
        let limits = [call.cache_read, call.cache_read.saturating_add(call.cache_write)];
        let mut short = [None, None];
        for (side, limit) in limits.into_iter().enumerate() {
            short[side] = self.miss(side, limit, context);
            if short[side].is_none() {
                self.reach_to(side, limit, &context.slots);
            }
        }
        self.paid.push(call.n);
        let ends = [0, 1].map(|side: usize| short[side].as_ref().unwrap_or(&self.reach[side]));
        let rows = rows.of(call.period);
        // Of the slot across the end, the part that is inside.
        let mut across = [(0, 0, 0); 2];
        for (side, limit) in limits.into_iter().enumerate() {
            let reach = ends[side];
            let Some(slot) = context.slots.get(reach.at).filter(|slot| slot.live) else { continue };
            let part = (limit - reach.before.min(limit)).min(slot.tokens);
            if let Some(mark) = self.marks.get_mut(reach.at) {
                mark.tokens[side] = mark.tokens[side].saturating_add(part);
            }
            across[side] = (reach.at, slot.label as usize, part);
        }
        let cached = |side: usize, label: usize| {
            let (_, of, part) = across[side];
            let whole = ends[side].by_label.get(label).copied().unwrap_or(0);
            whole + if of == label { part } else { 0 }
        };
        let mut written_in_all = 0;
        for (label, row) in rows.iter_mut().enumerate() {
            let live = self.live.get(label).copied().unwrap_or(0);
            if live > 0 {
                let read = cached(0, label);
                let written = cached(1, label).saturating_sub(read);
                row.sent(live, read, written);
                written_in_all = written.saturating_add(written_in_all);
            }
        }
        for index in fresh {
            let Some(slot) = context.slots.get(*index).filter(|slot| slot.live) else { continue };
            let (at, _, part) = across[0];
            let inside = ends[0].at > *index;
            let read = if inside {
                slot.tokens
            } else if at == *index {
                part
            } else {
                0
            };
            if let Some(row) = rows.get_mut(slot.label as usize) {
                row.first(slot.tokens, read, slot.number.is_some());
            }
        }
        written_in_all
    }

    /// A slot is inside a prefix from now on.
    fn mark(&mut self, index: usize, side: usize) {
        let missed = self.missed.get(side).map_or(0, |missed| missed.before(index));
        let now = self.requests();
        if let Some(inside) = self.marks.get_mut(index).and_then(|mark| mark.inside.get_mut(side)) {
            *inside = Some((now, missed));
        }
    }

    /// Where the prefix ends in this request, if it is so far in front of where it ended before
    /// that the cache was missed: the walk there from the front is short, and the end stays.
    fn miss(&mut self, side: usize, limit: u64, context: &Context) -> Option<Reach> {
        let reach = self.reach.get(side).filter(|reach| limit < reach.before / MISS)?;
        let mut end = Reach { at: context.head(), before: 0, by_label: vec![0; reach.by_label.len()] };
        while let Some(slot) = context.slots.get(end.at) {
            if slot.live {
                if end.before.saturating_add(slot.tokens) > limit {
                    break;
                }
                change(Some(&mut end.before), 0, slot.tokens);
                change(end.by_label.get_mut(slot.label as usize), 0, slot.tokens);
            }
            end.at += 1;
        }
        self.missed.get_mut(side)?.note(end.at);
        Some(end)
    }

    /// Moves the end of a prefix to where its slots weigh no more than `limit`. Before the request
    /// is paid: a slot that is passed has been inside since then.
    fn reach_to(&mut self, side: usize, limit: u64, slots: &[Slot]) {
        let Some(mut reach) = self.reach.get_mut(side).map(std::mem::take) else { return };
        while let Some(slot) = reach.at.checked_sub(1).filter(|_| reach.before > limit).and_then(|at| slots.get(at)) {
            reach.at -= 1;
            if slot.live {
                self.settle(reach.at, slot, side);
                change(Some(&mut reach.before), slot.tokens, 0);
                change(reach.by_label.get_mut(slot.label as usize), slot.tokens, 0);
            }
        }
        while let Some(slot) = slots.get(reach.at) {
            if slot.live {
                if reach.before.saturating_add(slot.tokens) > limit {
                    break;
                }
                change(Some(&mut reach.before), 0, slot.tokens);
                change(reach.by_label.get_mut(slot.label as usize), 0, slot.tokens);
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
        for (index, slot) in context.slots.iter().enumerate().filter(|(_, slot)| slot.live) {
            self.leave(index, slot, loads);
        }
    }
}

/// A sum of which a part changes.
fn change(sum: Option<&mut u64>, from: u64, to: u64) {
    if let Some(sum) = sum {
        *sum = sum.saturating_sub(from).saturating_add(to);
    }
}
