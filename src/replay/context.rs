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
use super::sent_span::SentSpan;
use super::total;
use crate::record::Basis;

/// A position in the context: a span or an unrecorded block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Number of the span; `None` for an unrecorded block.
    pub(super) number: Option<u32>,
    /// The row that its charges are added to: see [`super::total::row`].
    pub(super) row: u32,
    pub(super) class: Share,
    pub(super) tokens: u64,
    pub(super) live: bool,
}

/// The context of a thread: slots in the order in which they are sent. Slots that have left keep
/// their index.
pub(super) struct Context<'h> {
    spans: &'h [SentSpan],
    pub(super) slots: Vec<Slot>,
    /// The latest slot of each span.
    slot_of: Vec<u32>,
    tokens: Shares,
    entered: usize,
    /// The first slot since the latest clear: the head.
    begun: usize,
    /// Slots that entered since the latest request.
    pub(super) fresh: Vec<usize>,
    /// Slots removed since the caller last drained this list.
    pub(super) left: Vec<usize>,
    /// The first slot changed since the latest [`Context::take_changed`].
    changed: usize,
    /// Slots resized since the caller last drained this list, with their former sizes.
    pub(super) adjusted: Vec<(usize, u64)>,
    /// Images, the largest first: their sizes when they were noted, and their slots.
    images: BinaryHeap<(u64, usize)>,
}

impl<'h> Context<'h> {
    pub(super) fn new(spans: &'h [SentSpan]) -> Context<'h> {
        let mut context = Context {
            spans,
            slots: Vec::new(),
            slot_of: vec![u32::MAX; spans.len()],
            tokens: Shares::default(),
            entered: 0,
            begun: 0,
            fresh: Vec::new(),
            left: Vec::new(),
            changed: usize::MAX,
            adjusted: Vec::new(),
            images: BinaryHeap::new(),
        };
        context.block(0);
        context
    }

    /// The first slot, for the unrecorded content that every request carries in front.
    pub(super) fn head(&self) -> usize {
        self.begun
    }

    pub(super) fn is_live(&self, index: usize) -> bool {
        match self.slots.get(index) {
            Some(slot) => slot.live,
            None => false,
        }
    }

    /// The slots since the latest clear, the head first, whether they are live or not.
    pub(super) fn current(&self) -> &[Slot] {
        self.slots.get(self.begun..).unwrap_or_default()
    }

    /// The slots behind the head that are before the first change.
    pub(super) fn unchanged(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().take(self.changed).skip(self.begun + 1)
    }

    /// The latest slot of a span.
    pub(super) fn slot_of(&self, number: u32) -> Option<usize> {
        let index = *self.slot_of.get(number as usize)? as usize;
        (index < self.slots.len()).then_some(index)
    }

    /// The span of that number.
    pub(super) fn span_of(&self, number: u32) -> Option<&'h SentSpan> {
        self.spans.get(number as usize)
    }

    /// The span of a slot, and its number.
    pub(super) fn span(&self, index: usize) -> Option<(u32, &'h SentSpan)> {
        let number = self.slots.get(index)?.number?;
        Some((number, self.span_of(number)?))
    }

    /// The request that produced a span.
    pub(super) fn made_by(&self, number: u32) -> Option<u64> {
        self.span_of(number)?.made_by
    }

    /// The `seq` of a span.
    pub(super) fn seq(&self, number: u32) -> Option<u64> {
        Some(self.span_of(number)?.seq)
    }

    /// The number of the span with that `seq`, if it has entered. One that has left may come back:
    /// a compaction names what it keeps.
    pub(super) fn find(&self, seq: u64) -> Option<u32> {
        let entered = self.spans.get(..self.entered)?;
        let number = entered.binary_search_by_key(&seq, |span| span.seq).ok()?;
        u32::try_from(number).ok()
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
            let Ok(number) = u32::try_from(number) else {
                break;
            };
            let row = match self.span_of(number) {
                Some(span) => total::row(span.label, Basis::Estimated),
                None => 0,
            };
            self.enter(number, 0, row);
        }
        self.entered = end.max(self.entered);
    }

    /// An unrecorded block enters; returns its slot.
    pub(super) fn block(&mut self, tokens: u64) -> usize {
        let block = Slot {
            number: None,
            row: total::UNRECORDED,
            class: Share::Unrecorded,
            tokens,
            live: true,
        };
        self.tokens[block.class as usize] += tokens;
        self.slots.push(block);
        self.slots.len() - 1
    }

    fn enter(&mut self, number: u32, tokens: u64, row: u32) {
        let Some(span) = self.span_of(number) else {
            return;
        };
        let index = self.slots.len();
        self.slots.push(Slot {
            number: Some(number),
            row,
            class: span.class,
            tokens,
            live: true,
        });
        if let (Some(latest), Ok(index)) =
            (self.slot_of.get_mut(number as usize), u32::try_from(index))
        {
            *latest = index;
        }
        self.tokens[span.class as usize] += tokens;
        self.fresh.push(index);
        self.note_image(index);
    }

    /// Sets the size of a slot that may have been sent. 0 removes it, except for the head.
    pub(super) fn adjust(&mut self, index: usize, tokens: u64) {
        if tokens == 0 && index != self.begun {
            return self.leave(index);
        }
        if let Some(slot) = self.slots.get(index) {
            self.adjusted.push((index, slot.tokens));
        }
        self.resize(index, tokens);
    }

    /// Sets the size of a live slot that was not sent yet.
    pub(super) fn resize(&mut self, index: usize, tokens: u64) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        if slot.live {
            let sum = &mut self.tokens[slot.class as usize];
            *sum = *sum - slot.tokens + tokens;
            slot.tokens = tokens;
        }
    }

    /// The size of a span is final; `basis` says how it is known.
    pub(super) fn close(&mut self, index: usize, tokens: u64, basis: Basis) {
        self.resize(index, tokens);
        let Some((_, span)) = self.span(index) else {
            return;
        };
        if let Some(slot) = self.slots.get_mut(index) {
            slot.row = total::row(span.label, basis);
        }
        self.note_image(index);
    }

    fn note_image(&mut self, index: usize) {
        if let Some(slot) = self.slots.get(index)
            && slot.class == Share::Images
            && slot.tokens > 0
        {
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
            if let Some(slot) = self.slots.get(index)
                && slot.live
                && slot.tokens == tokens
            {
                self.leave(index);
            }
        }
    }

    /// A span leaves.
    pub(super) fn drop_span(&mut self, number: u32) {
        if let Some(index) = self.slot_of(number) {
            self.leave(index);
        }
    }

    /// The laws drop spans. Returns the first slot that has left, and the tokens of all that have.
    /// The agent that sends the context has changed nothing, so [`Context::take_changed`] does not
    /// count them.
    pub(super) fn drop_by_law(&mut self, numbers: &[u32]) -> Option<(usize, u64)> {
        let before = self.total();
        let changed = std::mem::replace(&mut self.changed, usize::MAX);
        for number in numbers {
            self.drop_span(*number);
        }
        match std::mem::replace(&mut self.changed, changed) {
            usize::MAX => None,
            first => Some((first, before - self.total())),
        }
    }

    /// The first slot changed since the last call; everything before it is unchanged.
    pub(super) fn take_changed(&mut self) -> usize {
        std::mem::replace(&mut self.changed, usize::MAX)
    }

    /// A slot leaves.
    pub(super) fn leave(&mut self, index: usize) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        if slot.live {
            slot.live = false;
            self.changed = self.changed.min(index);
            self.tokens[slot.class as usize] -= slot.tokens;
            self.left.push(index);
        }
    }

    /// A slot leaves that was there for one run of the model: this is no change by the agent.
    pub(super) fn leave_again(&mut self, index: usize) {
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

    fn is_ephemeral(&self, index: usize) -> bool {
        match self.span(index) {
            Some((_, span)) => span.ephemeral,
            None => false,
        }
    }

    /// All slots leave. A new head begins, and the spans of `kept` enter behind it with the sizes
    /// and rows of these slots. The first `shared` of them are where they were before.
    pub(super) fn restart(&mut self, kept: Vec<(u32, Slot)>, shared: usize) {
        for index in self.begun..self.slots.len() {
            self.leave(index);
        }
        self.begun = self.slots.len();
        self.block(0);
        self.fresh.clear();
        self.changed = self.slots.len() + shared;
        for (number, slot) in kept {
            self.enter(number, slot.tokens, slot.row);
        }
    }
}
