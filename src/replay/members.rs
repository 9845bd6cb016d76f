//! Questions to a context about its members: which spans are live, and what they come to when the
//! context is sent to be summarised.

use super::call::Summarised;
use super::content::Share;
use super::context::{Context, Slot};
use super::ids::SpanNumber;
use super::sent_span::cut;

impl Context<'_> {
    /// Whether a span is live in the context.
    pub(super) fn holds(&self, number: SpanNumber) -> bool {
        match self.slot_of(number) {
            Some(index) => self.is_live(index),
            None => false,
        }
    }

    /// The live spans, in their order.
    pub(super) fn all(&self) -> Vec<SpanNumber> {
        live_spans(self.current().iter())
    }

    /// Those of them that have entered since the latest request.
    pub(super) fn entered(&self) -> Vec<SpanNumber> {
        live_spans(self.fresh.iter().map(|index| &self.slots[*index]))
    }

    /// Whether a span is the last of the live ones.
    pub(super) fn is_last(&self, number: SpanNumber) -> bool {
        for slot in self.current().iter().rev() {
            if slot.live && slot.number.is_some() {
                return slot.number == Some(number);
            }
        }
        false
    }

    /// The spans that have left since the last call.
    pub(super) fn take_left(&mut self) -> Vec<SpanNumber> {
        let mut numbers = Vec::new();
        for index in std::mem::take(&mut self.left) {
            numbers.extend(self.slots[index].number);
        }
        numbers
    }

    /// The tokens of the context as it is sent to be summarised: texts cut, no reasoning, another
    /// head.
    pub(super) fn summarised(&self, how: Summarised) -> u64 {
        let mut tokens = 0;
        for slot in self.current() {
            let Some(number) = slot.number else {
                continue;
            };
            let limit = match slot.class {
                Share::Reasoning | Share::Unrecorded => continue,
                Share::Tools => how.output_bytes,
                Share::Instructions | Share::Messages | Share::Images => how.text_bytes,
            };
            if slot.live {
                let bytes = u64::from(self.span_of(number).bytes);
                tokens += cut(slot.tokens, Some((bytes, limit)));
            }
        }
        how.head_tokens + tokens
    }
}

fn live_spans<'s>(slots: impl Iterator<Item = &'s Slot>) -> Vec<SpanNumber> {
    let mut numbers = Vec::new();
    for slot in slots {
        if slot.live {
            numbers.extend(slot.number);
        }
    }
    numbers
}
