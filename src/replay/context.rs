//! The context: which spans the next request will carry, in which order.
//!
//! Spans enter in the order of the thread's records. They leave when an event says so: all of them
//! (a compaction, `clear`, which may keep some), all that entered after a place (a rollback,
//! `back_to`), or single ones (`drop`); an ephemeral span leaves with the first request after it.
//! The tokens of what is live are kept as a running sum, so a request need not walk the list to
//! know its size: it looks at what is fresh and at what has left.
//!
//! Ids that name no live span of this thread change nothing: a file that was cut may lack them.

mod members;

use std::collections::{BinaryHeap, HashSet};

use super::change::Change;
use super::content::{Share, Shares};
use super::history::{Span, Summarised, cut};
use super::total;
use crate::record::Basis;

/// A place in the context: a span, or a piece of what no file records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Number of the span; `None`: a piece.
    pub(super) number: Option<u32>,
    /// Whose charges it adds to: see [`super::total::row`].
    pub(super) row: u32,
    pub(super) class: Share,
    pub(super) tokens: u64,
    pub(super) live: bool,
}

/// The context of a thread: slots in the order in which they are sent, the dead among the live.
pub(super) struct Context<'h> {
    spans: &'h [Span],
    pub(super) slots: Vec<Slot>,
    /// The latest slot of each span.
    places: Vec<u32>,
    tokens: Shares,
    entered: usize,
    /// The first slot since the latest clear.
    begun: usize,
    /// Slots that entered since the latest request.
    pub(super) fresh: Vec<usize>,
    /// Slots that have left since somebody asked.
    pub(super) left: Vec<usize>,
    /// What stands in front of this slot has stood there since somebody asked.
    changed: usize,
    /// Slots whose size has changed since somebody asked, and what they weighed.
    pub(super) adjusted: Vec<(usize, u64)>,
    /// Images, the largest first: what they weighed, and their slots.
    images: BinaryHeap<(u64, usize)>,
}

impl<'h> Context<'h> {
    pub(super) fn new(spans: &'h [Span]) -> Context<'h> {
        let mut context = Context {
            spans,
            slots: Vec::new(),
            places: vec![u32::MAX; spans.len()],
            tokens: Shares::default(),
            entered: 0,
            begun: 0,
            fresh: Vec::new(),
            left: Vec::new(),
            changed: usize::MAX,
            adjusted: Vec::new(),
            images: BinaryHeap::new(),
        };
        context.piece(0);
        context
    }

    /// The slot in front of all others, for what every request has and no file records.
    pub(super) fn head(&self) -> usize {
        self.begun
    }

    pub(super) fn is_live(&self, index: usize) -> bool {
        self.slots.get(index).is_some_and(|slot| slot.live)
    }

    /// A slot that may have been sent weighs more or less from now on; nothing is as much as
    /// leaving, except for the head.
    pub(super) fn adjust(&mut self, index: usize, tokens: u64) {
        if tokens == 0 && index != self.begun {
            return self.leave(index);
        }
        if let Some(slot) = self.slots.get(index) {
            self.adjusted.push((index, slot.tokens));
        }
        self.resize(index, tokens);
    }

    /// The tokens of what is live, by class.
    pub(super) fn tokens(&self) -> Shares {
        self.tokens
    }

    /// All of them.
    pub(super) fn total(&self) -> u64 {
        self.tokens.iter().sum()
    }

    /// What is live, as it is sent to be summarised: texts cut, no reasoning, another head.
    pub(super) fn summarised(&self, how: Summarised) -> u64 {
        let tokens = |slot: &Slot| {
            let span = slot
                .number
                .and_then(|number| self.spans.get(number as usize))?;
            let limit = match slot.class {
                Share::Reasoning | Share::Unrecorded => return None,
                Share::Tools => how.output_bytes,
                Share::Instructions | Share::Messages | Share::Images => how.text_bytes,
            };
            Some(cut(slot.tokens, Some((u64::from(span.bytes), limit))))
        };
        let live = self.slots.iter().skip(self.begun).filter(|slot| slot.live);
        how.head_tokens + live.filter_map(tokens).sum::<u64>()
    }

    /// The spans up to number `end` enter, without weight.
    pub(super) fn enter_up_to(&mut self, end: usize) {
        let end = end.min(self.spans.len());
        for number in self.entered..end {
            let Ok(number) = u32::try_from(number) else {
                break;
            };
            let row = self
                .spans
                .get(number as usize)
                .map_or(0, |span| total::row(span.label, Basis::Estimated));
            self.enter(number, 0, row);
        }
        self.entered = end.max(self.entered);
    }

    /// A piece of so many tokens enters; returns its slot.
    pub(super) fn piece(&mut self, tokens: u64) -> usize {
        let piece = Slot {
            number: None,
            row: total::UNRECORDED,
            class: Share::Unrecorded,
            tokens,
            live: true,
        };
        self.tokens[piece.class as usize] += tokens;
        self.slots.push(piece);
        self.slots.len() - 1
    }

    fn enter(&mut self, number: u32, tokens: u64, row: u32) {
        let Some(span) = self.spans.get(number as usize) else {
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
        if let (Some(place), Ok(index)) =
            (self.places.get_mut(number as usize), u32::try_from(index))
        {
            *place = index;
        }
        self.tokens[span.class as usize] += tokens;
        self.fresh.push(index);
        self.note_image(index);
    }

    /// The span of a slot.
    pub(super) fn span(&self, index: usize) -> Option<(u32, &'h Span)> {
        let number = self.slots.get(index)?.number?;
        Some((number, self.spans.get(number as usize)?))
    }

    /// The request that made a span.
    pub(super) fn made_by(&self, number: u32) -> Option<u64> {
        self.spans.get(number as usize)?.made_by
    }

    /// The place of a span in the order of the thread's records.
    pub(super) fn seq(&self, number: u32) -> Option<u64> {
        Some(self.spans.get(number as usize)?.seq)
    }

    /// A slot weighs so much from now on.
    pub(super) fn resize(&mut self, index: usize, tokens: u64) {
        let Some(slot) = self.slots.get_mut(index).filter(|slot| slot.live) else {
            return;
        };
        let sum = &mut self.tokens[slot.class as usize];
        *sum = *sum - slot.tokens + tokens;
        slot.tokens = tokens;
    }

    /// The size of a span is final, and so known.
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
        let image = self
            .slots
            .get(index)
            .filter(|slot| slot.class == Share::Images && slot.tokens > 0);
        self.images.extend(image.map(|slot| (slot.tokens, index)));
    }

    /// A request is about to be sent that reports no more than `most`: an image that is larger is
    /// not in it.
    pub(super) fn outgrow(&mut self, most: u64) {
        while let Some((tokens, index)) = self
            .images
            .peek()
            .copied()
            .filter(|(tokens, _)| *tokens > most)
        {
            self.images.pop();
            if self
                .slots
                .get(index)
                .is_some_and(|slot| slot.live && slot.tokens == tokens)
            {
                self.leave(index);
            }
        }
    }

    /// A span leaves.
    pub(super) fn drop_span(&mut self, number: u32) {
        if let Some(place) = self.places.get(number as usize) {
            self.leave(*place as usize);
        }
    }

    /// The laws drop spans. Returns the slot of the first, and what they weighed: to whoever sends
    /// the context, nothing has changed.
    pub(super) fn drop_by_law(&mut self, numbers: &[u32]) -> Option<(usize, u64)> {
        let (changed, before) = (
            std::mem::replace(&mut self.changed, usize::MAX),
            self.total(),
        );
        numbers.iter().for_each(|number| self.drop_span(*number));
        let first = std::mem::replace(&mut self.changed, changed);
        (first < usize::MAX).then(|| (first, before - self.total()))
    }

    /// The slot before which nothing has changed since this was asked last.
    pub(super) fn take_changed(&mut self) -> usize {
        std::mem::replace(&mut self.changed, usize::MAX)
    }

    /// A slot leaves.
    pub(super) fn leave(&mut self, index: usize) {
        let Some(slot) = self.slots.get_mut(index).filter(|slot| slot.live) else {
            return;
        };
        slot.live = false;
        self.changed = self.changed.min(index);
        self.tokens[slot.class as usize] -= slot.tokens;
        self.left.push(index);
    }

    /// A slot was there for one sampling: whoever sends the context has changed nothing.
    pub(super) fn leave_again(&mut self, index: usize) {
        let changed = self.changed;
        self.leave(index);
        self.changed = changed;
    }

    /// A request has carried what is live: nothing is fresh any more, what was meant for it alone
    /// leaves.
    pub(super) fn sent(&mut self) {
        for index in std::mem::take(&mut self.fresh) {
            if self.span(index).is_some_and(|(_, span)| span.ephemeral) {
                self.leave(index);
            }
        }
    }

    /// A request that nobody reported has carried it: what is fresh is still to be closed.
    pub(super) fn sent_unreported(&mut self) {
        let fresh = std::mem::take(&mut self.fresh);
        for index in fresh {
            if self.span(index).is_some_and(|(_, span)| span.ephemeral) {
                self.leave(index);
            } else {
                self.fresh.push(index);
            }
        }
    }

    /// An event changes the context.
    pub(super) fn change(&mut self, change: &Change) {
        if change.clear {
            self.clear(change);
        }
        if let Some(place) = change.back_to {
            self.back_to(place);
        }
        let drop: Vec<u32> = change
            .drop
            .iter()
            .filter_map(|seq| self.find(*seq))
            .collect();
        drop.into_iter().for_each(|number| self.drop_span(number));
    }

    /// All leave but those to keep, which stand first, in their new order, and after them the
    /// latest messages of the user that fit. UnrecordedBlocks leave too, the first slot is a new head.
    fn clear(&mut self, change: &Change) {
        // A span stands in a context once, however often it is named.
        let mut named = HashSet::new();
        let mut kept: Vec<u32> = change
            .keep
            .iter()
            .filter_map(|seq| self.find(*seq))
            .collect();
        kept.retain(|number| named.insert(*number));
        if let Some(room) = change.keep_user_tokens {
            let messages = self.latest_messages(room, &kept);
            kept.extend(messages);
        }
        let weigh = |number: &u32| {
            self.places
                .get(*number as usize)
                .and_then(|place| self.slots.get(*place as usize))
        };
        let kept: Vec<(u32, Slot)> = kept
            .iter()
            .filter_map(|number| Some((*number, *weigh(number)?)))
            .collect();
        let shared = self.shared(&kept);
        for index in self.begun..self.slots.len() {
            self.leave(index);
        }
        self.begun = self.slots.len();
        self.piece(0);
        self.fresh.clear();
        self.changed = self.slots.len() + shared;
        kept.into_iter()
            .for_each(|(number, slot)| self.enter(number, slot.tokens, slot.row));
    }

    /// How many of what is kept stand where they stood, right behind the head.
    fn shared(&self, kept: &[(u32, Slot)]) -> usize {
        let unmoved = self.slots.iter().take(self.changed).skip(self.begun + 1);
        unmoved
            .filter(|slot| slot.live && slot.tokens > 0)
            .zip(kept)
            .take_while(|(slot, (number, _))| slot.number == Some(*number))
            .count()
    }

    /// All leave that entered after a place.
    fn back_to(&mut self, place: u64) {
        for index in (self.begun..self.slots.len()).rev() {
            match self.span(index) {
                Some((_, span)) if span.seq <= place => break,
                Some(_) => self.leave(index),
                None => {}
            }
        }
    }

    /// A span that has entered. One that has left may come back: a compaction names what it keeps.
    pub(super) fn find(&self, seq: u64) -> Option<u32> {
        let entered = self.spans.get(..self.entered)?;
        let number = entered.binary_search_by_key(&seq, |span| span.seq).ok()?;
        u32::try_from(number).ok()
    }

    /// The latest user messages of no more than `room` tokens together, oldest first. The first
    /// that does not fit ends them: agents do not look for a smaller one behind it.
    fn latest_messages(&self, room: u64, kept: &[u32]) -> Vec<u32> {
        let kept: HashSet<u32> = kept.iter().copied().collect();
        let mut left = room;
        let mut messages = Vec::new();
        let live = self
            .slots
            .iter()
            .skip(self.begun)
            .rev()
            .filter(|slot| slot.live)
            .filter_map(|slot| slot.number);
        for number in live.filter(|number| !kept.contains(number)) {
            let Some(span) = self
                .spans
                .get(number as usize)
                .filter(|span| span.message && span.known)
            else {
                continue;
            };
            let Some(rest) = left.checked_sub(u64::from(span.tokens)) else {
                break;
            };
            left = rest;
            messages.push(number);
        }
        messages.reverse();
        messages
    }
}
