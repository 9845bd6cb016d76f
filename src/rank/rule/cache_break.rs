//! Caches that were broken: what the provider held was sent again at the full price.
//!
//! One finding a project and cause, from the events that the replay wrote. waste = Σ of their
//! tokens. Where the provider's own rule is the cause, or nothing in the session explains it, there
//! is no finding, because nobody could do anything: the bill has what it cost. After pauses that a
//! cache of an hour outlives, what that costs to write is deducted. The tokens
//! may be of any content, so that they are credited as far as no other finding claims that content.
//! Where the provider says the cause itself, that is said, and its own number where it is another;
//! so is what the agent had just changed in what it offers, and of which servers.

mod provider_report;

use std::collections::{BTreeMap, BTreeSet};

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::number::{grouped, usd};
use crate::rank::candidate::Candidate;
use crate::rank::claim::Whose;
use crate::rank::found::{Evidence, Found};
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{counted, name, tokens};
use crate::record::count::plus;
use crate::record::{Event, Usd, What};
use provider_report::ProviderReport;

const TOKENS: Threshold = Threshold {
    flag: "break-tokens",
    default: 20_000,
    help: "Least tokens sent again for broken caches of one cause",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "cache-break",
    what: "content sent again uncached that the provider's cache had held",
    thresholds: &[TOKENS],
    general: false,
    make: |set: &Thresholds| {
        Box::new(CacheBreak {
            tokens: set.get(&TOKENS),
            causes: BTreeMap::new(),
        })
    },
};

/// The `reason` of a break after a pause, and what a pause is called that the longest life of a
/// cache outlives.
const PAUSE: &str = "pause";
const SHORT_PAUSE: &str = "short_pause";
/// The longest life of a cache that a provider offers (docs/design.md 1.4).
const LONG_PAUSE_SECONDS: u64 = 3_600;
/// What a token costs more that is written for an hour: twice the price of uncached input, not 1.25
/// times (docs/remedies.md 4.5).
const HOUR_PERCENT: i128 = 75;

/// What is said of a cause that people can do something about, as the `reason` of events names it,
/// and what that is.
const CAUSES: &[(&str, &str, &str)] = &[
    (
        PAUSE,
        "after a pause longer than the cache lives",
        "compact before a long pause, or begin anew after it",
    ),
    (
        SHORT_PAUSE,
        "after a pause of less than an hour",
        "let the cache live an hour where the provider offers that, or go on sooner",
    ),
    (
        "model",
        "when another model took over",
        "change the model between sessions, or right after a compaction",
    ),
    (
        "tool_list",
        "when the list of tools changed",
        "keep the tools and servers as they are while a session lasts",
    ),
    (
        "resumed",
        "when a session was resumed",
        "begin anew with a summary instead of resuming a long session",
    ),
    (
        "front",
        "when something in front of the conversation changed",
        "look at what changes there (tools, skills, instruction files, settings) and keep it \
             for a session",
    ),
];

struct CacheBreak {
    tokens: u64,
    causes: BTreeMap<(FindingScope, String), Broken>,
}

/// The breaks of one cause.
#[derive(Default)]
struct Broken {
    found: Found,
    longest_seconds: u64,
    cost: Option<Usd>,
    reported: ProviderReport,
    /// Breaks right after the agent had changed what it offers, and the servers of these changes.
    changed: u64,
    servers: BTreeSet<String>,
    /// Tokens that were written again for them, by thread.
    rewritten: BTreeMap<u32, u64>,
    /// What a longer life of the cache would have cost.
    hour: Usd,
}

impl Rule for CacheBreak {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Event(event) = seen else { return };
        if event.what != What::CacheBreak {
            return;
        }
        let cause = cause(event);
        let broken = self.causes.entry((thread.scope(), cause)).or_default();
        broken.add(event, thread);
    }

    fn end(self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let mut hours: BTreeMap<FindingScope, Usd> = BTreeMap::new();
        for thread in threads.all() {
            let key = (thread.scope(), SHORT_PAUSE.to_owned());
            if let Some(broken) = self.causes.get(&key) {
                let sum = hours.entry(key.0).or_default();
                *sum = sum.plus(broken.hour_of(thread));
            }
        }
        let mut candidates = Vec::new();
        for ((scope, cause), mut broken) in self.causes {
            let hour = hours.get(&scope).copied().unwrap_or_default();
            if cause == SHORT_PAUSE && !broken.pay_for_an_hour(hour) {
                continue;
            }
            if let Some((when, remedy)) = known(&cause)
                && broken.found.tokens >= self.tokens
            {
                candidates.push(candidate(scope, (cause, when), remedy, broken));
            }
        }
        candidates
    }
}

/// The cause as findings name it. A short pause has another remedy than a long one.
fn cause(event: &Event) -> String {
    let reason = event.reason.as_deref().unwrap_or_default();
    let seconds = event.pause_seconds.unwrap_or(u64::MAX);
    if reason == PAUSE && seconds < LONG_PAUSE_SECONDS {
        SHORT_PAUSE.to_owned()
    } else {
        reason.to_owned()
    }
}

impl Broken {
    fn add(&mut self, event: &Event, thread: &Thread) {
        let tokens = event.tokens.unwrap_or(0);
        let evidence = Evidence {
            id: event.span.as_deref().unwrap_or_default(),
            tokens,
            requests: 1,
            carried_tokens: tokens,
            waste_tokens: tokens,
            cost: event.cost_usd.map(|cost| (cost, tokens)),
            whose: Some(Whose::Any),
            ..Evidence::at(thread, event.line)
        };
        self.found.add_evidence(evidence, thread);
        let rewritten = self.rewritten.entry(thread.index).or_default();
        *rewritten = plus(*rewritten, tokens);
        self.longest_seconds = self.longest_seconds.max(event.pause_seconds.unwrap_or(0));
        self.reported.add(event);
        self.changed += u64::from(!event.changes.is_empty());
        self.servers.extend(event.changed_servers.iter().cloned());
        if let Some(cost) = event.cost_usd {
            self.cost = Some(self.cost.unwrap_or_default().plus(cost));
        }
    }
}

impl Broken {
    /// Deducts what it costs that all that the project writes to the cache lives an hour. Returns
    /// whether anything is left.
    fn pay_for_an_hour(&mut self, hour: Usd) -> bool {
        let Some(saved) = self.cost else { return true };
        self.hour = hour;
        let left = saved.minus(hour);
        // Shares are in millionths of a dollar.
        let micro = |usd: Usd| u64::try_from(usd.pico().max(0) / 1_000_000).unwrap_or(u64::MAX);
        let found = std::mem::take(&mut self.found);
        self.found = found.costing(micro(left), micro(saved));
        left > Usd::ZERO
    }

    /// What it would cost more that what the thread wrote to the cache lives an hour. What was
    /// written again for the breaks would not have been written.
    fn hour_of(&self, thread: &Thread) -> Usd {
        let again = self.rewritten.get(&thread.index).copied().unwrap_or(0);
        let written = i128::from(thread.written_tokens.saturating_sub(again));
        let rate = thread.uncached_rate().unwrap_or(0);
        Usd::from_pico(written.saturating_mul(rate).saturating_mul(HOUR_PERCENT) / 100)
    }

    /// The servers that came or went, as a sentence has them; `None`: no server is named.
    fn servers(&self) -> Option<String> {
        const MOST: usize = 5;
        let mut named: Vec<String> = self
            .servers
            .iter()
            .take(MOST)
            .map(|server| name(server))
            .collect();
        if self.servers.len() > MOST {
            named.push(format!("{} more", self.servers.len() - MOST));
        }
        let last = named.pop()?;
        Some(if named.is_empty() {
            last
        } else {
            format!("{} and {last}", named.join(", "))
        })
    }

    /// What had changed right before.
    fn changes(&self) -> String {
        if self.changed == 0 {
            return String::new();
        }
        let of = match self.servers() {
            Some(servers) => format!("tools or instructions of {servers}"),
            None => "tools of the agent itself".into(),
        };
        let before = if self.changed == self.found.items {
            String::new()
        } else {
            format!(" of {}", grouped(self.changed))
        };
        format!("; right before{before}, {of} came or went")
    }
}

/// What the message says of a cause, and the remedy; `None` where nobody can do anything about it.
fn known(cause: &str) -> Option<(&'static str, &'static str)> {
    for (name, when, remedy) in CAUSES {
        if *name == cause {
            return Some((when, remedy));
        }
    }
    None
}

/// `when`: what the message says of the cause.
fn candidate(
    scope: FindingScope,
    (cause, when): (String, &str),
    remedy: &str,
    broken: Broken,
) -> Candidate {
    let longest = if cause == PAUSE {
        format!(" (the longest {})", pause(broken.longest_seconds))
    } else {
        String::new()
    };
    let cost = match broken.cost {
        Some(cost) => format!(", {} more than from the cache", usd(cost)),
        None => String::new(),
    };
    let hour = match broken.hour {
        Usd::ZERO => String::new(),
        hour => format!("; that all lives an hour would cost {} to write", usd(hour)),
    };
    let items = broken.found.items;
    let message = format!(
        "{} {when}{longest}{}: {} tokens re-sent uncached{cost}{hour}{}{}",
        counted(items, "time"),
        broken.reported.word(items),
        tokens(broken.found.tokens),
        broken.reported.estimate(items),
        broken.changes(),
    );
    let servers = match cause.as_str() {
        "front" | "tool_list" => broken.servers(),
        _ => None,
    };
    let remedy = match servers {
        Some(servers) => format!("keep {servers} as they are while a session lasts"),
        None => remedy.to_owned(),
    };
    Candidate::new(scope, Some(cause), broken.found).saying(message, &remedy)
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
        assert_eq!(
            [59, 4_260, 93_600, 1_036_800].map(pause),
            ["59 s", "71 min", "26 h", "12 days"]
        );
    }
}
