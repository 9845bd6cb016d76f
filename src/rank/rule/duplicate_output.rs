//! Tool outputs that repeat what the same thread has been told before.
//!
//! waste = Σ `dup_tokens` × `carried_requests`, over outputs of which at least the thresholds are a
//! copy from the same thread. Copies across threads are not duplicates: each context needs its own.
//! A small share of an output is no repeat: it is what agents append to many outputs by themselves
//! (a reminder), or what any two texts have in common.

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::{BySubject, Candidate};
use crate::rank::share::percent;
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{name, sized};
use crate::record::Part;
use crate::record::count::times;

const TOKENS: Threshold = Threshold {
    flag: "duplicate-tokens",
    default: 100,
    help: "Least tokens of a tool output that are a copy",
};
const PERCENT: Threshold = Threshold {
    flag: "duplicate-percent",
    default: 25,
    help: "Least per cent of a tool output that is a copy",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "duplicate-output",
    what: "tool outputs that repeat an earlier one of the same thread",
    thresholds: &[TOKENS, PERCENT],
    general: false,
    make: |set: &Thresholds| {
        Box::new(DuplicateOutput {
            tokens: set.get(&TOKENS),
            percent: set.get(&PERCENT),
            findings: BySubject::default(),
        })
    },
};

struct DuplicateOutput {
    tokens: u64,
    percent: u64,
    findings: BySubject,
}

impl Rule for DuplicateOutput {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        let copied = span.dup_tokens.unwrap_or(0);
        let waste = times(copied, span.requests());
        if span.part == Part::ToolOutput
            && span.is_copy_in_thread()
            && copied >= self.tokens
            && percent(copied, span.size_tokens()) >= self.percent
            && waste > 0
        {
            self.findings.at(thread, span).add(span, thread, waste);
        }
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        self.findings.into_candidates(|candidate| {
            let found = &candidate.found;
            let message = format!(
                "{}: {}; {}% of it repeats earlier outputs",
                name(candidate.subject.as_deref().unwrap_or_default()),
                sized("output", found.items, found.tokens, found.requests),
                percent(found.waste_tokens, found.carried_tokens),
            );
            Some(candidate.saying(
                message,
                "do not read again what has not changed; let the tool say so in one line",
            ))
        })
    }
}
