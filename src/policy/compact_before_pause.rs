//! Policy `compact-before-pause`: the user compacts before leaving the session for longer than the
//! cache lives.
//!
//! Who comes back to a long context pays for all of it again, at the price of uncached input.

use std::rc::Rc;

use super::compaction::ContextCompaction;
use super::definition::{Action, Policy};
use super::thread_facts::ThreadFacts;
use crate::replay::{Plan, Rerun};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "compact-before-pause",
    value: "SECONDS",
    about: "compact contexts of 50,000 tokens and more before a pause of more than SECONDS",
    action: Action::Plan(|of| {
        Box::new(CompactBeforePause {
            seconds: of.number(),
            compaction: ContextCompaction::of(&of.facts),
            facts: Rc::clone(&of.facts),
        })
    }),
};

/// A context below this size is not worth a compaction.
const LEAST_TOKENS: u64 = 50_000;

struct CompactBeforePause {
    seconds: u64,
    compaction: ContextCompaction,
    facts: Rc<ThreadFacts>,
}

impl Plan for CompactBeforePause {
    fn before(&mut self, request: usize, own: bool, context: &mut Rerun) {
        let pause = self.facts.pause_before(request).unwrap_or(0);
        if own && pause > self.seconds && context.sent_tokens() >= LEAST_TOKENS {
            context.is_early();
            self.compaction.compact(&self.facts, context);
        }
    }
}
