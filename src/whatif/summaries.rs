//! The compactions of a thread: how large what they left was.
//!
//! A compaction leaves the instructions, some messages of the user, and a summary with what the
//! agent adds to it (files that were read, a list of tasks). The last two are what a compaction by
//! a policy is given, so they are measured: in the first request after each compaction, everything
//! that is neither what a context begins with nor a message of the user. Where the head had become
//! smaller before, it is given back first.

use std::cell::RefCell;
use std::rc::Rc;

use crate::policy::ThreadFacts;
use crate::record::{Class, Part};
use crate::replay::{ContextClear, ContextTape, Plan, Rerun};

/// Returns the tokens that a compaction of the thread left besides instructions and messages of
/// the user, on average; `None` where it was not compacted.
pub fn summary_tokens(tape: &ContextTape, facts: &ThreadFacts) -> Option<u64> {
    if !tape.is_cleared_for(REASON) {
        return None;
    }
    let found = Rc::new(RefCell::new(Vec::new()));
    let watch = WatchCompactions {
        facts,
        cleared: false,
        found: Rc::clone(&found),
    };
    tape.rerun(&mut [Box::new(watch)]);
    let found = found.borrow();
    let sum: u64 = found.iter().sum();
    sum.checked_div(found.len() as u64)
}

/// The reason of an event that compacts a context.
const REASON: &str = "compaction";

struct WatchCompactions<'f> {
    facts: &'f ThreadFacts,
    cleared: bool,
    found: Rc<RefCell<Vec<u64>>>,
}

impl Plan for WatchCompactions<'_> {
    fn clears(&mut self, clear: &ContextClear) -> bool {
        self.cleared |= clear.reason == REASON;
        true
    }

    fn before(&mut self, _: usize, own: bool, context: &mut Rerun) {
        if !own || !std::mem::take(&mut self.cleared) {
            return;
        }
        let mut tokens = 0;
        for (place, item) in context.items().into_iter().enumerate() {
            let is_left = match self.facts.span(item.span) {
                None => place > 0,
                Some(span) => {
                    let is_said = span.part == Part::ToolOutput || span.made_by.is_some();
                    let is_summary = &*span.source == "compaction_summary";
                    let is_message = span.part.class(&span.source) == Class::Messages;
                    !span.is_opening() && !is_said && (is_summary || !is_message)
                }
            };
            if is_left {
                tokens += item.tokens;
            }
        }
        // A head that held more than it has now (a conversation that no file records) says nothing.
        if tokens > context.lost_of_head() {
            let left = tokens - context.lost_of_head();
            self.found.borrow_mut().push(left);
        }
    }
}
