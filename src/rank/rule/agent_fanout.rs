//! Sessions that start many agents.
//!
//! Fires from a number of agents started by one session (`spawn` events; events that only mention
//! agents do not count). tokens = input and output of the counted requests of its children: the
//! threads whose parent it is, or that a spawn event names. waste = the first input of each child
//! but the cheapest one: what starting them cost, where one agent would have been told once.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::Candidate;
use crate::rank::found::{Evidence, Found};
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{counted, tokens};
use crate::record::count::plus;
use crate::record::{Kind, What};

const AGENTS: Threshold = Threshold {
    flag: "fanout-agents",
    default: 4,
    help: "Least agents that one session starts",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "agent-fanout",
    what: "sessions that start many agents",
    thresholds: &[AGENTS],
    general: false,
    make: |set: &Thresholds| {
        Box::new(AgentFanout {
            agents: set.get(&AGENTS),
            sessions: BTreeMap::new(),
        })
    },
};

struct AgentFanout {
    agents: u64,
    /// By the agent's id of the session.
    sessions: BTreeMap<Rc<str>, Spawns>,
}

/// What a session started.
struct Spawns {
    thread: Thread,
    /// Lines of the events, the first 50.
    lines: Vec<Option<u64>>,
    agents: u64,
    children: BTreeSet<String>,
}

impl Rule for AgentFanout {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Event(event) = seen else { return };
        if event.what != What::Spawn {
            return;
        }
        let entry = self.sessions.entry(Rc::clone(&thread.session));
        let spawns = entry.or_insert_with(|| Spawns {
            thread: thread.clone(),
            lines: Vec::new(),
            agents: 0,
            children: BTreeSet::new(),
        });
        spawns.agents = plus(spawns.agents, event.agents.unwrap_or(1));
        spawns.children.extend(event.child.clone());
        if spawns.lines.len() < 50 {
            spawns.lines.push(event.line);
        }
    }

    fn end(self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for spawns in self.sessions.into_values() {
            if spawns.agents > 0 && spawns.agents >= self.agents {
                candidates.push(spawns.candidate(threads));
            }
        }
        candidates
    }
}

impl Spawns {
    fn is_child(&self, thread: &Thread) -> bool {
        let own = thread.parent.as_ref() == Some(&self.thread.session)
            && matches!(thread.kind, Kind::Main | Kind::Subagent);
        thread.id != self.thread.id && (own || self.children.contains(&*thread.session))
    }

    fn candidate(self, threads: &Threads) -> Candidate {
        let mut children: Vec<&Thread> = threads.all().collect();
        children.retain(|thread| self.is_child(thread));
        children.sort_by_key(|child| (child.first_input_tokens, child.index));
        let mut found = Found::default();
        let mut first_tokens = 0;
        for (i, child) in children.iter().enumerate() {
            let waste_tokens = if i == 0 { 0 } else { child.first_input_tokens };
            first_tokens = plus(first_tokens, child.first_input_tokens);
            let (tokens, carried_tokens) = (child.tokens(), child.input_tokens);
            let evidence = Evidence {
                tokens,
                carried_tokens,
                waste_tokens,
                ..Evidence::at(child, None)
            };
            found.add_evidence(evidence, child);
        }
        let message = match children.len() as u64 {
            0 => format!(
                "{} started; their own sessions are not among those read",
                counted(self.agents, "agent")
            ),
            n => format!(
                "{} started; {} read: {} tokens, {} of them to start with",
                counted(self.agents, "agent"),
                counted(n, "session"),
                tokens(found.tokens),
                tokens(first_tokens),
            ),
        };
        if children.is_empty() {
            for line in &self.lines {
                found.add_evidence(Evidence::at(&self.thread, *line), &self.thread);
            }
        }
        found.items = self.agents;
        Candidate::new(self.thread.scope(), None, found)
            .within(&self.thread)
            .saying(
                message,
                "give one agent several tasks, and each agent only the instructions its task needs",
            )
    }
}
