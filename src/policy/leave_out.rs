//! Policies `no-*`: content and requests that would not be there at all.

use std::collections::HashSet;
use std::rc::Rc;

use super::definition::{Action, PlanOf, Policy, ToolNames};
use super::thread_facts::{SpanFacts, ThreadFacts};
use crate::record::{Part, Purpose};
use crate::replay::{ContextItem, Plan, Rerun};

/// Lines of the table of policies.
pub(super) const SERVER: Policy = Policy {
    name: "no-server",
    value: "NAME",
    about: "leave out the definitions of the tools of a server, as far as a file holds them; NAME \
            may be a glob",
    action: Action::Plan(|of| {
        WithoutSpans::plan(of, |span| {
            let is_offer = span.is_instruction() && span.server.is_some();
            if is_offer {
                span.server.as_deref()
            } else {
                None
            }
        })
    }),
};
pub(super) const DOCUMENT: Policy = Policy {
    name: "no-document",
    value: "NAME",
    about: "leave out an instruction document; NAME may be a glob",
    action: Action::Plan(|of| WithoutSpans::plan(of, |span| span.doc.as_deref())),
};
pub(super) const REVIEWS: Policy = Policy {
    name: "no-reviews",
    value: "",
    about: "leave out reviews inside a session, and the turns that follow from them",
    action: Action::Plan(|of| {
        let mut gone = HashSet::new();
        for (at, request) in of.facts.requests.iter().enumerate() {
            if matches!(
                request.purpose,
                Some(Purpose::Review | Purpose::ReviewFollowUp)
            ) {
                gone.insert(at);
            }
        }
        Box::new(WithoutRequests::new(&of.facts, gone))
    }),
};
pub(super) const POLLING: Policy = Policy {
    name: "no-polling",
    value: "",
    about: "wait once instead of asking a running command again and again",
    action: Action::Plan(|of| Box::new(WithoutRequests::new(&of.facts, polls(&of.facts)))),
};

/// Leaves out spans by a name.
struct WithoutSpans {
    facts: Rc<ThreadFacts>,
    names: ToolNames,
    name: for<'s> fn(&'s SpanFacts) -> Option<&'s str>,
}

impl WithoutSpans {
    fn plan(of: &PlanOf, name: for<'s> fn(&'s SpanFacts) -> Option<&'s str>) -> Box<dyn Plan> {
        Box::new(WithoutSpans {
            facts: Rc::clone(&of.facts),
            names: of.names(),
            name,
        })
    }
}

impl Plan for WithoutSpans {
    fn size(&mut self, item: ContextItem) -> u64 {
        match self.facts.span(item.span).and_then(self.name) {
            Some(name) if self.names.have(Some(name)) => 0,
            _ => item.tokens,
        }
    }
}

/// Leaves out requests, what they produced, and the answers to their calls.
struct WithoutRequests {
    /// The requests, by their place.
    gone: HashSet<usize>,
    /// The spans that go with them.
    spans: HashSet<usize>,
}

impl WithoutRequests {
    fn new(facts: &ThreadFacts, gone: HashSet<usize>) -> WithoutRequests {
        let ordinals: HashSet<u64> = gone
            .iter()
            .filter_map(|at| facts.requests.get(*at))
            .map(|request| request.n)
            .collect();
        let (mut spans, mut calls) = (HashSet::new(), HashSet::new());
        for (number, span) in facts.spans.iter().enumerate() {
            let is_made = span.made_by.is_some_and(|n| ordinals.contains(&n));
            if is_made && span.part == Part::ToolCall && span.call != 0 {
                calls.insert(span.call);
            }
            let answers = span.made_by.is_none() && calls.contains(&span.call);
            if is_made || answers {
                spans.insert(number);
            }
        }
        WithoutRequests { gone, spans }
    }
}

impl Plan for WithoutRequests {
    fn size(&mut self, item: ContextItem) -> u64 {
        match item.span {
            Some(span) if self.spans.contains(&span) => 0,
            _ => item.tokens,
        }
    }

    fn before(&mut self, request: usize, _: bool, context: &mut Rerun) {
        if self.gone.contains(&request) {
            context.leave_out();
        }
    }
}

/// Policy `orphans`: the outputs whose calls are in no span before them.
pub(super) fn orphans(of: &PlanOf) -> Box<dyn Plan> {
    let (mut calls, mut spans) = (HashSet::new(), HashSet::new());
    for (number, span) in of.facts.spans.iter().enumerate() {
        match span.part {
            Part::ToolCall => {
                calls.insert(span.call);
            }
            Part::ToolOutput if !calls.contains(&span.call) => {
                spans.insert(number);
            }
            _ => {}
        }
    }
    Box::new(WithoutRequests {
        gone: HashSet::new(),
        spans,
    })
}

/// The requests that only wait again: all their calls wait, as those of the request before did.
fn polls(facts: &ThreadFacts) -> HashSet<usize> {
    let mut waits = HashSet::new();
    let mut acts = HashSet::new();
    for span in &facts.spans {
        let Some(n) = span.made_by else {
            continue;
        };
        match span.part {
            Part::ToolCall if span.wait.is_some() => {
                waits.insert(n);
            }
            Part::Reasoning => {}
            _ => {
                acts.insert(n);
            }
        }
    }
    let is_poll = |n: u64| waits.contains(&n) && !acts.contains(&n);
    let mut gone = HashSet::new();
    for (at, pair) in facts.requests.windows(2).enumerate() {
        if let [before, request] = pair
            && is_poll(before.n)
            && is_poll(request.n)
        {
            gone.insert(at + 1);
        }
    }
    gone
}
