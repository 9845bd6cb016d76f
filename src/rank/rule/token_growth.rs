//! Threads whose context grew and grew.
//!
//! Each request sends the whole context again, so a long thread costs by the square of its length.
//! Fires where the largest input of a thread is several times that of its first request, and large.
//! waste = what beginning anew would have saved where the context had got long
//! ([`shorter_context`]), each time with the input of the first request, if that is no less than
//! what a summary leaves. What the growth consists of is for other rules to say.
//!
//! [`shorter_context`]: crate::rank::shorter_context

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::Candidate;
use crate::rank::claim::Whose;
use crate::rank::found::{Evidence, Found};
use crate::rank::shorter_context::{ContextCut, KEPT_TOKENS, LONG_TOKENS, saving};
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{counted, tokens};

const FACTOR: Threshold = Threshold {
    flag: "growth-factor",
    default: 4,
    help: "Least ratio of a thread's largest input to its first",
};
const TOKENS: Threshold = Threshold {
    flag: "growth-tokens",
    default: 50_000,
    help: "Least tokens of a thread's largest input",
};
const REQUESTS: Threshold = Threshold {
    flag: "growth-requests",
    default: 10,
    help: "Least counted requests of a thread that grew",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "token-growth",
    what: "threads whose context grew several times over",
    thresholds: &[FACTOR, TOKENS, REQUESTS],
    general: true,
    make: |set: &Thresholds| {
        Box::new(TokenGrowth {
            factor: set.get(&FACTOR),
            tokens: set.get(&TOKENS),
            requests: set.get(&REQUESTS),
            peaks: BTreeMap::new(),
        })
    },
};

struct TokenGrowth {
    factor: u64,
    tokens: u64,
    requests: u64,
    peaks: BTreeMap<Rc<str>, Peak>,
}

/// The largest input of a thread.
#[derive(Clone, Copy, Default)]
struct Peak {
    tokens: u64,
    line: Option<u64>,
}

impl Rule for TokenGrowth {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Request(request) = seen else { return };
        if !request.counted {
            return;
        }
        let Some(tokens) = request.context_tokens() else {
            return;
        };
        let peak = self.peaks.entry(Rc::clone(&thread.id)).or_default();
        if tokens > peak.tokens {
            *peak = Peak {
                tokens,
                line: request.line,
            };
        }
    }

    fn end(self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for thread in threads.all() {
            let Some(peak) = self.peaks.get(&thread.id) else {
                continue;
            };
            if peak.tokens >= self.tokens
                && peak.tokens >= thread.first_input_tokens.saturating_mul(self.factor)
                && thread.requests >= self.requests
            {
                let cut = ContextCut {
                    above: LONG_TOKENS,
                    keep: thread.first_input_tokens.max(KEPT_TOKENS),
                };
                candidates.push(candidate(thread, *peak, cut));
            }
        }
        candidates
    }
}

fn candidate(thread: &Thread, peak: Peak, cut: ContextCut) -> Candidate {
    let message = format!(
        "the context grew from {} to {} tokens over {}, {} tokens sent in all",
        tokens(thread.first_input_tokens),
        tokens(peak.tokens),
        counted(thread.requests, "request"),
        tokens(thread.input_tokens),
    );
    let mut found = Found::default();
    let carried_tokens = thread.input_tokens;
    let saving = saving(thread, cut);
    found.add_evidence(
        Evidence {
            tokens: peak.tokens,
            carried_tokens,
            waste_tokens: saving.tokens,
            cost: saving.usd.map(|usd| (usd, saving.tokens)),
            whose: Some(Whose::Context),
            ..Evidence::at(thread, peak.line)
        },
        thread,
    );
    Candidate::new(thread.scope(), None, found)
        .within(thread)
        .saying(
            message,
            "compact earlier, or start a new session for each task",
        )
}
