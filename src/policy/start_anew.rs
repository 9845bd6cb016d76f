//! Policy `start-anew`: the user begins a new session with a new task, where the context is long.

use std::rc::Rc;

use super::definition::{Action, Policy};
use super::thread_facts::ThreadFacts;
use crate::replay::{Plan, Rerun};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "start-anew",
    value: "TOKENS",
    about: "begin anew with a turn of the user where the context has more than TOKENS: only the \
            instructions stay",
    action: Action::Plan(|of| {
        Box::new(StartAnew {
            above: of.number(),
            facts: Rc::clone(&of.facts),
        })
    }),
};

struct StartAnew {
    above: u64,
    facts: Rc<ThreadFacts>,
}

impl Plan for StartAnew {
    fn before(&mut self, request: usize, own: bool, context: &mut Rerun) {
        if !own || !self.facts.begins_turn(request) || context.sent_tokens() <= self.above {
            return;
        }
        for (place, item) in context.items().into_iter().enumerate() {
            if !self.facts.opens(place, item.span) && context.was_sent(item.slot) {
                context.set(item.slot, 0);
            }
        }
    }
}
