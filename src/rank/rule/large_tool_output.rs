//! Tool outputs that are large, and carried on in full.
//!
//! What a model needs of a long output is mostly its end or its failures. waste =
//! Σ (`sent_tokens` - what is kept) × `carried_requests`, over outputs of the threshold and more
//! that any request carried.

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::{BySubject, Candidate};
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{counted, name, sent, tokens};
use crate::record::Part;
use crate::record::count::times;

const TOKENS: Threshold = Threshold {
    flag: "output-tokens",
    default: 4_000,
    help: "Least tokens of a tool output to be called large",
};
const KEEP: Threshold = Threshold {
    flag: "output-keep-tokens",
    default: 1_000,
    help: "Tokens of a large tool output that are worth keeping",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "large-tool-output",
    what: "large tool outputs carried on in full",
    thresholds: &[TOKENS, KEEP],
    general: false,
    make: |set: &Thresholds| {
        Box::new(LargeToolOutput {
            tokens: set.get(&TOKENS),
            keep: set.get(&KEEP),
            findings: BySubject::default(),
        })
    },
};

struct LargeToolOutput {
    tokens: u64,
    keep: u64,
    findings: BySubject,
}

impl Rule for LargeToolOutput {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        let size = span.size_tokens();
        if span.part != Part::ToolOutput || size < self.tokens || span.requests() == 0 {
            return;
        }
        let waste = times(size.saturating_sub(self.keep), span.requests());
        self.findings
            .at(thread, span.subject())
            .add(span, thread, waste);
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        let keep = self.keep;
        let remedy = format!(
            "return the failures or the last lines, not more than {} tokens",
            tokens(keep)
        );
        self.findings.into_candidates(|candidate| {
            let found = &candidate.found;
            let message = format!(
                "{}: {} of {} tokens{}, {}",
                name(candidate.subject.as_deref().unwrap_or_default()),
                counted(found.items, "output"),
                tokens(found.tokens / found.items.max(1)),
                if found.items > 1 { " each" } else { "" },
                sent(found.requests, found.items),
            );
            Some(candidate.saying(message, &remedy))
        })
    }
}
