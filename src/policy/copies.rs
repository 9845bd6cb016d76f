//! Policies `latest-copy` and `first-copy`: of equal outputs of tools, one stays in the context.
//!
//! The latest copy stays where it is needed, but dropping an earlier one breaks the cache. The
//! first copy costs nothing more, and the model has to look back for it.

use std::collections::HashMap;
use std::rc::Rc;

use super::definition::{Action, PlanOf, Policy, ToolNames};
use super::thread_facts::ThreadFacts;
use crate::record::Part;
use crate::replay::{ContextItem, Plan, Rerun};

/// Lines of the table of policies.
pub(super) const LATEST: Policy = Policy {
    name: "latest-copy",
    value: "",
    about: "keep only the latest of equal outputs, and a notice in place of the earlier ones",
    action: Action::Plan(|of| OneCopy::plan(of, true)),
};
pub(super) const FIRST: Policy = Policy {
    name: "first-copy",
    value: "",
    about: "send a notice in place of an output that the context already has",
    action: Action::Plan(|of| OneCopy::plan(of, false)),
};

/// A notice of about 110 characters.
const NOTICE_TOKENS: u64 = 28;

struct OneCopy {
    latest: bool,
    facts: Rc<ThreadFacts>,
    tools: ToolNames,
    /// By the hash of a text: its latest slot, and its span.
    seen: HashMap<u64, (usize, usize)>,
    /// Slots that a later copy replaces with the next request.
    replaced: Vec<usize>,
    /// Slots that have come under the policy.
    shown: HashMap<usize, u64>,
    /// Notices that enter with the next request.
    notices: Vec<CopyNotice>,
}

/// A notice in place of an output: its slot, that of the copy before it, and what it stands for.
struct CopyNotice {
    slot: usize,
    earlier: usize,
    text: u64,
    tokens: u64,
}

impl OneCopy {
    fn plan(of: &PlanOf, latest: bool) -> Box<dyn Plan> {
        Box::new(OneCopy {
            latest,
            facts: Rc::clone(&of.facts),
            tools: of.tools.clone(),
            seen: HashMap::new(),
            replaced: Vec::new(),
            shown: HashMap::new(),
            notices: Vec::new(),
        })
    }

    /// Whether an earlier copy is to be replaced. Only slots that are still in the context count,
    /// which the rerun knows.
    fn earlier(&mut self, item: ContextItem, text: u64) -> Option<usize> {
        let span = item.span?;
        match self.seen.insert(text, (item.slot, span)) {
            Some((slot, other)) if other != span && slot != item.slot => Some(slot),
            _ => None,
        }
    }
}

impl Plan for OneCopy {
    fn size(&mut self, item: ContextItem) -> u64 {
        if let Some(tokens) = self.shown.get(&item.slot) {
            return item.tokens.min(*tokens);
        }
        let Some(span) = self.facts.span(item.span) else {
            return item.tokens;
        };
        let is_output = span.part == Part::ToolOutput && span.text != 0;
        if !is_output || item.tokens <= NOTICE_TOKENS || !self.tools.have(span.tool.as_deref()) {
            return item.tokens;
        }
        let text = span.text;
        let Some(earlier) = self.earlier(item, text) else {
            return item.tokens;
        };
        if self.latest {
            self.replaced.push(earlier);
            return item.tokens;
        }
        // The first copy stays the one that later ones are compared with.
        self.seen.insert(text, (earlier, usize::MAX));
        self.shown.insert(item.slot, NOTICE_TOKENS);
        self.notices.push(CopyNotice {
            slot: item.slot,
            earlier,
            text,
            tokens: item.tokens,
        });
        NOTICE_TOKENS
    }

    fn clears(&mut self, _: &crate::replay::ContextClear) -> bool {
        self.seen.clear();
        self.replaced.clear();
        true
    }

    fn before(&mut self, _: usize, own: bool, context: &mut Rerun) {
        if !own {
            return;
        }
        for notice in std::mem::take(&mut self.notices) {
            // The copy that a notice points to may have left the context: then this is the first.
            if context.size_of(notice.earlier) == 0 && context.size_of(notice.slot) > 0 {
                context.set(notice.slot, notice.tokens);
                self.seen.insert(notice.text, (notice.slot, usize::MAX));
            }
        }
        for slot in std::mem::take(&mut self.replaced) {
            if context.size_of(slot) > NOTICE_TOKENS {
                context.set(slot, NOTICE_TOKENS);
            }
        }
    }
}
