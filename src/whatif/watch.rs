//! What a policy takes from the model: the user's latest message, and outputs that it asks for
//! again.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::policy::ThreadFacts;
use crate::record::Part;
use crate::replay::{ContextItem, Plan, Rerun, SpanFate};

/// Counts the requests that no longer carry the latest message of the user, nor a summary of it. It
/// stands behind all other plans.
pub(super) struct PromptWatch<'f> {
    facts: &'f ThreadFacts,
    /// The slot of the latest message.
    latest: Option<usize>,
    without: Rc<Cell<u64>>,
}

impl<'f> PromptWatch<'f> {
    pub(super) fn new(facts: &'f ThreadFacts, without: &Rc<Cell<u64>>) -> PromptWatch<'f> {
        PromptWatch {
            facts,
            latest: None,
            without: Rc::clone(without),
        }
    }
}

impl Plan for PromptWatch<'_> {
    fn size(&mut self, item: ContextItem) -> u64 {
        if self
            .facts
            .span(item.span)
            .is_some_and(|span| span.is_prompt())
        {
            self.latest = self.latest.max(Some(item.slot));
        }
        item.tokens
    }

    fn clears(&mut self, _: &crate::replay::ContextClear) -> bool {
        self.latest = None;
        true
    }

    fn before(&mut self, _: usize, own: bool, context: &mut Rerun) {
        if let Some(slot) = self.latest
            && own
            && context.is_removed(slot)
            && !context.is_summarised(slot)
        {
            self.without.set(self.without.get() + 1);
        }
    }
}

/// Returns how many of the outputs that were cut or dropped answer a call that is made again later.
pub(super) fn asked_again(fates: &[SpanFate], facts: &ThreadFacts) -> u64 {
    // By the arguments of a call: the span of the latest call with them.
    let mut latest: HashMap<u64, usize> = HashMap::new();
    let mut call_of: HashMap<u64, usize> = HashMap::new();
    for (number, span) in facts.spans.iter().enumerate() {
        if span.part == Part::ToolCall {
            if span.text != 0 {
                latest.insert(span.text, number);
            }
            if span.call != 0 {
                call_of.insert(span.call, number);
            }
        }
    }
    let mut again = 0;
    for (fate, span) in fates.iter().zip(&facts.spans) {
        if span.part != Part::ToolOutput || !(fate.is_cut || fate.is_dropped) {
            continue;
        }
        let Some(call) = call_of.get(&span.call) else {
            continue;
        };
        let text = facts.spans.get(*call).map_or(0, |call| call.text);
        again += u64::from(latest.get(&text).is_some_and(|last| last > call));
    }
    again
}
