//! What is asked of a context where the members of each request are known.

use super::context::{Context, Slot};

impl Context<'_> {
    /// Whether a span is live in the context.
    pub(super) fn holds(&self, number: u32) -> bool {
        match self.slot_of(number) {
            Some(index) => self.is_live(index),
            None => false,
        }
    }

    /// The live spans, in their order.
    pub(super) fn all(&self) -> Vec<u32> {
        live_spans(self.current().iter())
    }

    /// Those of them that have entered since the latest request.
    pub(super) fn entered(&self) -> Vec<u32> {
        live_spans(self.fresh.iter().filter_map(|index| self.slots.get(*index)))
    }

    /// Whether a span is the last of the live ones.
    pub(super) fn is_last(&self, number: u32) -> bool {
        for slot in self.current().iter().rev() {
            if slot.live && slot.number.is_some() {
                return slot.number == Some(number);
            }
        }
        false
    }

    /// The spans that have left since the last call.
    pub(super) fn take_left(&mut self) -> Vec<u32> {
        let mut numbers = Vec::new();
        for index in std::mem::take(&mut self.left) {
            if let Some(slot) = self.slots.get(index) {
                numbers.extend(slot.number);
            }
        }
        numbers
    }
}

fn live_spans<'s>(slots: impl Iterator<Item = &'s Slot>) -> Vec<u32> {
    let mut numbers = Vec::new();
    for slot in slots {
        if slot.live {
            numbers.extend(slot.number);
        }
    }
    numbers
}
