//! Policies `drop-*`: content leaves the context after it was carried by a number of requests.

use std::collections::VecDeque;
use std::rc::Rc;

use super::definition::{Action, PlanOf, Policy, ToolNames};
use super::thread_facts::{SpanFacts, ThreadFacts};
use crate::record::Part;
use crate::replay::{ContextItem, Plan, Rerun};

/// Lines of the table of policies.
pub(super) const IMAGES: Policy = Policy {
    name: "drop-images",
    value: "REQUESTS",
    about: "drop an image after REQUESTS requests have carried it",
    action: Action::Plan(|of| DropAfter::plan(of, |span| span.part == Part::Image)),
};
pub(super) const OUTPUTS: Policy = Policy {
    name: "drop-outputs",
    value: "REQUESTS",
    about: "drop the output of a tool after REQUESTS requests have carried it",
    action: Action::Plan(|of| DropAfter::plan(of, |span| span.part == Part::ToolOutput)),
};
pub(super) const REASONING: Policy = Policy {
    name: "drop-reasoning",
    value: "REQUESTS",
    about: "drop reasoning after REQUESTS requests have carried it",
    action: Action::Plan(|of| DropAfter::plan(of, |span| span.part == Part::Reasoning)),
};
pub(super) const REMINDERS: Policy = Policy {
    name: "drop-reminders",
    value: "REQUESTS",
    about: "drop what hooks and reminders add after REQUESTS requests have carried it",
    action: Action::Plan(|of| DropAfter::plan(of, is_reminder)),
};

fn is_reminder(span: &SpanFacts) -> bool {
    matches!(&*span.source, "hook" | "reminder" | "status")
}

struct DropAfter {
    requests: u64,
    facts: Rc<ThreadFacts>,
    tools: ToolNames,
    kind: fn(&SpanFacts) -> bool,
    /// Requests so far.
    sent: u64,
    /// Slots that are carried, each with the requests before it.
    carried: VecDeque<(u64, usize)>,
}

impl DropAfter {
    fn plan(of: &PlanOf, kind: fn(&SpanFacts) -> bool) -> Box<dyn Plan> {
        Box::new(DropAfter {
            requests: of.number().max(1),
            facts: Rc::clone(&of.facts),
            tools: of.tools.clone(),
            kind,
            sent: 0,
            carried: VecDeque::new(),
        })
    }
}

impl Plan for DropAfter {
    fn size(&mut self, item: ContextItem) -> u64 {
        if let Some(span) = self.facts.span(item.span)
            && (self.kind)(span)
            && self.tools.have(span.tool.as_deref())
            && self.carried.back().map(|(_, slot)| *slot) != Some(item.slot)
        {
            self.carried.push_back((self.sent, item.slot));
        }
        item.tokens
    }

    fn before(&mut self, _: usize, own: bool, context: &mut Rerun) {
        if !own {
            return;
        }
        while let Some((before, slot)) = self.carried.front().copied() {
            if self.sent < before.saturating_add(self.requests) {
                break;
            }
            self.carried.pop_front();
            if context.size_of(slot) > 0 {
                context.set(slot, 0);
            }
        }
        self.sent += 1;
    }
}
