//! Policy `compact`: the agent compacts a context before it passes a number of tokens.
//!
//! A compaction of the session itself at that size or above does not happen: this one took its
//! place. A smaller one happens again, because the limit was not its cause.

use std::rc::Rc;

use super::compaction::ContextCompaction;
use super::definition::{Action, PlanOf, Policy};
use super::thread_facts::ThreadFacts;
use crate::record::Purpose;
use crate::replay::{ContextClear, ContextItem, Plan, Rerun};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "compact",
    value: "TOKENS",
    about: "compact the context before it passes TOKENS, with a summary as large as the session's \
            own",
    action: Action::Plan(plan),
};

/// Returns the plan for a thread.
pub(super) fn plan(of: &PlanOf) -> Box<dyn Plan> {
    Box::new(Compact::new(of))
}

/// The reason of an event that compacts a context.
const REASON: &str = "compaction";

struct Compact {
    above: u64,
    compaction: ContextCompaction,
    facts: Rc<ThreadFacts>,
    /// A compaction of the session has been replaced: its summary does not enter.
    replaced: bool,
    /// Spans that did not enter.
    absent: Vec<usize>,
}

impl Compact {
    fn new(of: &PlanOf) -> Compact {
        Compact {
            above: of.number(),
            compaction: ContextCompaction::of(&of.facts),
            facts: Rc::clone(&of.facts),
            replaced: false,
            absent: Vec::new(),
        }
    }
}

impl Plan for Compact {
    fn size(&mut self, item: ContextItem) -> u64 {
        let Some(number) = item.span else {
            return item.tokens;
        };
        if self.absent.contains(&number) {
            return 0;
        }
        match self.facts.span(item.span) {
            Some(span) if self.replaced && &*span.source == "compaction_summary" => {
                self.absent.push(number);
                0
            }
            _ => item.tokens,
        }
    }

    fn clears(&mut self, clear: &ContextClear) -> bool {
        self.replaced = clear.reason == REASON && clear.original_tokens >= self.above;
        !self.replaced
    }

    fn before(&mut self, request: usize, own: bool, context: &mut Rerun) {
        if own {
            if context.tokens() > self.above {
                self.compaction.compact(&self.facts, context);
            }
            return;
        }
        let purpose = self.facts.requests.get(request).and_then(|it| it.purpose);
        if purpose == Some(Purpose::Compaction) && context.original_tokens() >= self.above {
            context.leave_out();
        }
    }
}
