//! Entries: the spans, requests and events of a thread until it ends.
//!
//! Entries refer to each other by handles. They get their ids and ordinals when the thread ends.

use super::kept::{KeptRequest, KeptSpan};
use crate::record::{Event, Request, Uncounted};

/// Identifies an entry of a thread: its index in the order of the file; generated entries have
/// greater handles.
pub type Handle = usize;

/// Who produced a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The span is input: no model made it.
    Input,
    /// The model made it, in the response of this request.
    By(Handle),
    /// The model made it, in a response that is found by the order of the file.
    ByOrder,
}

/// One span, request or event of a thread.
pub enum ThreadEntry {
    /// A span, and who produced it.
    Span(Box<KeptSpan>, Made),
    /// A request, with the usage that the file reports.
    Request(Box<KeptRequest>),
    /// A request of which only the usage is known: it made none of the content.
    Hidden(Box<KeptRequest>),
    /// An event; its references are resolved when the thread ends.
    Event(Box<Event>, Box<References>),
}

impl ThreadEntry {
    pub(super) fn as_request(&self) -> Option<&KeptRequest> {
        match self {
            ThreadEntry::Request(request) | ThreadEntry::Hidden(request) => Some(request),
            ThreadEntry::Span(..) | ThreadEntry::Event(..) => None,
        }
    }

    pub(super) fn as_request_mut(&mut self) -> Option<&mut KeptRequest> {
        match self {
            ThreadEntry::Request(request) | ThreadEntry::Hidden(request) => Some(request),
            ThreadEntry::Span(..) | ThreadEntry::Event(..) => None,
        }
    }
}

/// The entries that a `context` event refers to.
#[derive(Default)]
pub struct References {
    /// Spans that stay.
    pub keep: Vec<Handle>,
    /// Spans that leave.
    pub drop: Vec<Handle>,
    /// The entry after which all spans leave.
    pub back_to: Option<Handle>,
}

/// A request whose usage is unknown because no line reports it.
pub fn unreported(at: Option<String>, model: Option<String>, turn: Option<u64>) -> Request {
    Request {
        at,
        model,
        turn,
        uncounted: Some(Uncounted::Unreported),
        ..Request::default()
    }
}
