//! Caches that were broken: what the provider held was sent again at the full price.
//!
//! One finding a project and cause, from the events that the replay wrote. waste = Σ of their
//! tokens, where the user can do something about the cause. Where the provider's own rule is the
//! cause, or nothing in the session explains it, the finding says so and claims nothing. The tokens
//! may be of any content, so that they are credited as far as no other finding claims that content.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Entry, Rule, Threshold, Thresholds};
use crate::number::usd;
use crate::rank::found::{Candidate, Found, Proof};
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{counted, name, tokens};
use crate::record::{Event, Usd, What};

const TOKENS: Threshold =
    Threshold { flag: "break-tokens", default: 20_000, help: "Least tokens sent again for broken caches of one cause" };

pub(super) const ENTRY: Entry = Entry {
    name: "cache-break",
    what: "content sent again uncached that the provider's cache had held",
    thresholds: &[TOKENS],
    general: false,
    make: |set: &Thresholds| Box::new(CacheBreak { tokens: set.get(&TOKENS), causes: BTreeMap::new() }),
};

/// What is said of a cause, as the `reason` of events names it, and what to do about it; without a
/// remedy nothing is claimed.
const CAUSES: &[(&str, &str, Option<&str>)] = &[
    ("pause", "after a pause longer than the cache lives", Some("compact before a long pause, or begin anew after it")),
    ("model", "when another model took over", Some("change the model between sessions, or right after a compaction")),
    (
        "tool_list",
        "when the list of tools changed",
        Some("keep the tools and servers as they are while a session lasts"),
    ),
    ("resumed", "when a session was resumed", Some("begin anew with a summary instead of resuming a long session")),
    (
        "front",
        "when something in front of the conversation changed",
        Some("look at what changes there (tools, skills, instruction files, settings) and keep it for a session"),
    ),
    ("edited", "when the agent took content out of the context", None),
    ("reasoning", "when the provider dropped reasoning", None),
    ("compaction", "after a compaction", None),
    ("unknown", "for no reason that the session holds", None),
];

struct CacheBreak {
    tokens: u64,
    causes: BTreeMap<(Option<Rc<str>>, String), Broken>,
}

/// The breaks of one cause.
#[derive(Default)]
struct Broken {
    found: Found,
    longest_seconds: u64,
    cost: Option<Usd>,
}

impl Rule for CacheBreak {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Event(event) = seen else { return };
        if event.what != What::CacheBreak {
            return;
        }
        let cause = event.reason.clone().unwrap_or_default();
        let broken = self.causes.entry((thread.project.clone(), cause)).or_default();
        broken.add(event, thread);
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        let costly = self.causes.into_iter().filter(|(_, broken)| broken.found.tokens >= self.tokens);
        costly.map(|((project, cause), broken)| candidate(project, cause, broken)).collect()
    }
}

impl Broken {
    fn add(&mut self, event: &Event, thread: &Thread) {
        let tokens = event.tokens.unwrap_or(0);
        let has_remedy = known(event.reason.as_deref().unwrap_or_default()).is_some_and(|(_, remedy)| remedy.is_some());
        let proof = Proof {
            id: event.span.as_deref().unwrap_or_default(),
            tokens,
            requests: 1,
            carried_tokens: tokens,
            waste_tokens: if has_remedy { tokens } else { 0 },
            cost: event.cost_usd.map(|cost| (cost, tokens)),
            shared: true,
            ..Proof::at(thread, event.line)
        };
        self.found.prove(proof, thread);
        self.longest_seconds = self.longest_seconds.max(event.pause_seconds.unwrap_or(0));
        if let Some(cost) = event.cost_usd {
            self.cost = Some(self.cost.unwrap_or_default().plus(cost));
        }
    }
}

fn known(cause: &str) -> Option<(&'static str, Option<&'static str>)> {
    CAUSES.iter().find(|(name, ..)| *name == cause).map(|(_, when, remedy)| (*when, *remedy))
}

fn candidate(project: Option<Rc<str>>, cause: String, broken: Broken) -> Candidate {
    let (when, remedy) = known(&cause).map_or((None, None), |(when, remedy)| (Some(when), remedy));
    let when = when.map_or_else(|| format!("after {}", name(&cause)), str::to_owned);
    let longest =
        if cause == "pause" { format!(" (the longest {})", pause(broken.longest_seconds)) } else { String::new() };
    let cost = broken.cost.map_or(String::new(), |cost| format!(", {} more than from the cache", usd(cost)));
    let message = format!(
        "{} {when}{longest}: {} tokens re-sent uncached{cost}",
        counted(broken.found.items, "time"),
        tokens(broken.found.tokens),
    );
    let remedy = remedy.unwrap_or("nothing: the cause is not in the user's hands");
    Candidate::new(project, Some(cause), broken.found).saying(message, remedy)
}

/// A time span, in the largest unit that has two digits: `45 s`, `71 min`, `26 h`, `12 days`.
fn pause(seconds: u64) -> String {
    match seconds {
        0..100 => format!("{seconds} s"),
        100..6_000 => format!("{} min", seconds / 60),
        6_000..360_000 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::pause;

    #[test]
    fn pauses_are_said_as_people_say_them() {
        assert_eq!([59, 4_260, 93_600, 1_036_800].map(pause), ["59 s", "71 min", "26 h", "12 days"]);
    }
}
