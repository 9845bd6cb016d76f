//! Tool calls with large arguments, sent again long after they were carried out.
//!
//! A whole file that is written, a patch or a script of many lines stays in the context, although
//! the file is on disk. While the work on it goes on, the model needs it. waste = Σ (tokens - what
//! is kept) × the requests that carried the call beyond the first ones. What is kept is what an
//! edit of the changed part, or the name of a script in a file, would have taken. What writing the
//! call cost is not counted: what a shorter call would have had to say is not known.
//!
//! Only calls that name a file or a command line: what else is long (the task of a sub-agent, a
//! plan) has no shorter form that is known. A call of the same tool on the same file before says
//! that the file was written again: then an edit would have done.

use std::collections::{BTreeMap, HashSet};

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::number::grouped;
use crate::rank::candidate::{Candidate, SubjectClass};
use crate::rank::found::{Evidence, Found};
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{name, sized, tokens};
use crate::record::Part;
use crate::record::count::times;

const TOKENS: Threshold = Threshold {
    flag: "call-tokens",
    default: 1_000,
    help: "Least tokens of the arguments of a tool call to be called large",
};
const KEEP: Threshold = Threshold {
    flag: "call-keep-tokens",
    default: 200,
    help: "Tokens of a large tool call that are worth keeping",
};
const REQUESTS: Threshold = Threshold {
    flag: "call-requests",
    default: 10,
    help: "Requests that may carry a large tool call in full",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "large-tool-call",
    what: "large arguments of tool calls carried on in full",
    thresholds: &[TOKENS, KEEP, REQUESTS],
    general: false,
    make: |set: &Thresholds| {
        Box::new(LargeToolCall {
            tokens: set.get(&TOKENS),
            keep: set.get(&KEEP),
            requests: set.get(&REQUESTS),
            written: HashSet::new(),
            findings: BTreeMap::new(),
        })
    },
};

struct LargeToolCall {
    tokens: u64,
    keep: u64,
    requests: u64,
    /// Tool and file of the current thread's calls. Only looked up by key.
    written: HashSet<Box<str>>,
    findings: BTreeMap<(FindingScope, String, SubjectClass), LargeCalls>,
}

/// The large calls about one subject.
#[derive(Default)]
struct LargeCalls {
    found: Found,
    /// Calls on a file that the same tool had been called on.
    again: u64,
}

impl Rule for LargeToolCall {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        if span.part != Part::ToolCall {
            return;
        }
        let again = self.is_written_again(span);
        let size = written_tokens(span);
        let is_written = span.target.is_some() || span.command.is_some();
        if !is_written || size < self.tokens || span.requests() <= self.requests {
            return;
        }
        let waste = times(
            size.saturating_sub(self.keep),
            span.requests() - self.requests,
        );
        let key = (thread.scope(), span.subject(), SubjectClass::of(span));
        let calls = self.findings.entry(key).or_default();
        calls.again += u64::from(again);
        // A smaller call breaks no cache: nothing is taken out afterwards.
        let evidence = Evidence {
            removed: None,
            tokens: size,
            ..Evidence::late(span, thread, waste, self.requests)
        };
        calls.found.add_evidence(evidence, thread);
    }

    fn thread_ends(&mut self, _: &Thread) {
        self.written.clear();
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for ((scope, subject, class), calls) in self.findings {
            candidates.push(Candidate {
                class,
                ..calls.candidate(scope, subject, self.requests)
            });
        }
        candidates
    }
}

impl LargeToolCall {
    fn is_written_again(&mut self, span: &SpanView) -> bool {
        let (Some(tool), Some(target)) = (&span.tool, &span.target) else {
            return false;
        };
        let key = format!("{}\n{}", &**tool, &**target);
        !self.written.insert(key.into())
    }
}

/// Tokens of the arguments. What is sent for a call may be more: its share of a growth that the
/// reports show, and no file records (encrypted reasoning).
fn written_tokens(span: &SpanView) -> u64 {
    let sent = span.size_tokens();
    span.tokens.map_or(sent, |written| written.min(sent))
}

impl LargeCalls {
    fn candidate(self, scope: FindingScope, subject: String, requests: u64) -> Candidate {
        let LargeCalls { found, again } = self;
        let again = match again {
            0 => String::new(),
            _ => format!("; {} on a file of an earlier call", grouped(again)),
        };
        let message = format!(
            "{}: {}{again}; {} of the tokens sent are beyond {} requests",
            name(&subject),
            sized("call", found.items, found.tokens, found.requests),
            tokens(found.waste_tokens),
            grouped(requests),
        );
        Candidate::new(scope, Some(subject), found).saying(
            message,
            "edit the part that changes instead of writing it all, and keep long scripts in files",
        )
    }
}
