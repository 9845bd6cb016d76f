//! Tool outputs without their call: a context that was cut between the two.
//!
//! An output is an orphan if
//! (a) no call in the thread has its `call_id`; or
//! (b) it has no `call_id`, but the thread has calls with one; or
//! (c) its call left the context before it did: then it is an orphan from the first request
//!     without the call on.
//!
//! waste = Σ `sent_tokens` × the requests that carried the output as an orphan. The model cannot
//! tell what such an output answers.
//!
//! Not an orphan: an output that was copied from a parent's history, or that comes before the first
//! call of a thread with a parent. The calls of such outputs are in the parent's file.

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
    current: ThreadState,
    /// Orphans of ended threads, by thread id.
    ended: BTreeMap<Rc<str>, Vec<Orphan>>,
}

/// The calls and outputs of the current thread.
#[derive(Default)]
struct ThreadState {
    /// The ordinal of the last request that carried each call, by `call_id`; `None` if no request
    /// carried the call. The map is never iterated, so its order does not matter.
    call_last_carried: HashMap<Box<str>, Option<u64>>,
    /// Outputs without an earlier call, each with its `call_id`; the end of the thread decides
    /// which are orphans. A call that follows its output, as in a stream that was sorted otherwise,
    /// makes it no orphan.
    unmatched: Vec<(Option<Box<str>>, Orphan)>,
    /// Outputs that were carried longer than their call.
    orphans: Vec<Orphan>,
}

/// An output that was carried without its call.
struct Orphan {
    span: SpanView<'static>,
    /// Requests that carried it without its call: the difference of two ordinals, at most the
    /// requests that carried it. An uncounted request in between counts too, and a request with
    /// several samplings counts once.
    requests: u64,
}

impl Rule for OrphanOutput {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        match (span.part, &span.call_id) {
            (Part::ToolCall, Some(id)) => self.current.note_call(id, span),
            (Part::ToolOutput, _) if span.carried() > 0 => self.current.judge_output(span, thread),
            _ => {}
        }
    }

    /// Decides about the outputs without an earlier call. A stream in which the records of two
    /// threads alternate ends a thread more than once; their orphans are added up.
    fn thread_ends(&mut self, thread: &Thread) {
        let orphans = std::mem::take(&mut self.current).into_orphans();
        if !orphans.is_empty() {
            let id = Rc::clone(&thread.id);
            self.ended.entry(id).or_default().extend(orphans);
        }
    }

    fn end(mut self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let mut findings = BySubject::default();
        for thread in threads.all() {
            for orphan in self.ended.remove(&thread.id).unwrap_or_default() {
                let waste = times(orphan.span.size_tokens(), orphan.requests);
                findings
                    .at(thread, &orphan.span)
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

impl ThreadState {
    /// Returns all orphans, at the end of the thread.
    fn into_orphans(self) -> Vec<Orphan> {
        let mut orphans = self.orphans;
        for (id, orphan) in self.unmatched {
            let has_no_call = match id {
                Some(id) => !self.call_last_carried.contains_key(&id),
                None => !self.call_last_carried.is_empty(),
            };
            if has_no_call {
                orphans.push(orphan);
            }
        }
        orphans
    }

    fn note_call(&mut self, id: &str, span: &SpanView) {
        let last = self.call_last_carried.entry(id.into()).or_default();
        // `None` is less than any ordinal.
        *last = (*last).max(span.carried_to);
    }

    fn judge_output(&mut self, span: &SpanView, thread: &Thread) {
        let call = match span.call_id.as_deref() {
            Some(id) => self.call_last_carried.get(id),
            None => None,
        };
        match call {
            Some(last) => {
                let requests_without_call = match (last, span.carried_to) {
                    (Some(last), Some(to)) => to.saturating_sub(*last),
                    _ => 0,
                };
                if requests_without_call > 0 {
                    self.orphans.push(Orphan {
                        span: span.kept(),
                        requests: requests_without_call.min(span.requests()),
                    });
                }
            }
            None if span.inherited => {}
            None if thread.parent.is_some() && self.call_last_carried.is_empty() => {}
            None => {
                let id = span.call_id.as_deref().map(Box::from);
                self.unmatched.push((
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
