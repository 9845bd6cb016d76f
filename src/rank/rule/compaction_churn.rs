//! Threads that are compacted again and again.
//!
//! A compaction sends the whole context once more, and what it throws away is often read again.
//! One finding a thread: its compactions, how far apart they stand, and what was read again after
//! them: waste = Σ `dup_tokens` × `carried_requests`, over content that is a copy of what stood in
//! the thread before its latest compaction. The calls that made the summaries are seldom reported,
//! and not claimed.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::number::grouped;
use crate::rank::candidate::Candidate;
use crate::rank::found::{Evidence, Found};
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{counted, tokens};
use crate::record::count::times;
use crate::record::{Event, What};

const COMPACTIONS: Threshold = Threshold {
    flag: "compactions",
    default: 2,
    help: "Least compactions of a thread to be called churn",
};
const REQUESTS: Threshold = Threshold {
    flag: "compaction-requests",
    default: 40,
    help: "Requests between two compactions that are no churn, if nothing is read again",
};

/// The `reason` of the events that this rule is about.
const COMPACTION: &str = "compaction";

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "compaction-churn",
    what: "threads that are compacted again and again",
    thresholds: &[COMPACTIONS, REQUESTS],
    general: false,
    make: |set: &Thresholds| {
        Box::new(CompactionChurn {
            compactions: set.get(&COMPACTIONS),
            requests: set.get(&REQUESTS),
            threads: BTreeMap::new(),
        })
    },
};

struct CompactionChurn {
    compactions: u64,
    requests: u64,
    /// Threads that were compacted.
    threads: BTreeMap<Rc<str>, Compacted>,
}

/// A thread that was compacted.
#[derive(Default)]
struct Compacted {
    compactions: u64,
    /// Ordinal of the latest compaction among the thread's records.
    seq: u64,
    /// Counted requests before the latest compaction.
    requests: u64,
    /// Fewest counted requests between two compactions.
    closest: Option<u64>,
    /// Input of the request before each compaction and of the one after it, added up.
    before_tokens: u64,
    after_tokens: u64,
    /// The request after the latest is still to come.
    open: bool,
    again: Found,
}

impl Rule for CompactionChurn {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        match seen {
            Seen::Event(event) if is_compaction(event) => {
                self.threads
                    .entry(Rc::clone(&thread.id))
                    .or_default()
                    .compaction(event, thread);
            }
            Seen::Request(request) if request.counted => {
                if let Some(compacted) = self.threads.get_mut(&thread.id)
                    && compacted.open
                {
                    compacted.open = false;
                    compacted.after_tokens += request.input_tokens.unwrap_or(0);
                }
            }
            Seen::Span(span) => {
                if let Some(compacted) = self.threads.get_mut(&thread.id) {
                    compacted.span(span, thread);
                }
            }
            _ => {}
        }
    }

    fn end(mut self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for thread in threads.all() {
            if let Some(compacted) = self.threads.remove(&thread.id)
                && compacted.is_churn(self.compactions, self.requests)
            {
                candidates.push(candidate(thread, compacted));
            }
        }
        candidates
    }
}

fn is_compaction(event: &Event) -> bool {
    event.what == What::Context && event.clear && event.reason.as_deref() == Some(COMPACTION)
}

impl Compacted {
    /// Whether there are at least that many compactions, and they are close together or something
    /// was read again.
    fn is_churn(&self, compactions: u64, requests: u64) -> bool {
        let is_close = match self.closest {
            Some(closest) => closest <= requests,
            None => false,
        };
        self.compactions >= compactions && (is_close || self.again.waste_tokens > 0)
    }

    fn compaction(&mut self, event: &Event, thread: &Thread) {
        if self.compactions > 0 {
            let between = thread.requests - self.requests;
            let closest = self.closest.unwrap_or(between);
            self.closest = Some(closest.min(between));
        }
        self.compactions += 1;
        (self.seq, self.requests, self.open) = (event.seq, thread.requests, true);
        if let Some(sent) = thread.sent.last() {
            self.before_tokens += sent.input_tokens;
        }
        self.again
            .add_evidence(Evidence::at(thread, event.line), thread);
    }

    /// Adds content that was in the thread before the latest compaction and is read again.
    fn span(&mut self, span: &SpanView, thread: &Thread) {
        let Some(original) = span.copy_of.as_deref() else {
            return;
        };
        let Some(seq) = ordinal(original, thread) else {
            return;
        };
        let waste = times(span.dup_tokens.unwrap_or(0), span.requests());
        if seq < self.seq && waste > 0 {
            self.again.add(span, thread, waste);
        }
    }
}

/// The ordinal of a record in the thread, from its id; `None` where it is of another thread.
fn ordinal(id: &str, thread: &Thread) -> Option<u64> {
    let ordinal = id.strip_prefix(&*thread.id)?.strip_prefix('.')?;
    ordinal.parse().ok()
}

fn candidate(thread: &Thread, compacted: Compacted) -> Candidate {
    let Compacted {
        compactions,
        closest,
        before_tokens,
        after_tokens,
        again,
        ..
    } = compacted;
    let apart = match closest {
        Some(n) => format!(", the closest {} requests apart", grouped(n)),
        None => String::new(),
    };
    let size = format!(
        "from {} to {} tokens",
        tokens(before_tokens / compactions),
        tokens(after_tokens / compactions)
    );
    let read_again = match again.items - compactions {
        0 => String::new(),
        n => format!(
            "; {} of {} tokens came again after them",
            counted(n, "text"),
            tokens(again.tokens)
        ),
    };
    let message = format!(
        "{}{apart}, {size} on average{read_again}",
        counted(compactions, "compaction")
    );
    Candidate::new(thread.scope(), None, again)
        .within(thread)
        .saying(
            message,
            "begin anew when the task changes; keep large outputs out, so that the context lasts; \
         note what will be needed again",
        )
}
