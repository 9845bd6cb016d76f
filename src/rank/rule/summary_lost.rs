//! Summaries that an agent drops again.
//!
//! A compaction puts a summary in the place of what was said; where the agent drops the summary
//! itself when a turn begins (`dropped` of its spans), the session has forgotten everything up to
//! the compaction, and nobody is told. One finding a thread: how much was compacted, when it was
//! forgotten, and what the summaries cost until then. Nothing of that is waste by itself, so it is
//! a warning of no tokens.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Rule, RuleEntry, Thresholds};
use crate::number::usd;
use crate::rank::candidate::Candidate;
use crate::rank::found::{Evidence, Found};
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{counted, tokens};
use crate::record::{Event, Severity, Usd, What};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "summary-lost",
    what: "summaries of compactions that the agent drops again",
    thresholds: &[],
    general: false,
    make: |_: &Thresholds| Box::new(SummaryLost::default()),
};

/// What readers call a summary (tok-record(5), `source`).
const SUMMARY: &str = "compaction_summary";

#[derive(Default)]
struct SummaryLost {
    threads: BTreeMap<Rc<str>, Lost>,
}

/// What a thread has lost.
#[derive(Default)]
struct Lost {
    found: Found,
    /// Ids of the spans whose summary is not counted yet.
    spans: Vec<String>,
    summaries: u64,
    /// Input of the request before each compaction, added up.
    before_tokens: u64,
    /// Counted requests before the latest summary whose input was added.
    since_request: Option<u64>,
    cost: Option<Usd>,
    /// Counted requests before the parts that a summary quotes, and what carrying these parts cost:
    /// they are lost with the summary, though no event drops them.
    quoted: (u64, Usd),
    /// When the latest was dropped.
    at: Option<String>,
}

impl Rule for SummaryLost {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        match seen {
            Seen::Span(span) if *span.source == *SUMMARY => {
                let lost = self.threads.entry(Rc::clone(&thread.id)).or_default();
                if span.dropped.is_some() {
                    lost.span(span, thread)
                } else {
                    lost.quoted(span, thread)
                }
            }
            Seen::Event(event) if event.what == What::Context && !event.drop.is_empty() => {
                if let Some(lost) = self.threads.get_mut(&thread.id) {
                    lost.dropped(event, thread);
                }
            }
            _ => {}
        }
    }

    fn end(mut self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for thread in threads.all() {
            if let Some(lost) = self.threads.remove(&thread.id)
                && lost.summaries > 0
            {
                candidates.push(lost.candidate(thread));
            }
        }
        candidates
    }
}

impl Lost {
    fn span(&mut self, span: &SpanView, thread: &Thread) {
        self.spans.push(span.id.to_string());
        self.found.add(span, thread, 0);
        if let Some(cost) = span.input_cost_usd {
            let (request, quoted) = std::mem::take(&mut self.quoted);
            let quoted = if request == thread.requests {
                quoted
            } else {
                Usd::ZERO
            };
            self.cost = Some(self.cost.unwrap_or_default().plus(cost).plus(quoted));
        }
        // A summary may be several spans: they stand behind the same request.
        if self.since_request.replace(thread.requests) != Some(thread.requests)
            && let Some(sent) = thread.sent.last()
        {
            self.before_tokens += sent.input_tokens;
        }
    }

    /// Adds a part that the summary quotes: it is lost with the summary, though no event drops it.
    fn quoted(&mut self, span: &SpanView, thread: &Thread) {
        let (request, cost) = self.quoted;
        let before = if request == thread.requests {
            cost
        } else {
            Usd::ZERO
        };
        self.quoted = (
            thread.requests,
            before.plus(span.input_cost_usd.unwrap_or_default()),
        );
    }

    /// Counts a summary where the dropped spans are its spans.
    fn dropped(&mut self, event: &Event, thread: &Thread) {
        let before = self.spans.len();
        self.spans.retain(|span| !event.drop.contains(span));
        if self.spans.len() < before {
            self.summaries += 1;
            self.at.clone_from(&event.at);
            self.found
                .add_evidence(Evidence::at(thread, event.line), thread);
        }
    }

    fn candidate(self, thread: &Thread) -> Candidate {
        let Lost {
            mut found,
            summaries,
            before_tokens,
            cost,
            at,
            ..
        } = self;
        found.items = summaries;
        let minute = at.as_deref().and_then(|at| at.get(..16));
        let when = minute.map(|at| format!(", at {} UTC", at.replace('T', " ")));
        let cost = cost.map(|cost| format!("; carrying what was lost had cost {}", usd(cost)));
        let message = format!(
            "{} dropped by the agent when the next turn began{}: of the {} tokens that were \
             compacted the session knows nothing any more{}",
            counted(summaries, "summary"),
            when.unwrap_or_default(),
            tokens(before_tokens),
            cost.unwrap_or_default(),
        );
        Candidate::new(thread.scope(), None, found)
            .within(thread)
            .of(Severity::Warn)
            .saying(
                message,
                "say again what matters, or have it written to a file before the context is full; \
             begin anew after a compaction",
            )
    }
}
