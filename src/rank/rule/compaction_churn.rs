//! Threads that are compacted again and again.
//!
//! A compaction sends the whole context once more, and what it throws away is often read again.
//! One finding a thread: its compactions, how far apart they stand, and what was read again after
//! them: waste = Σ `dup_tokens` × `carried_requests`, over content that is a copy of what stood in
//! the thread before its latest compaction. The calls that made the summaries are seldom reported,
//! and not claimed.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Entry, Rule, Threshold, Thresholds};
use crate::number::grouped;
use crate::rank::found::{Candidate, Evidence, Found};
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

pub(super) const ENTRY: Entry = Entry {
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
    /// Where the latest stands in the order of the thread's records.
    seq: u64,
    /// Counted requests before the latest, and their least number between two.
    requests: u64,
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
                if let Some(compacted) = self
                    .threads
                    .get_mut(&thread.id)
                    .filter(|compacted| compacted.open)
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

    fn end(self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let CompactionChurn {
            compactions,
            requests,
            threads: mut compacted,
        } = *self;
        let fires = |compacted: &Compacted| {
            let close = compacted.closest.is_some_and(|closest| closest <= requests);
            compacted.compactions >= compactions && (close || compacted.again.waste_tokens > 0)
        };
        let of = |thread: &Thread| {
            compacted
                .remove(&thread.id)
                .filter(fires)
                .map(|found| candidate(thread, found))
        };
        threads.all().filter_map(of).collect()
    }
}

fn is_compaction(event: &Event) -> bool {
    event.what == What::Context && event.clear && event.reason.as_deref() == Some(COMPACTION)
}

impl Compacted {
    fn compaction(&mut self, event: &Event, thread: &Thread) {
        if self.compactions > 0 {
            let between = thread.requests - self.requests;
            self.closest = Some(self.closest.map_or(between, |closest| closest.min(between)));
        }
        self.compactions += 1;
        (self.seq, self.requests, self.open) = (event.seq, thread.requests, true);
        self.before_tokens += thread.sent.last().map_or(0, |sent| sent.input_tokens);
        self.again
            .add_evidence(Evidence::at(thread, event.line), thread);
    }

    /// Content that stood in the thread before the compaction is read again.
    fn span(&mut self, span: &SpanView, thread: &Thread) {
        let original = span
            .copy_of
            .as_deref()
            .and_then(|id| id.strip_prefix(&*thread.id)?.strip_prefix('.'));
        let before = original
            .and_then(|seq| seq.parse::<u64>().ok())
            .is_some_and(|seq| seq < self.seq);
        let waste = times(span.dup_tokens.unwrap_or(0), span.requests());
        if before && waste > 0 {
            self.again.add(span, thread, waste);
        }
    }
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
    let apart = closest.map_or(String::new(), |n| {
        format!(", the closest {} requests apart", grouped(n))
    });
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
    Candidate::new(thread.project.clone(), None, again)
        .within(thread)
        .saying(
            message,
            "begin anew when the task changes; keep large outputs out, so that the context lasts; \
         note what will be needed again",
        )
}
