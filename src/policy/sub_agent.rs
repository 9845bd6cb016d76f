//! Policy `sub-agent`: a long turn is given to a sub-agent, which begins with the instructions and
//! the task alone.
//!
//! The session asks for it in one more request, waits, and gets the last message back; all else of
//! the turn stays with the sub-agent. That the session's cache lives until then is assumed, and
//! that the sub-agent needs nothing of what the session knows.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::definition::{Action, PlanOf, Policy};
use super::thread_facts::ThreadFacts;
use crate::record::{Part, Role};
use crate::replay::{ContextItem, Plan, Rerun};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "sub-agent",
    value: "REQUESTS",
    about: "give a turn of more than REQUESTS requests to a sub-agent, which returns its last \
            message",
    action: Action::Plan(|of| Box::new(SubAgent::new(of))),
};

/// Tokens of the call that gives the task to a sub-agent.
const CALL_TOKENS: u64 = 300;

struct SubAgent {
    facts: Rc<ThreadFacts>,
    /// Turns that are long enough.
    long: HashSet<u64>,
    /// The turn that a sub-agent has now, and what of the session is hidden from it.
    turn: Option<u64>,
    hidden: Vec<ContextItem>,
}

impl SubAgent {
    fn new(of: &PlanOf) -> SubAgent {
        let mut requests: HashMap<u64, u64> = HashMap::new();
        for request in &of.facts.requests {
            if let Some(turn) = request.turn {
                *requests.entry(turn).or_default() += 1;
            }
        }
        requests.retain(|_, count| *count > of.number());
        SubAgent {
            facts: Rc::clone(&of.facts),
            long: requests.into_keys().collect(),
            turn: None,
            hidden: Vec::new(),
        }
    }

    /// The task goes to a sub-agent: what the session has sent so far is hidden from it, but for
    /// the instructions.
    fn give(&mut self, context: &mut Rerun) {
        context.send_extra(CALL_TOKENS);
        for (place, item) in context.items().into_iter().enumerate() {
            if !self.facts.opens(place, item.span) && context.was_sent(item.slot) {
                context.set(item.slot, 0);
                self.hidden.push(item);
            }
        }
    }

    /// The sub-agent is done: the session goes on from where it was, with the task and the last
    /// message.
    fn take_back(&mut self, context: &mut Rerun) {
        let hidden = std::mem::take(&mut self.hidden);
        if hidden.is_empty() {
            return;
        }
        let hidden_slots: HashSet<usize> = hidden.iter().map(|item| item.slot).collect();
        let first_new = hidden.last().map_or(0, |item| item.slot + 1);
        let mut first = None;
        let mut answer = None;
        let items = context.items();
        for item in &items {
            if let Some(span) = self.facts.span(item.span)
                && span.part == Part::Text
                && span.role == Role::Assistant
                && item.slot >= first_new
                && span.made_by.is_some()
            {
                answer = Some(item.slot);
            }
        }
        for item in items {
            let is_of_turn = item.slot >= first_new && context.was_sent(item.slot);
            let is_kept = match self.facts.span(item.span) {
                Some(span) => span.is_prompt() || span.is_instruction(),
                None => false,
            };
            if is_of_turn && !hidden_slots.contains(&item.slot) {
                first = first.or(Some(item.slot));
                if !is_kept && answer != Some(item.slot) {
                    context.set(item.slot, 0);
                }
            }
        }
        for item in hidden {
            context.set(item.slot, item.tokens);
        }
        context.stands_up_to(first.unwrap_or(first_new));
    }
}

impl Plan for SubAgent {
    fn clears(&mut self, _: &crate::replay::ContextClear) -> bool {
        self.hidden.clear();
        self.turn = None;
        true
    }

    fn before(&mut self, request: usize, own: bool, context: &mut Rerun) {
        let turn = self.facts.requests.get(request).and_then(|it| it.turn);
        if !own || turn == self.turn {
            return;
        }
        if self.turn.is_some() {
            self.take_back(context);
        }
        self.turn = None;
        if let Some(turn) = turn
            && self.long.contains(&turn)
            && context.sent_tokens() > 0
        {
            self.give(context);
            self.turn = Some(turn);
        }
    }
}
