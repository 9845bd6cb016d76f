//! Tool outputs without their call: a context that was cut between the two.
//!
//! An output is an orphan where no call of the thread, before or after it, has its `call_id` (or
//! where it has none, though the thread's calls do), and from the request on that goes without its
//! call, where the call has left the context before it. waste = Σ `sent_tokens` × the counted
//! requests that carried it as an orphan: without the call it tells nothing that can be relied on.
//!
//! Not an orphan: an output that was copied from a parent's history, or that a child begins with:
//! their calls stand in the parent's file.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::{Rule, RuleEntry, Thresholds};
use crate::rank::candidate::{BySubject, Candidate};
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{counted, name, tokens};
use crate::record::Part;
use crate::record::count::times;

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "orphan-output",
    what: "tool outputs carried without their call",
    thresholds: &[],
    general: false,
    make: |_: &Thresholds| Box::new(OrphanOutput::default()),
};

#[derive(Default)]
struct OrphanOutput {
    current: Pending,
    /// Of the threads that have ended, by their ids.
    orphans: BTreeMap<Rc<str>, Vec<Orphan>>,
}

/// The calls and outputs of the current thread.
#[derive(Default)]
struct Pending {
    /// Ordinal of the last request that carried each call, by its `call_id`; only looked up by key.
    calls: HashMap<Box<str>, Option<u64>>,
    /// Outputs whose call may still come, by its `call_id`.
    waiting: Vec<(Option<Box<str>>, Orphan)>,
    orphans: Vec<Orphan>,
}

/// An output without its call.
struct Orphan {
    span: SpanView<'static>,
    /// Counted requests that carried it without its call.
    requests: u64,
}

impl Rule for OrphanOutput {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        match (span.part, &span.call_id) {
            (Part::ToolCall, Some(id)) => self.current.call(id, span),
            (Part::ToolOutput, _) if span.carried() > 0 => self.current.output(span, thread),
            _ => {}
        }
    }

    /// The thread has ended: no call comes any more.
    fn thread_ends(&mut self, thread: &Thread) {
        let orphans = std::mem::take(&mut self.current).orphans();
        if !orphans.is_empty() {
            let id = Rc::clone(&thread.id);
            self.orphans.entry(id).or_default().extend(orphans);
        }
    }

    fn end(mut self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let mut findings = BySubject::default();
        for thread in threads.all() {
            for orphan in self.orphans.remove(&thread.id).unwrap_or_default() {
                let waste = times(orphan.span.size_tokens(), orphan.requests);
                findings
                    .at(thread, orphan.span.subject())
                    .add(&orphan.span, thread, waste);
            }
        }
        findings.into_candidates(|candidate| {
            let found = &candidate.found;
            let message = format!(
                "{}: {}, {} tokens, carried without a call: {} tokens sent in vain",
                name(candidate.subject.as_deref().unwrap_or_default()),
                counted(found.items, "output"),
                tokens(found.tokens),
                tokens(found.waste_tokens),
            );
            Some(candidate.saying(
                message,
                "drop an output together with its call when the context is cut",
            ))
        })
    }
}

impl Pending {
    /// All outputs without a call, at the end of the thread.
    fn orphans(self) -> Vec<Orphan> {
        let mut orphans = self.orphans;
        for (id, orphan) in self.waiting {
            let has_no_call = match id {
                Some(id) => !self.calls.contains_key(&id),
                None => !self.calls.is_empty(),
            };
            if has_no_call {
                orphans.push(orphan);
            }
        }
        orphans
    }

    fn call(&mut self, id: &str, span: &SpanView) {
        let last = self.calls.entry(id.into()).or_default();
        *last = (*last).max(span.carried_to);
    }

    fn output(&mut self, span: &SpanView, thread: &Thread) {
        let call = match span.call_id.as_deref() {
            Some(id) => self.calls.get(id),
            None => None,
        };
        match call {
            Some(last) => {
                let alone = match (last, span.carried_to) {
                    (Some(last), Some(to)) => to.saturating_sub(*last),
                    _ => 0,
                };
                if alone > 0 {
                    self.orphans.push(Orphan {
                        span: span.kept(),
                        requests: alone.min(span.requests()),
                    });
                }
            }
            None if span.inherited || (thread.parent.is_some() && self.calls.is_empty()) => {}
            None => {
                let id = span.call_id.as_deref().map(Box::from);
                self.waiting.push((
                    id,
                    Orphan {
                        span: span.kept(),
                        requests: span.requests(),
                    },
                ));
            }
        }
    }
}
