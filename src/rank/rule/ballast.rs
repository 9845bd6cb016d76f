//! Content that many requests carry.
//!
//! What was read twenty requests ago is rarely needed word for word. waste = `sent_tokens` ×
//! (`carried_requests` - the threshold), over content of the least size and more. Instructions
//! are carried by design, reasoning is dropped by the provider, images have a rule of their own:
//! none of them is ballast.

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::{BySubject, Candidate};
use crate::rank::found::Evidence;
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{counted, name, sent_on_average, tokens};
use crate::record::Part;
use crate::record::count::times;

const TOKENS: Threshold = Threshold {
    flag: "ballast-tokens",
    default: 1_000,
    help: "Least tokens of content to be called ballast",
};
const REQUESTS: Threshold = Threshold {
    flag: "ballast-requests",
    default: 20,
    help: "Requests that may carry content before it is ballast",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "ballast",
    what: "content carried by many requests after it was read",
    thresholds: &[TOKENS, REQUESTS],
    general: true,
    make: |set: &Thresholds| {
        Box::new(Ballast {
            tokens: set.get(&TOKENS),
            requests: set.get(&REQUESTS),
            findings: BySubject::default(),
        })
    },
};

struct Ballast {
    tokens: u64,
    requests: u64,
    findings: BySubject,
}

impl Rule for Ballast {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        let waste = times(
            span.size_tokens(),
            span.requests().saturating_sub(self.requests),
        );
        if waste > 0 && span.size_tokens() >= self.tokens && is_content(span) {
            let evidence = Evidence::late(span, thread, waste, self.requests);
            self.findings
                .at(thread, span)
                .add_evidence(evidence, thread);
        }
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        let requests = self.requests;
        self.findings.into_candidates(|candidate| {
            let found = &candidate.found;
            let message = format!(
                "{}: {}, {} tokens, {}; {} of the tokens sent are beyond {} requests",
                name(candidate.subject.as_deref().unwrap_or_default()),
                counted(found.items, "text"),
                tokens(found.tokens),
                sent_on_average(found.requests, found.items),
                tokens(found.waste_tokens),
                requests,
            );
            Some(candidate.saying(
                message,
                "compact or start a new session once the content has served its purpose",
            ))
        })
    }
}

fn is_content(span: &SpanView) -> bool {
    !span.is_instructions() && !matches!(span.part, Part::Image | Part::Reasoning)
}
