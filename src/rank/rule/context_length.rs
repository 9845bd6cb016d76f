//! Long contexts: what was paid for a context above a number of tokens while it stayed there.
//!
//! One finding an agent and project. waste = what compacting before that number would have saved
//! ([`shorter_context`]): every request would have carried the shorter context, and each compaction
//! would have cost a request and a summary. What other findings claim of the same sessions is part
//! of it, and is left to them.
//!
//! [`shorter_context`]: crate::rank::shorter_context

use std::collections::BTreeMap;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::Candidate;
use crate::rank::claim::Whose;
use crate::rank::found::{Evidence, Found};
use crate::rank::shorter_context::{ContextCut, KEPT_TOKENS, LONG_TOKENS, saving};
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{counted, tokens};
use crate::record::count::plus;

const ABOVE: Threshold = Threshold {
    flag: "context-tokens",
    default: LONG_TOKENS,
    help: "Tokens of a context from which on it is called long",
};
const KEEP: Threshold = Threshold {
    flag: "context-keep-tokens",
    default: KEPT_TOKENS,
    help: "Tokens that a compaction would have left of a long context",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "context-length",
    what: "contexts that stayed long, and what compacting them would have saved",
    thresholds: &[ABOVE, KEEP],
    general: true,
    make: |set: &Thresholds| {
        Box::new(ContextLength {
            cut: ContextCut {
                above: set.get(&ABOVE),
                keep: set.get(&KEEP),
            },
        })
    },
};

struct ContextLength {
    cut: ContextCut,
}

/// The long contexts of a project.
#[derive(Default)]
struct LongContexts {
    found: Found,
    threads: u64,
    cuts: u64,
    requests: u64,
    carried_tokens: u64,
}

impl Rule for ContextLength {
    /// The threads keep all that is needed.
    fn see(&mut self, _: &Seen, _: &Thread) {}

    fn end(self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let mut by_scope: BTreeMap<FindingScope, LongContexts> = BTreeMap::new();
        for thread in threads.all() {
            let saving = saving(thread, self.cut);
            if saving.tokens == 0 || saving.requests == 0 {
                continue;
            }
            let long = by_scope.entry(thread.scope()).or_default();
            long.threads += 1;
            long.cuts += saving.cuts;
            long.requests += saving.requests;
            long.carried_tokens = plus(long.carried_tokens, saving.carried_tokens);
            let evidence = Evidence {
                requests: saving.requests,
                carried_tokens: saving.carried_tokens,
                waste_tokens: saving.tokens,
                cost: saving.usd.map(|usd| (usd, saving.tokens)),
                whose: Some(Whose::Context),
                ..Evidence::at(thread, saving.line)
            };
            long.found.add_evidence(evidence, thread);
        }
        let mut candidates = Vec::new();
        for (scope, long) in by_scope {
            candidates.push(long.candidate(scope, self.cut));
        }
        candidates
    }
}

impl LongContexts {
    fn candidate(self, scope: FindingScope, cut: ContextCut) -> Candidate {
        let message = format!(
            "{} of {} carried {} tokens on average; compacting {} at {}, to {}, would have sent {} \
             tokens fewer",
            counted(self.requests, "request"),
            counted(self.threads, "session"),
            tokens(self.carried_tokens / self.requests.max(1)),
            counted(self.cuts, "time"),
            tokens(cut.above),
            tokens(cut.keep),
            tokens(self.found.waste_tokens),
        );
        let remedy = format!(
            "compact, or begin anew, before the context passes {} tokens",
            tokens(cut.above)
        );
        Candidate::new(scope, None, self.found).saying(message, &remedy)
    }
}
