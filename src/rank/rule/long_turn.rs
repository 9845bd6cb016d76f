//! Turns of many requests, worked off in the main context.
//!
//! A sub-agent begins with a small context and hands back only its result. What the conversation
//! held before the turn would not have been sent with each of the turn's requests. waste = Σ over
//! the content (no instructions: a sub-agent has its own) that entered the context before the turn:
//! `sent_tokens` × the turn's requests that carried it, less the first. It is priced as what was
//! paid for sending that content again, mostly cache reads.
//!
//! An upper bound: the sub-agent must be told what it needs, and what it reads twice is not
//! deducted. What the turn itself added, and later turns carried on, is for other rules to say.

use std::collections::BTreeMap;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::number::{grouped, usd};
use crate::rank::candidate::Candidate;
use crate::rank::claim::Claim;
use crate::rank::found::{Evidence, Found};
use crate::rank::share::share_usd;
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{counted, tokens};
use crate::record::count::{plus, times};
use crate::record::{Kind, Part, Request, Usd};

const REQUESTS: Threshold = Threshold {
    flag: "turn-requests",
    default: 20,
    help: "Least requests of a turn to be called long",
};
const TOKENS: Threshold = Threshold {
    flag: "turn-tokens",
    default: 20_000,
    help: "Least tokens of the conversation before a long turn",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "long-turn",
    what: "work of many requests in the main context",
    thresholds: &[REQUESTS, TOKENS],
    general: true,
    make: |set: &Thresholds| {
        Box::new(LongTurn {
            requests: set.get(&REQUESTS),
            tokens: set.get(&TOKENS),
            current: ThreadTurns::default(),
            projects: BTreeMap::new(),
        })
    },
};

struct LongTurn {
    requests: u64,
    tokens: u64,
    /// Of the current thread.
    current: ThreadTurns,
    projects: BTreeMap<FindingScope, LongTurns>,
}

/// The turns of a thread, and the content that they may have carried.
#[derive(Default)]
struct ThreadTurns {
    turns: Vec<SeenTurn>,
    content: Vec<SeenContent>,
}

/// The requests of a turn.
struct SeenTurn {
    ordinal: u64,
    /// Ordinals of its first and last request.
    first: u64,
    last: u64,
    requests: u64,
    /// Line of the user's message, or of the first request.
    line: Option<u64>,
}

/// Content that entered the context.
struct SeenContent {
    from: u64,
    to: u64,
    size: u64,
    /// The claim of all that was sent again: its cost is known, and its tokens.
    again: Claim,
}

/// The long turns of a project.
#[derive(Default)]
struct LongTurns {
    found: Found,
    requests: u64,
    longest: u64,
}

impl Rule for LongTurn {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        match seen {
            _ if thread.kind != Kind::Main => {}
            Seen::Request(request) if request.counted => self.current.request(request),
            Seen::Span(span) => self.current.span(span, thread),
            _ => {}
        }
    }

    fn thread_ends(&mut self, thread: &Thread) {
        let ThreadTurns { turns, content } = std::mem::take(&mut self.current);
        for turn in turns {
            if turn.requests >= self.requests {
                self.turn(&turn, &content, thread);
            }
        }
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (scope, turns) in self.projects {
            candidates.push(turns.candidate(scope));
        }
        candidates
    }
}

impl ThreadTurns {
    fn request(&mut self, request: &Request) {
        let (Some(ordinal), true) = (request.turn, request.has_recorded_context()) else {
            return;
        };
        match self.turns.last_mut() {
            Some(turn) if turn.ordinal == ordinal => {
                if turn.requests == 0 {
                    turn.first = request.n;
                }
                turn.last = request.n;
                turn.requests += 1;
            }
            _ => self.turns.push(SeenTurn {
                ordinal,
                first: request.n,
                last: request.n,
                requests: 1,
                line: request.line,
            }),
        }
    }

    fn span(&mut self, span: &SpanView, thread: &Thread) {
        if let ("user", Part::Text, Some(ordinal)) = (&*span.source, span.part, span.turn)
            && self.turns.last().is_none_or(|turn| turn.ordinal != ordinal)
        {
            self.turns.push(SeenTurn {
                ordinal,
                first: 0,
                last: 0,
                requests: 0,
                line: span.line,
            });
        }
        let (Some(from), Some(to)) = (span.carried_from, span.carried_to) else {
            return;
        };
        if span.is_instructions() || span.requests() < 2 {
            return;
        }
        let all = span.carried().saturating_sub(span.size_tokens());
        self.content.push(SeenContent {
            from,
            to,
            size: span.size_tokens(),
            again: Evidence::late(span, thread, all, 1).claim(thread),
        });
    }
}

impl SeenTurn {
    /// Requests of the turn that carried the content, less the first.
    fn carried(&self, content: &SeenContent) -> u64 {
        let (from, to) = (self.first, self.last.min(content.to));
        if content.from >= from || to <= from {
            return 0;
        }
        (to - from).min(self.requests.saturating_sub(1))
    }
}

impl LongTurn {
    fn turn(&mut self, turn: &SeenTurn, content: &[SeenContent], thread: &Thread) {
        let (mut before, mut waste, mut cost) = (0, 0, None);
        let mut claims = Vec::new();
        for content in content {
            let requests = turn.carried(content);
            if requests == 0 {
                continue;
            }
            let again = content.again;
            let tokens = times(content.size, requests).min(again.tokens);
            let usd = share_usd(again.usd, tokens, again.tokens);
            before = plus(before, content.size);
            waste = plus(waste, tokens);
            if usd > Usd::ZERO {
                cost = Some(cost.unwrap_or(Usd::ZERO).plus(usd));
            }
            claims.push(Claim {
                tokens,
                usd,
                removed: None,
                ..again
            });
        }
        if before < self.tokens {
            return;
        }
        let turns = self.projects.entry(thread.scope()).or_default();
        turns.requests += turn.requests;
        turns.longest = turns.longest.max(turn.requests);
        let evidence = Evidence {
            tokens: before,
            requests: turn.requests,
            carried_tokens: waste,
            waste_tokens: waste,
            cost: cost.map(|cost| (cost, waste)),
            ..Evidence::at(thread, turn.line)
        };
        turns.found.add_claims(evidence, thread, claims.into_iter());
    }
}

impl LongTurns {
    fn candidate(self, scope: FindingScope) -> Candidate {
        let found = self.found;
        let each = match found.items {
            1 => format!("of {} requests", grouped(self.requests)),
            items => format!(
                "of {} requests on average, the longest {}",
                grouped(self.requests / items.max(1)),
                grouped(self.longest)
            ),
        };
        let average = if found.items > 1 { " on average" } else { "" };
        let money = match found.waste_usd {
            Some(cost) => format!(", at most {}", usd(cost)),
            None => String::new(),
        };
        let message = format!(
            "{} {each}: {} tokens of conversation before it{average} went along with each \
             request{money}",
            counted(found.items, "turn"),
            tokens(found.tokens / found.items.max(1)),
        );
        Candidate::new(scope, None, found).saying(
            message,
            "hand such work to a sub-agent, or begin it in a new session",
        )
    }
}
