//! The position of a span relative to the context, while the requests of its thread are put in
//! order (`stage`).

use crate::format::history::{Handle, Made, ThreadEntry};
use crate::record::Part;

/// Where a span is, relative to the context.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Spot {
    /// The walk over the entries has not reached it, or the entry is no span.
    Ahead,
    /// It waits for a request that sends it.
    Waiting,
    /// A request was sent without it.
    Unsent,
    /// It is in the head, before all messages.
    Head,
    /// It is in a message of the context, at this index of all such spans.
    Live(usize),
    /// It was in the context, and has left it.
    Left,
}

/// Facts about a span that are needed after it was written too.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traits {
    /// It is reasoning.
    pub(super) thought: bool,
    /// The request whose response made it.
    pub(super) made: Option<Handle>,
    pub(super) line: Option<u64>,
}

impl Spot {
    /// Whether the span is in the context.
    pub(super) fn is_context(self) -> bool {
        matches!(self, Spot::Head | Spot::Live(_))
    }
}

impl Traits {
    /// The facts about an entry; none if it is no span.
    pub(super) fn of(entry: &ThreadEntry) -> Traits {
        match entry {
            ThreadEntry::Span(span, made) => Traits {
                thought: span.part == Part::Reasoning,
                made: if let Made::By(request) = made {
                    Some(*request)
                } else {
                    None
                },
                line: span.line,
            },
            _ => Traits::default(),
        }
    }
}
