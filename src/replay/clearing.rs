//! How events change the context.
//!
//! An event removes everything (a compaction, `clear`, which may keep some spans), everything that
//! entered after a place (a rollback, `back_to`), or single spans (`drop`).

use std::collections::HashSet;

use super::change::Change;
use super::context::{Context, Slot};
use super::ids::SpanNumber;

impl Context<'_> {
    /// An event changes the context.
    pub(super) fn change(&mut self, change: &Change) {
        if change.clear {
            self.clear(change);
        }
        if let Some(seq) = change.back_to {
            self.back_to(seq);
        }
        for seq in &change.drop {
            if let Some(number) = self.find(*seq) {
                self.drop_span(number);
            }
        }
    }

    /// Everything leaves but the spans to keep. They come first, in their new order, and after them
    /// the latest messages of the user that fit. Unrecorded blocks leave too; the first slot is a
    /// new head.
    fn clear(&mut self, change: &Change) {
        // A span is in a context once, however often it is named.
        let mut named = HashSet::new();
        let mut numbers: Vec<SpanNumber> = Vec::new();
        for seq in &change.keep {
            if let Some(number) = self.find(*seq)
                && named.insert(number)
            {
                numbers.push(number);
            }
        }
        if let Some(room) = change.keep_user_tokens {
            let messages = self.latest_messages(room, &named);
            numbers.extend(messages);
        }
        let mut kept: Vec<(SpanNumber, Slot)> = Vec::new();
        for number in numbers {
            if let Some(index) = self.slot_of(number) {
                kept.push((number, self.slots[index]));
            }
        }
        let shared = self.shared(&kept);
        self.restart(kept, shared);
    }

    /// How many of the kept spans stay where they were, directly behind the head.
    fn shared(&self, kept: &[(SpanNumber, Slot)]) -> usize {
        let mut shared = 0;
        for slot in self.unchanged() {
            if !slot.live || slot.tokens == 0 {
                continue;
            }
            match kept.get(shared) {
                Some((number, _)) if slot.number == Some(*number) => shared += 1,
                _ => break,
            }
        }
        shared
    }

    /// Every span leaves that entered after the place `seq`.
    fn back_to(&mut self, seq: u64) {
        for index in self.slots.indices_from(self.head()).rev() {
            match self.span(index) {
                Some((_, span)) if span.seq <= seq => break,
                Some(_) => self.leave(index),
                None => {}
            }
        }
    }

    /// The latest user messages of no more than `room` tokens together, oldest first, without those
    /// that are kept anyway. The first that does not fit ends them: agents do not look for a
    /// smaller one behind it.
    fn latest_messages(&self, room: u64, kept: &HashSet<SpanNumber>) -> Vec<SpanNumber> {
        let mut left = room;
        let mut messages = Vec::new();
        for slot in self.current().iter().rev() {
            let Some(number) = slot.number else {
                continue;
            };
            let span = self.span_of(number);
            if !slot.live || kept.contains(&number) || !span.message || !span.known {
                continue;
            }
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
