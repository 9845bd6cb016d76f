//! The same call again: the same file, range or command line, while its earlier output still
//! stands.
//!
//! Two calls of one thread are the same when tool and arguments are. Once the later output is in
//! the context, the earlier one is stale: waste = (`sent_tokens` of the earlier - `dup_tokens` of
//! the later) × the counted requests that carried both. What the later repeats word for word is
//! `dup_tokens`, waste of its own where it stands a second time; so it is left to the rule about
//! copies, and the earlier is stale only in what has changed.
//!
//! Only calls that name a file or a command line: what else is called again with the same arguments
//! (the next lines of a running program, the next page) may give what comes next, and that makes
//! nothing stale.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::{BySubject, Candidate};
use crate::rank::found::Evidence;
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{counted, name, tokens};
use crate::record::Part;
use crate::record::count::times;

const TOKENS: Threshold = Threshold {
    flag: "reread-tokens",
    default: 200,
    help: "Least tokens of an output that the same call made stale",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "reread",
    what: "outputs made stale by the same call again",
    thresholds: &[TOKENS],
    general: false,
    make: |set: &Thresholds| {
        Box::new(Reread {
            tokens: set.get(&TOKENS),
            current: ThreadCalls::default(),
            findings: BySubject::default(),
        })
    },
};

struct Reread {
    tokens: u64,
    /// Of the current thread.
    current: ThreadCalls,
    findings: BySubject,
}

/// The calls of a thread. Only looked up by key.
#[derive(Default)]
struct ThreadCalls {
    /// By `call_id`.
    calls: HashMap<Box<str>, ReadCall>,
    /// The latest output of each call, where it is not small.
    latest: HashMap<Asked, SpanView<'static>>,
}

/// A call of which outputs may come.
struct ReadCall {
    asked: Rc<str>,
    outputs: u32,
}

/// What is equal in two equal calls (server, tool, hash of the arguments), and the ordinal of the
/// call's output.
type Asked = (Rc<str>, u32);

impl Rule for Reread {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        match span.part {
            Part::ToolCall => self.current.call(span),
            Part::ToolOutput => self.output(span, thread),
            _ => {}
        }
    }

    fn thread_ends(&mut self, _: &Thread) {
        self.current = ThreadCalls::default();
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        self.findings.into_candidates(|candidate| {
            let found = &candidate.found;
            let message = format!(
                "{}: {} of {} tokens{} stayed after the same call had been made again, {} tokens \
                 sent in vain",
                name(candidate.subject.as_deref().unwrap_or_default()),
                counted(found.items, "output"),
                tokens(found.tokens / found.items.max(1)),
                if found.items > 1 { " on average" } else { "" },
                tokens(found.waste_tokens),
            );
            Some(candidate.saying(
                message,
                "read once; later ask for what has changed, or drop \
                the earlier output",
            ))
        })
    }
}

impl Reread {
    fn output(&mut self, span: &SpanView, thread: &Thread) {
        let Some(to) = span.carried_from else { return };
        let Some(asked) = self.current.asked(span) else {
            return;
        };
        let earlier = match span.size_tokens() >= self.tokens {
            true => self.current.latest.insert(asked, span.kept()),
            false => self.current.latest.remove(&asked),
        };
        let Some(earlier) = earlier else { return };
        let repeated = if span.is_copy_in_thread() {
            span.dup_tokens.unwrap_or(0)
        } else {
            0
        };
        let waste = times(
            earlier.size_tokens().saturating_sub(repeated),
            both(&earlier, span),
        );
        if waste > 0 {
            let alone = to.saturating_sub(earlier.carried_from.unwrap_or(to));
            self.findings
                .at(thread, &earlier)
                .add_evidence(Evidence::late(&earlier, thread, waste, alone), thread);
        }
    }
}

impl ThreadCalls {
    fn call(&mut self, span: &SpanView) {
        let again = span.command.is_some() || span.target.is_some();
        if let (Some(id), Some(hash), true) = (&span.call_id, &span.hash, again) {
            let (server, tool) = (
                span.server.as_deref().unwrap_or_default(),
                span.tool.as_deref().unwrap_or_default(),
            );
            let asked = format!("{server}\n{tool}\n{}", &**hash).into();
            self.calls
                .insert(Box::from(&**id), ReadCall { asked, outputs: 0 });
        }
    }

    /// The call that this is an output of.
    fn asked(&mut self, span: &SpanView) -> Option<Asked> {
        let call = self.calls.get_mut(&**span.call_id.as_ref()?)?;
        call.outputs += 1;
        Some((Rc::clone(&call.asked), call.outputs))
    }
}

/// Counted requests that carried both, at most.
fn both(earlier: &SpanView, later: &SpanView) -> u64 {
    match (earlier.carried_to, later.carried_from) {
        (Some(to), Some(from)) => to
            .saturating_add(1)
            .saturating_sub(from)
            .min(earlier.requests()),
        _ => 0,
    }
}
