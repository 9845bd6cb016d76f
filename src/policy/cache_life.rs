//! Policy `cache-life`: what is written to the cache lives longer than it did.
//!
//! Only for providers whose cache is written to, at a price: what is kept for an hour costs twice
//! the price of input to write, instead of 1.25 times (docs/remedies.md 4).

use std::rc::Rc;

use super::definition::{Action, Policy};
use super::thread_facts::ThreadFacts;
use crate::replay::{Plan, Rerun};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "cache-life",
    value: "SECONDS",
    about: "what is written to the cache lives SECONDS, at the price of writing it for an hour",
    action: Action::Plan(|of| {
        Box::new(CacheLife {
            seconds: of.number(),
            brief: false,
            facts: Rc::clone(&of.facts),
        })
    }),
};

/// How long a prefix lives that is written for the shorter time.
const BRIEF_SECONDS: u64 = 300;

struct CacheLife {
    seconds: u64,
    /// The thread writes for the shorter life.
    brief: bool,
    facts: Rc<ThreadFacts>,
}

impl Plan for CacheLife {
    fn before(&mut self, request: usize, own: bool, context: &mut Rerun) {
        if !own {
            return;
        }
        self.brief |= context.writes_briefly();
        context.write_for_an_hour();
        let pause = self.facts.pause_before(request).unwrap_or(0);
        if self.brief && pause > BRIEF_SECONDS && pause <= self.seconds {
            context.revive();
        }
    }
}
