//! The memory prompt: notes of earlier sessions that every request carries.
//!
//! A standing cost: its tokens times the requests of the thread (`carried_tokens`). Fires from the
//! threshold; waste = Σ (`sent_tokens` - the threshold) × `carried_requests`, that is, what a
//! memory shortened to the threshold would save. Agents that send a memory without writing it to
//! the session file are not seen here.

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::{BySubject, Candidate};
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{sent_on_average, tokens};
use crate::record::count::times;

const TOKENS: Threshold = Threshold {
    flag: "memory-tokens",
    default: 1_000,
    help: "Least tokens of a memory prompt, and what is left of one that was shortened",
};

/// What readers of session files call the memory prompt (tok-record(5), `source`).
const MEMORY: &str = "memory";

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "memory-prompt",
    what: "the standing cost of notes from earlier sessions",
    thresholds: &[TOKENS],
    general: false,
    make: |set: &Thresholds| {
        Box::new(MemoryPrompt {
            tokens: set.get(&TOKENS),
            findings: BySubject::default(),
        })
    },
};

struct MemoryPrompt {
    tokens: u64,
    findings: BySubject,
}

impl Rule for MemoryPrompt {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        let size = span.size_tokens();
        if *span.source == *MEMORY && size > 0 && size >= self.tokens {
            let waste = times(size - self.tokens, span.requests());
            self.findings.at(thread, span).add(span, thread, waste);
        }
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        self.findings.into_candidates(|candidate| {
            let found = &candidate.found;
            let message = format!(
                "a memory prompt of {} tokens, {}: a standing cost of {} tokens",
                tokens(found.tokens / found.items.max(1)),
                sent_on_average(found.requests, found.items),
                tokens(found.carried_tokens),
            );
            Some(candidate.saying(
                message,
                "shorten the memory summary, or let it name files that are read when needed",
            ))
        })
    }
}
