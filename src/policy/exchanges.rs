//! Policies `sliding-window`, `window` and `user-turns` for requests: only the latest part of a
//! conversation is sent.
//!
//! A window that slides with each request breaks the cache with each request. What it drops is
//! gone. An output whose call was dropped goes with it, because providers refuse it.

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use super::definition::{Action, PlanOf, Policy};
use super::thread_facts::ThreadFacts;
use crate::record::Part;
use crate::replay::{ContextItem, Plan, Rerun};

/// Lines of the table of policies.
pub(super) const SLIDING: Policy = Policy {
    name: "sliding-window",
    value: "N",
    about: "keep the instructions and the last N exchanges, not the task: each message and each \
            answer of a tool begins an exchange",
    action: Action::Plan(|of| Exchanges::plan(of, WindowUnit::Exchange, false)),
};
pub(super) const TURNS: Policy = Policy {
    name: "user-turns",
    value: "N",
    about: "keep the instructions and the last N turns of the user",
    action: Action::Plan(|of| Exchanges::plan(of, WindowUnit::Turn, false)),
};

/// Policy `window`, which texts have too: the task and the last prompt stay.
pub(super) fn window(of: &PlanOf) -> Box<dyn Plan> {
    Exchanges::plan(of, WindowUnit::Exchange, true)
}

#[derive(Clone, Copy, PartialEq)]
enum WindowUnit {
    Exchange,
    Turn,
}

/// An item that may leave.
#[derive(Clone, Copy)]
struct WindowItem {
    /// The exchange or turn that it belongs to, counted from 1.
    unit: u64,
    slot: usize,
    span: usize,
}

struct Exchanges {
    keep: u64,
    unit: WindowUnit,
    /// The task and the last prompt stay.
    keeps_prompt: bool,
    facts: Rc<ThreadFacts>,
    /// The exchange that the next request belongs to, and the turn.
    exchange: u64,
    turn: u64,
    /// The exchange in which the turn began.
    turn_began: u64,
    items: VecDeque<WindowItem>,
    /// Calls that were dropped.
    calls: HashSet<u64>,
    /// Slots of the last prompt outside the window.
    prompt: Vec<usize>,
}

impl Exchanges {
    fn plan(of: &PlanOf, unit: WindowUnit, keeps_prompt: bool) -> Box<dyn Plan> {
        Box::new(Exchanges {
            keep: of.number().max(1),
            unit,
            keeps_prompt,
            facts: Rc::clone(&of.facts),
            exchange: 1,
            turn: 0,
            turn_began: 0,
            items: VecDeque::new(),
            calls: HashSet::new(),
            prompt: Vec::new(),
        })
    }

    /// Drops what lies before a unit.
    fn drop_before(&mut self, unit: u64, context: &mut Rerun) {
        let mut prompt = Vec::new();
        while let Some(item) = self.items.pop_front_if(|item| item.unit < unit) {
            let Some(span) = self.facts.spans.get(item.span) else {
                continue;
            };
            if span.part == Part::ToolCall {
                self.calls.insert(span.call);
            }
            if self.keeps_prompt && span.is_prompt() {
                prompt.push(item.slot);
            } else if context.size_of(item.slot) > 0 {
                context.set(item.slot, 0);
            }
        }
        if !prompt.is_empty() {
            for slot in std::mem::replace(&mut self.prompt, prompt) {
                context.set(slot, 0);
            }
        }
        for item in &self.items {
            if item.unit > unit.saturating_add(1) {
                break;
            }
            if let Some(span) = self.facts.spans.get(item.span)
                && span.part == Part::ToolOutput
                && self.calls.contains(&span.call)
                && context.size_of(item.slot) > 0
            {
                context.set(item.slot, 0);
            }
        }
    }
}

impl Plan for Exchanges {
    fn size(&mut self, item: ContextItem) -> u64 {
        let (Some(number), Some(span)) = (item.span, self.facts.span(item.span)) else {
            return item.tokens;
        };
        let is_task = self.keeps_prompt && self.exchange == 1;
        let is_known = self.items.back().is_some_and(|last| last.slot >= item.slot);
        if span.is_instruction() || is_task || is_known {
            return item.tokens;
        }
        if span.is_prompt() && self.turn_began != self.exchange {
            self.turn += 1;
            self.turn_began = self.exchange;
        }
        let unit = match self.unit {
            WindowUnit::Turn => self.turn,
            WindowUnit::Exchange if span.made_by.is_some() => self.exchange - 1,
            WindowUnit::Exchange => self.exchange,
        };
        self.items.push_back(WindowItem {
            unit,
            slot: item.slot,
            span: number,
        });
        item.tokens
    }

    fn before(&mut self, _: usize, own: bool, context: &mut Rerun) {
        if !own {
            return;
        }
        let (units, current) = match self.unit {
            WindowUnit::Exchange => (self.exchange - 1, self.exchange),
            WindowUnit::Turn => (self.turn, self.turn),
        };
        if units > self.keep {
            self.drop_before(current - self.keep + 1, context);
        }
        self.exchange += 1;
    }
}
