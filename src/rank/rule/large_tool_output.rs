//! Tool outputs that are large, and carried on in full.
//!
//! What a model needs of a long output is mostly its end, its failures or one part: how much of it
//! depends on the tool, and is said in the table of remedies. waste = Σ (`sent_tokens` - what is
//! kept) × `carried_requests`, over outputs of the threshold and more that any request carried.
//! What was read of a file that a later call of the same thread changed is no waste.

use std::collections::BTreeMap;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::{BySubject, Candidate, SubjectClass};
use crate::rank::remedy::SoughtRemedy;
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{name, sized, tokens};
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
    help: "Tokens of a large tool output that are worth keeping, for all tools",
};

/// Calls that name a file without changing it.
const LOOKING: &[&str] = &["Read", "Grep", "Glob", "LS", "NotebookRead", "view_image"];
/// The command that changes the file it names.
const PATCHING: &str = "apply_patch";

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "large-tool-output",
    what: "large tool outputs carried on in full",
    thresholds: &[TOKENS, KEEP],
    general: false,
    make: |set: &Thresholds| {
        Box::new(LargeToolOutput {
            set: set.clone(),
            reads: BTreeMap::new(),
            findings: BySubject::default(),
        })
    },
};

struct LargeToolOutput {
    set: Thresholds,
    /// Large reads of the current thread, by file.
    reads: BTreeMap<Box<str>, Vec<SpanView<'static>>>,
    findings: BySubject,
}

impl Rule for LargeToolOutput {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        match span.part {
            Part::ToolCall => self.call(span),
            Part::ToolOutput => self.output(span, thread),
            _ => {}
        }
    }

    fn thread_ends(&mut self, thread: &Thread) {
        for reads in std::mem::take(&mut self.reads).into_values() {
            for span in reads {
                self.add(&span, thread);
            }
        }
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        let remedy = format!(
            "return the failures or the last lines, not more than {} tokens",
            tokens(self.set.get(&KEEP))
        );
        self.findings.into_candidates(|candidate| {
            let found = &candidate.found;
            let message = format!(
                "{}: {}",
                name(candidate.subject.as_deref().unwrap_or_default()),
                sized("output", found.items, found.tokens, found.requests),
            );
            Some(candidate.saying(message, &remedy))
        })
    }
}

impl LargeToolOutput {
    /// A call that changes a file: what was read of it was needed.
    fn call(&mut self, span: &SpanView) {
        let Some(target) = &span.target else { return };
        let changes = match (&span.command, &span.tool) {
            (Some(command), _) => **command == *PATCHING,
            (None, Some(tool)) => !LOOKING.contains(&&**tool),
            (None, None) => false,
        };
        if changes {
            self.reads.remove(&**target);
        }
    }

    fn output(&mut self, span: &SpanView, thread: &Thread) {
        if span.size_tokens() < self.set.get(&TOKENS) || span.requests() == 0 {
            return;
        }
        match &span.target {
            Some(target) => self
                .reads
                .entry(Box::from(&**target))
                .or_default()
                .push(span.kept()),
            None => self.add(span, thread),
        }
    }

    fn add(&mut self, span: &SpanView, thread: &Thread) {
        let subject = span.subject();
        let mut keep = self.set.get(&KEEP);
        if !self.set.is_given(&KEEP) {
            let sought = SoughtRemedy {
                rule: ENTRY.name,
                agent: thread.agent.as_deref(),
                class: SubjectClass::of(span),
                subject: Some(&subject),
            };
            keep = self.set.keep_tokens(sought, keep);
        }
        let waste = times(span.size_tokens().saturating_sub(keep), span.requests());
        self.findings.at(thread, span).add(span, thread, waste);
    }
}
