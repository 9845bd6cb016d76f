//! Policy `clear-tool-uses`: the provider clears old outputs of tools where a context is long, as
//! Anthropic's context editing does (`clear_tool_uses_20250919`; docs/remedies.md 2).

use std::rc::Rc;

use super::definition::{Action, Policy, ToolNames};
use super::thread_facts::ThreadFacts;
use crate::record::Part;
use crate::replay::{Plan, Rerun};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "clear-tool-uses",
    value: "TOKENS[,KEEP[,LEAST]]",
    about: "clear the outputs of all but the last KEEP (3) calls where the context passes TOKENS \
            and at least LEAST (0) tokens go; @!TOOL excludes a tool",
    action: Action::Plan(|of| {
        let [trigger, keep, least] = of.three_numbers([100_000, 3, 0]);
        Box::new(ClearToolUses {
            trigger,
            keep: usize::try_from(keep).unwrap_or(usize::MAX),
            least,
            facts: Rc::clone(&of.facts),
            tools: of.tools.clone(),
        })
    }),
};

/// What is left of an output: `[Old tool result content cleared]`.
const NOTICE_TOKENS: u64 = 8;

struct ClearToolUses {
    trigger: u64,
    keep: usize,
    least: u64,
    facts: Rc<ThreadFacts>,
    tools: ToolNames,
}

impl Plan for ClearToolUses {
    fn before(&mut self, _: usize, own: bool, context: &mut Rerun) {
        if !own || context.tokens() <= self.trigger {
            return;
        }
        let mut outputs = Vec::new();
        for item in context.items() {
            if let Some(span) = self.facts.span(item.span)
                && span.part == Part::ToolOutput
            {
                outputs.push((item, self.tools.have(span.tool.as_deref())));
            }
        }
        outputs.truncate(outputs.len().saturating_sub(self.keep));
        outputs.retain(|(item, asked)| *asked && item.tokens > NOTICE_TOKENS);
        let cleared: u64 = outputs
            .iter()
            .map(|(it, _)| it.tokens - NOTICE_TOKENS)
            .sum();
        if cleared == 0 || cleared < self.least {
            return;
        }
        for (item, _) in outputs {
            context.set(item.slot, NOTICE_TOKENS);
        }
    }
}
