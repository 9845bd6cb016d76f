//! The context: which spans the next request will carry, in which order.
//!
//! Spans enter in the order of the thread's records and leave when an event or a law says so
//! ([`super::clearing`]); an ephemeral span leaves after the first request that carries it. The
//! tokens of the live slots are kept as a running sum. A request therefore need not walk the list
//! to know its size: it looks at the slots that are fresh and at those that have left.
//!
//! A span id that names no live span of this thread changes nothing: a truncated file may lack the
//! span.

use std::collections::BinaryHeap;

use super::content::{Share, Shares};
use super::ids::{RowNumber, SlotIndex, SpanNumber};
use super::indexed_list::{IndexedList, ListIndex};
use super::sent_span::{SentSpan, SentSpans};
use super::total;
use crate::record::Basis;

/// A position in the context: a span or an unrecorded block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    /// Number of the span; `None` for an unrecorded block.
    pub(super) number: Option<SpanNumber>,
    /// The row that its charges are added to: see [`super::total::row`].
    pub(super) row: RowNumber,
    pub(super) class: Share,
    pub(super) tokens: u64,
    pub(super) live: bool,
}

/// The slots of a context, in the order in which they are sent. Slots that have left keep their
/// index.
pub(super) type Slots = IndexedList<SlotIndex, Slot>;

/// The context of a thread.
pub(super) struct Context<'h> {
    spans: &'h SentSpans,
    pub(super) slots: Slots,
    /// The latest slot of each span; [`SlotIndex::FIRST`], which is the head's, for a span that
    /// has not entered.
    slot_of: IndexedList<SpanNumber, SlotIndex>,
    tokens: Shares,
    entered: usize,
    /// The first slot since the latest clear: the head.
    begun: SlotIndex,
    /// Slots that entered since the latest request.
    pub(super) fresh: Vec<SlotIndex>,
    /// Slots removed since the caller last drained this list.
    pub(super) left: Vec<SlotIndex>,
    /// The first slot changed since the latest [`Context::take_changed`].
    changed: SlotIndex,
    /// Slots resized since the caller last drained this list, with their former sizes.
    pub(super) adjusted: Vec<(SlotIndex, u64)>,
    /// Images, the largest first: their sizes when they were noted, and their slots.
    images: BinaryHeap<(u64, SlotIndex)>,
}

impl<'h> Context<'h> {
    pub(super) fn new(spans: &'h SentSpans) -> Context<'h> {
        let mut context = Context {
            spans,
            slots: Slots::default(),
            slot_of: IndexedList::zeros(spans.len()),
            tokens: Shares::default(),
            entered: 0,
            begun: SlotIndex::FIRST,
            fresh: Vec::new(),
            left: Vec::new(),
            changed: SlotIndex::BEYOND,
            adjusted: Vec::new(),
            images: BinaryHeap::new(),
        };
        context.block(0);
        context
    }

    /// The first slot, for the unrecorded content that every request carries in front.
    pub(super) fn head(&self) -> SlotIndex {
        self.begun
    }

    pub(super) fn is_live(&self, index: SlotIndex) -> bool {
        self.slots[index].live
    }

    /// The slots since the latest clear, the head first, whether they are live or not.
    pub(super) fn current(&self) -> &[Slot] {
        self.slots.tail(self.begun)
    }

    /// The slots behind the head that are before the first change.
    pub(super) fn unchanged(&self) -> impl Iterator<Item = &Slot> {
        let before = self.slots.before(self.changed);
        before.iter().skip(self.begun.next().place())
    }

    /// The latest slot of a span; `None` where it has not entered.
    pub(super) fn slot_of(&self, number: SpanNumber) -> Option<SlotIndex> {
        match self.slot_of[number] {
            SlotIndex::FIRST => None,
            index => Some(index),
        }
    }

    /// The span of that number.
    pub(super) fn span_of(&self, number: SpanNumber) -> &'h SentSpan {
        &self.spans[number]
    }

    /// The span of a slot, and its number; `None` for an unrecorded block, and beyond the last
    /// slot.
    pub(super) fn span(&self, index: SlotIndex) -> Option<(SpanNumber, &'h SentSpan)> {
        let number = self.slots.get(index)?.number?;
        Some((number, self.span_of(number)))
    }

    /// The number of the span with that `seq`, if it has entered. One that has left may come back:
    /// a compaction names what it keeps.
    pub(super) fn find(&self, seq: u64) -> Option<SpanNumber> {
        let entered = self.spans.before(SpanNumber::at(self.entered));
        let place = entered.binary_search_by_key(&seq, |span| span.seq).ok()?;
        Some(SpanNumber::at(place))
    }

    /// The tokens of the live slots, by class.
    pub(super) fn tokens(&self) -> Shares {
        self.tokens
    }

    /// The tokens of the live slots.
    pub(super) fn total(&self) -> u64 {
        self.tokens.iter().sum()
    }

    /// The spans before number `end` enter, with 0 tokens.
    pub(super) fn enter_up_to(&mut self, end: usize) {
        let end = end.min(self.spans.len());
        for number in self.entered..end {
            let number = SpanNumber::at(number);
            let row = total::row(self.span_of(number).label, Basis::Estimated);
            self.enter(number, 0, row);
        }
        self.entered = end.max(self.entered);
    }

    /// An unrecorded block enters; returns its slot.
    pub(super) fn block(&mut self, tokens: u64) -> SlotIndex {
        let block = Slot {
            number: None,
            row: total::UNRECORDED,
            class: Share::Unrecorded,
            tokens,
            live: true,
        };
        self.tokens[block.class as usize] += tokens;
        self.slots.push(block)
    }

    fn enter(&mut self, number: SpanNumber, tokens: u64, row: RowNumber) {
        let span = self.span_of(number);
        let index = self.slots.push(Slot {
            number: Some(number),
            row,
            class: span.class,
            tokens,
            live: true,
        });
        self.slot_of[number] = index;
        self.tokens[span.class as usize] += tokens;
        self.fresh.push(index);
        self.note_image(index);
    }

    /// Sets the size of a slot that may have been sent. 0 removes it, except for the head.
    pub(super) fn adjust(&mut self, index: SlotIndex, tokens: u64) {
        if tokens == 0 && index != self.begun {
            return self.leave(index);
        }
        self.adjusted.push((index, self.slots[index].tokens));
        self.resize(index, tokens);
    }

    /// Sets the size of a live slot that was not sent yet.
    pub(super) fn resize(&mut self, index: SlotIndex, tokens: u64) {
        let slot = &mut self.slots[index];
        if slot.live {
            let sum = &mut self.tokens[slot.class as usize];
            *sum = *sum - slot.tokens + tokens;
            slot.tokens = tokens;
        }
    }

    /// The size of a span is final; `basis` says how it is known.
    pub(super) fn close(&mut self, index: SlotIndex, tokens: u64, basis: Basis) {
        self.resize(index, tokens);
        let Some((_, span)) = self.span(index) else {
            return;
        };
        self.slots[index].row = total::row(span.label, basis);
        self.note_image(index);
    }

    fn note_image(&mut self, index: SlotIndex) {
        let slot = &self.slots[index];
        if slot.class == Share::Images && slot.tokens > 0 {
            self.images.push((slot.tokens, index));
        }
    }

    /// Removes the images of more than `most` tokens: the next request cannot carry them, because
    /// it reports no more than that.
    pub(super) fn outgrow(&mut self, most: u64) {
        while let Some((tokens, index)) = self.images.peek().copied() {
            if tokens <= most {
                break;
            }
            self.images.pop();
            let slot = &self.slots[index];
            if slot.live && slot.tokens == tokens {
                self.leave(index);
            }
        }
    }

    /// A span leaves.
    pub(super) fn drop_span(&mut self, number: SpanNumber) {
        if let Some(index) = self.slot_of(number) {
            self.leave(index);
        }
    }

    /// The laws drop spans. Returns the first slot that has left, and the tokens of all that have.
    /// The agent that sends the context has changed nothing, so [`Context::take_changed`] does not
    /// count them.
    pub(super) fn drop_by_law(&mut self, numbers: &[SpanNumber]) -> Option<(SlotIndex, u64)> {
        let before = self.total();
        let changed = self.take_changed();
        for number in numbers {
            self.drop_span(*number);
        }
        match std::mem::replace(&mut self.changed, changed) {
            SlotIndex::BEYOND => None,
            first => Some((first, before - self.total())),
        }
    }

    /// The first slot changed since the last call; everything before it is unchanged.
    pub(super) fn take_changed(&mut self) -> SlotIndex {
        std::mem::replace(&mut self.changed, SlotIndex::BEYOND)
    }

    /// A slot leaves.
    pub(super) fn leave(&mut self, index: SlotIndex) {
        let slot = &mut self.slots[index];
        if slot.live {
            slot.live = false;
            self.changed = self.changed.min(index);
            self.tokens[slot.class as usize] -= slot.tokens;
            self.left.push(index);
        }
    }

    /// A slot leaves that was there for one run of the model: this is no change by the agent.
    pub(super) fn leave_again(&mut self, index: SlotIndex) {
        let changed = self.changed;
        self.leave(index);
        self.changed = changed;
    }

    /// A request has carried the live slots: none is fresh any more, and the ephemeral ones leave.
    pub(super) fn sent(&mut self) {
        for index in std::mem::take(&mut self.fresh) {
            if self.is_ephemeral(index) {
                self.leave(index);
            }
        }
    }

    /// A request without a report has carried the live slots: the fresh ones are still to be
    /// closed, and the ephemeral ones leave.
    pub(super) fn sent_unreported(&mut self) {
        for index in std::mem::take(&mut self.fresh) {
            if self.is_ephemeral(index) {
                self.leave(index);
            } else {
                self.fresh.push(index);
            }
        }
    }

    fn is_ephemeral(&self, index: SlotIndex) -> bool {
        match self.span(index) {
            Some((_, span)) => span.ephemeral,
            None => false,
        }
    }

    /// All slots leave. A new head begins, and the spans of `kept` enter behind it with the sizes
    /// and rows of these slots. The first `shared` of them are where they were before.
    pub(super) fn restart(&mut self, kept: Vec<(SpanNumber, Slot)>, shared: usize) {
        for index in self.slots.indices_from(self.begun) {
            self.leave(index);
        }
        self.begun = self.block(0);
        self.fresh.clear();
        self.changed = SlotIndex::at(self.slots.len() + shared);
        for (number, slot) in kept {
            self.enter(number, slot.tokens, slot.row);
        }
    }
}
