//! The rerun: a context while a tape is walked again under plans, as the plans see it.
//!
//! Every slot has its size on the tape and its size under the plans. A request's input is the sum
//! of the latter, and what was unexplained in its report; what it reads from the cache follows from
//! its report too ([`super::rerun_cache`]). So without a plan every number is that of the report,
//! and a cache that was broken is broken again, unless a plan removes the cause
//! ([`Rerun::revive`]).
//!
//! This file knows no prices, no policy, and not in which order the steps come
//! ([`super::rerun_walk`]).

use super::fenwick::PrefixSums;
use super::ids::SlotIndex;
use super::indexed_list::ListIndex;
use super::prefix::PREFIXES;
use super::rerun_result::{RerunResult, RerunSent, RunKind, SpanFate};
use super::tape::ContextTape;

/// An item of a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextItem {
    /// Its place among all items of the thread: what is sent first comes first.
    pub slot: usize,
    /// Its span, in the order in which the spans were fed; `None` for content that no file records.
    pub span: Option<usize>,
    /// Its size in tokens.
    pub tokens: u64,
}

/// A slot under the plans.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RerunSlot {
    pub(super) original: u64,
    pub(super) tokens: u64,
    /// A plan has set its size.
    pub(super) pinned: bool,
    /// It stays when the thread removes it, until the context is cleared.
    pub(super) stays: bool,
    /// It repeats an earlier slot that a cleared context would have lost.
    pub(super) repeats: Option<usize>,
}

/// How an agent writes to the cache, as its latest request shows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Writing {
    pub(super) writes: bool,
    pub(super) hour: bool,
    /// A plan has it written for an hour.
    pub(super) hour_by_plan: bool,
}

impl Writing {
    pub(super) fn is_for_an_hour(self) -> bool {
        self.hour || self.hour_by_plan
    }
}

/// The context under the plans, while a tape is walked.
pub struct Rerun<'t> {
    pub(super) tape: &'t ContextTape,
    pub(super) slots: Vec<RerunSlot>,
    pub(super) sums: PrefixSums<u64>,
    pub(super) total: u64,
    pub(super) original: u64,
    /// The latest slot of each span under the plans.
    pub(super) slot_of: Vec<Option<usize>>,
    /// Spans that a plan has removed.
    pub(super) removed: Vec<bool>,
    /// What the next request would read from the cache, had no plan changed anything for it.
    pub(super) reads_now: u64,
    /// Slots before this one are in a summary.
    pub(super) summarised: usize,
    /// Slots of the current context begin here, with the head.
    pub(super) begun: usize,
    /// The largest size that the head had.
    pub(super) largest_head: u64,
    /// A clear is removed: slots that leave now stay, and what enters is a repetition.
    pub(super) kept_by_plan: bool,
    pub(super) lingering: Vec<usize>,
    /// The first slot that plans have changed since the latest request, and that the thread itself
    /// has.
    pub(super) changed: usize,
    pub(super) changed_itself: usize,
    /// The slots that the latest request carried, and its input.
    pub(super) sent_slots: usize,
    pub(super) sent: u64,
    /// Requests were left out since the latest.
    pub(super) gap: bool,
    pub(super) writing: Writing,
    /// What the plans ask for the next request.
    pub(super) gone: bool,
    pub(super) revived: bool,
    pub(super) cleared_here: bool,
    pub(super) result: RerunResult,
    pub(super) current: usize,
}

/// Beyond all slots.
pub(super) const NOWHERE: usize = usize::MAX;

impl<'t> Rerun<'t> {
    pub(super) fn new(tape: &'t ContextTape) -> Rerun<'t> {
        Rerun {
            tape,
            slots: Vec::with_capacity(tape.slots.len()),
            sums: PrefixSums::default(),
            total: 0,
            original: 0,
            slot_of: vec![None; tape.spans],
            removed: vec![false; tape.spans],
            reads_now: u64::MAX,
            summarised: 0,
            begun: 0,
            largest_head: 0,
            kept_by_plan: false,
            lingering: Vec::new(),
            changed: NOWHERE,
            changed_itself: NOWHERE,
            sent_slots: 0,
            sent: 0,
            gap: false,
            writing: Writing::default(),
            gone: false,
            revived: false,
            cleared_here: false,
            result: RerunResult {
                sent: Vec::new(),
                fates: vec![SpanFate::default(); tape.spans],
            },
            current: 0,
        }
    }

    /// The tokens of the context that the next request will carry.
    pub fn tokens(&self) -> u64 {
        self.total
    }

    /// The same, as it was.
    pub fn original_tokens(&self) -> u64 {
        self.original
    }

    /// The input of the latest request under the plans.
    pub fn sent_tokens(&self) -> u64 {
        self.sent
    }

    /// The items of the context that have a size, in the order in which they are sent.
    pub fn items(&self) -> Vec<ContextItem> {
        let mut items = Vec::new();
        for slot in self.begun..self.slots.len() {
            let item = self.item(slot);
            if item.tokens > 0 {
                items.push(item);
            }
        }
        items
    }

    /// The size of a slot under the plans.
    pub fn size_of(&self, slot: usize) -> u64 {
        self.slots.get(slot).map_or(0, |slot| slot.tokens)
    }

    /// Whether the plans keep a slot out of the context that the thread itself has there.
    pub fn is_removed(&self, slot: usize) -> bool {
        let slot = self.slots.get(slot);
        slot.is_some_and(|slot| slot.original > 0 && slot.tokens == 0)
    }

    /// How many tokens the head has lost on the tape since it was largest.
    pub fn lost_of_head(&self) -> u64 {
        self.largest_head.saturating_sub(self.size_of(self.begun))
    }

    /// Whether a request has carried the slot.
    pub fn was_sent(&self, slot: usize) -> bool {
        slot < self.sent_slots
    }

    /// Sets the size of a slot; 0 removes it for good. A slot that was sent before breaks the cache
    /// from there on.
    pub fn set(&mut self, slot: usize, tokens: u64) {
        let item = self.item(slot);
        if item.tokens == tokens && tokens > 0 {
            return;
        }
        if let Some(span) = item.span {
            self.removed[span] = tokens == 0;
            self.result.fates[span].is_dropped |= tokens < item.tokens;
        }
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.pinned = true;
        }
        if slot < self.sent_slots && item.tokens != tokens {
            self.changed = self.changed.min(slot);
        }
        self.put(slot, tokens);
    }

    /// Sets the size of a slot that takes the place of others: it stays where the thread removes
    /// what was in it, until the context is cleared.
    pub fn set_lasting(&mut self, slot: usize, tokens: u64) {
        self.summarised = self.slots.len();
        self.set(slot, tokens);
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.stays = true;
        }
    }

    /// Whether a slot was there when others were replaced ([`Rerun::set_lasting`]): what it held
    /// may be in what took their place.
    pub fn is_summarised(&self, slot: usize) -> bool {
        slot < self.summarised
    }

    /// The next request is not sent.
    pub fn leave_out(&mut self) {
        self.gone = true;
    }

    /// What the latest request sent is still in the cache for the next one.
    pub fn revive(&mut self) {
        self.revived = true;
    }

    /// What is in the cache stands up to a slot, whatever else the plans change before the next
    /// request.
    pub fn stands_up_to(&mut self, slot: usize) {
        self.changed = slot;
    }

    /// What is written to the cache from now on is kept for an hour.
    pub fn write_for_an_hour(&mut self) {
        self.writing.hour_by_plan = true;
    }

    /// Whether anything was written to the cache for its shorter life.
    pub fn writes_briefly(&self) -> bool {
        self.writing.writes && !self.writing.hour
    }

    /// The next extra request is sent right behind the latest one, before any pause.
    pub fn is_early(&mut self) {
        self.reads_now = u64::MAX;
    }

    /// A request over the context as it is now is sent before the next one. What the latest request
    /// sent is read from the cache, as far as the next one really read it. The answer has `output`
    /// tokens.
    pub fn send_extra(&mut self, output: u64) {
        let stands = self.before(self.changed.min(self.changed_itself));
        let read = self.sent.min(stands).min(self.total).min(self.reads_now);
        let written = if self.writing.writes {
            self.total
        } else {
            read
        };
        let hour = if self.writing.is_for_an_hour() {
            written
        } else {
            read
        };
        self.push(RunKind::Extra(output), self.total, [read, hour, written], 0);
    }

    pub(super) fn item(&self, slot: usize) -> ContextItem {
        let span = self.tape.slots.get(SlotIndex::at(slot)).copied().flatten();
        ContextItem {
            slot,
            span: span.map(ListIndex::place),
            tokens: self.size_of(slot),
        }
    }

    pub(super) fn put(&mut self, slot: usize, tokens: u64) {
        let Some(entry) = self.slots.get_mut(slot) else {
            return;
        };
        let before = std::mem::replace(&mut entry.tokens, tokens);
        if before != tokens {
            self.sums.change(slot, before, tokens);
            self.total = self.total - before + tokens;
        }
    }

    pub(super) fn before(&self, slot: usize) -> u64 {
        if slot >= self.slots.len() {
            return self.total;
        }
        self.sums.before(slot)
    }

    pub(super) fn push(&mut self, kind: RunKind, input: u64, ends: [u64; PREFIXES], broken: u64) {
        let [read, hour, written] = ends;
        self.result.sent.push(RerunSent {
            broken,
            request: self.current,
            kind,
            input,
            cache_read: read,
            cache_write: written - read,
            cache_write_hour: hour - read,
        });
    }
}
