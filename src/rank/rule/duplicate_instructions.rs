//! Instructions that a context holds twice.
//!
//! Two signs, one finding a project:
//! - copies: instruction text that the same thread has seen before; waste = Σ `dup_tokens` ×
//!   `carried_requests`. The same text in another session is the normal standing cost, no copy.
//! - multiples: two or more project documents, or two or more skill sections, in one context at
//!   once; user instructions with the heading of a project document are one of it. Spans are there
//!   at once where the requests that carried them overlap; where the requests are not known, where
//!   they stand on one line of the file.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::{Rule, RuleEntry, Thresholds};
use crate::rank::candidate::Candidate;
use crate::rank::found::Found;
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{counted, tokens};
use crate::record::count::times;

/// Sources that a context should hold once, and what the message calls them.
const ONCE: [(&str, &str); 2] = [
    ("project_doc", "project docs"),
    ("skills", "skill sections"),
];
/// User instructions, which may hold a project document with its heading.
const USER: &str = "user_instructions";
/// Status lines: sent anew in each turn and dropped after it, so that equal ones are no copies.
const STATUS: &str = "status";

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "duplicate-instructions",
    what: "instructions that a context holds twice",
    thresholds: &[],
    general: false,
    make: |_: &Thresholds| Box::new(DuplicateInstructions::default()),
};

#[derive(Default)]
struct DuplicateInstructions {
    /// The thread of the latest instructions.
    current: Option<Instructions>,
    by_scope: BTreeMap<FindingScope, RepeatedInstructions>,
}

/// The instructions of a thread.
struct Instructions {
    thread: u32,
    scope: FindingScope,
    /// For each of [`ONCE`]: its spans, and when they were in the context.
    once: [(Found, Vec<InContext>); 2],
    /// User instructions that have a heading.
    headed: Vec<(String, Found, InContext)>,
    /// Copies of any source.
    copies: Found,
}

/// From where to where a span was in the context: ordinals of requests, or a line of the file.
#[derive(Clone, Copy)]
struct InContext {
    by_line: bool,
    from: u64,
    to: u64,
}

/// What was found in a project.
#[derive(Default)]
struct RepeatedInstructions {
    found: Found,
    /// Most spans at once, for each of [`ONCE`].
    most: [u64; 2],
    threads: u64,
    copies: u64,
}

impl Rule for DuplicateInstructions {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        if !span.is_instructions() || *span.source == *STATUS {
            return;
        }
        if let Some(before) = self
            .current
            .take_if(|current| current.thread != thread.index)
        {
            before.close(&mut self.by_scope);
        }
        self.current
            .get_or_insert_with(|| Instructions::new(thread))
            .see(span, thread);
    }

    fn end(mut self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        if let Some(last) = self.current.take() {
            last.close(&mut self.by_scope);
        }
        self.by_scope
            .into_iter()
            .map(|(scope, twice)| candidate(scope, twice))
            .collect()
    }
}

impl Instructions {
    fn new(thread: &Thread) -> Instructions {
        Instructions {
            thread: thread.index,
            scope: thread.scope(),
            once: Default::default(),
            headed: Vec::new(),
            copies: Found::default(),
        }
    }

    fn see(&mut self, span: &SpanView, thread: &Thread) {
        self.head(span, thread);
        let kind = ONCE.iter().position(|(source, _)| *span.source == **source);
        let once = match kind {
            Some(kind) => self.once.get_mut(kind),
            None => None,
        };
        let copied = if span.is_copy_in_thread() {
            span.dup_tokens.unwrap_or(0)
        } else {
            0
        };
        let waste = times(copied, span.requests());
        match once {
            Some((_, held)) if waste > 0 => held.push(InContext::of(span)),
            Some((found, held)) => {
                held.push(InContext::of(span));
                found.add(span, thread, 0);
            }
            None => {}
        }
        if waste > 0 {
            self.copies.add(span, thread, waste);
        }
    }

    /// User instructions and a project document have one heading: they are one document.
    fn head(&mut self, span: &SpanView, thread: &Thread) {
        let Some(doc) = span.doc.as_deref() else {
            return;
        };
        if *span.source == *USER {
            let mut found = Found::default();
            found.add(span, thread, 0);
            self.headed
                .push((doc.to_owned(), found, InContext::of(span)));
        } else if *span.source == *ONCE[0].0 {
            let same = self.headed.iter().position(|(heading, ..)| heading == doc);
            if let Some((_, found, held)) = same.map(|at| self.headed.swap_remove(at)) {
                self.once[0].0.absorb(found);
                self.once[0].1.push(held);
            }
        }
    }

    /// The thread has ended: adds what it held twice to its project.
    fn close(self, by_scope: &mut BTreeMap<FindingScope, RepeatedInstructions>) {
        let once = self.once.map(|(found, held)| (found, at_once(held)));
        if self.copies.items == 0 && once.iter().all(|(_, most)| *most < 2) {
            return;
        }
        let twice = by_scope.entry(self.scope).or_default();
        twice.threads += 1;
        twice.copies += self.copies.items;
        twice.found.absorb(self.copies);
        for (all, (found, most)) in std::iter::zip(&mut twice.most, once) {
            if most >= 2 {
                *all = (*all).max(most);
                twice.found.absorb(found);
            }
        }
    }
}

impl InContext {
    fn of(span: &SpanView) -> InContext {
        match (span.carried_from, span.carried_to) {
            (Some(from), Some(to)) => InContext {
                by_line: false,
                from,
                to,
            },
            _ => InContext {
                by_line: true,
                from: span.line.unwrap_or(0),
                to: span.line.unwrap_or(0),
            },
        }
    }
}

/// Returns how many are in the context at the same time, at most.
fn at_once(mut held: Vec<InContext>) -> u64 {
    held.sort_unstable_by_key(|h| (h.by_line, h.from, h.to));
    let mut ends: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
    let (mut most, mut by_line) = (0, false);
    for span in held {
        if span.by_line != by_line {
            ends.clear();
            by_line = span.by_line;
        }
        while let Some(Reverse(end)) = ends.peek()
            && *end < span.from
        {
            ends.pop();
        }
        ends.push(Reverse(span.to));
        most = most.max(ends.len());
    }
    most as u64
}

fn candidate(scope: FindingScope, twice: RepeatedInstructions) -> Candidate {
    let mut parts = Vec::new();
    for ((_, name), n) in std::iter::zip(ONCE, twice.most) {
        if n >= 2 {
            parts.push(format!("{name} x{n}"));
        }
    }
    if twice.copies > 0 {
        let copies = if twice.copies == 1 {
            "1 copy".into()
        } else {
            format!("{} copies", twice.copies)
        };
        parts.push(format!(
            "{copies} of what was there already, {} tokens",
            tokens(twice.found.waste_tokens)
        ));
    }
    let message = format!(
        "{}: paid for again in every request (in {})",
        parts.join(", "),
        counted(twice.threads, "thread")
    );
    Candidate::new(scope, None, twice.found).saying(
        message,
        "send each document and the list of skills once; look for a file that includes another, or \
         for an agent that adds both by itself (`[features] skills = false` in its config.toml \
         leaves one)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(from: u64, to: u64) -> InContext {
        InContext {
            by_line: false,
            from,
            to,
        }
    }

    #[test]
    fn what_was_replaced_is_not_there_at_once() {
        assert_eq!(at_once(vec![held(5, 9), held(1, 4)]), 1);
        assert_eq!(at_once(vec![held(1, 9), held(2, 3), held(5, 9)]), 2);
        assert_eq!(at_once(vec![]), 0);
    }
}
