//! What a policy of requests knows of a thread: its spans and requests, reduced to what policies
//! ask for.
//!
//! Spans and requests are in the order of the thread's records, so a plan finds them by the numbers
//! that the rerun gives it.

use crate::record::{Class, Part, Purpose, Role, Wait};

/// A thread.
#[derive(Debug, Default)]
pub struct ThreadFacts {
    /// The agent that wrote the file; empty where the stream does not say.
    pub agent: String,
    /// Its spans.
    pub spans: Vec<SpanFacts>,
    /// Its requests, counted or not.
    pub requests: Vec<RequestFacts>,
    /// Tokens that compactions of this thread left besides instructions and messages of the user,
    /// on average; `None` where it was not compacted.
    pub summary_tokens: Option<u64>,
}

/// A span.
#[derive(Debug)]
pub struct SpanFacts {
    /// Whose turn it is.
    pub role: Role,
    /// What kind of content it is.
    pub part: Part,
    /// Where it comes from.
    pub source: Box<str>,
    /// Name of the tool of a call or an output.
    pub tool: Option<Box<str>>,
    /// Server of the tool.
    pub server: Option<Box<str>>,
    /// The document, of instructions.
    pub doc: Option<Box<str>>,
    /// Hash of the id that a call shares with its output; 0 where there is none.
    pub call: u64,
    /// Ordinal of the request that produced it.
    pub made_by: Option<u64>,
    /// Hash of its text; 0 where there is none.
    pub text: u64,
    /// How the call waits.
    pub wait: Option<Wait>,
}

/// A request.
#[derive(Debug, Default)]
pub struct RequestFacts {
    /// Its ordinal in the thread.
    pub n: u64,
    /// The turn of the user.
    pub turn: Option<u64>,
    /// When it was sent, in seconds.
    pub second: Option<i64>,
    /// What it was for, where it is no ordinary request.
    pub purpose: Option<Purpose>,
}

/// Sources of what a context begins with. The other instructions (hooks, reminders, notices, what
/// commands print, files that were attached) were said on the way.
const OPENING: &[&str] = &[
    "apps",
    "base_instructions",
    "environment",
    "memory",
    "mode",
    "permissions",
    "personality",
    "plugins",
    "project_doc",
    "skills",
    "tools",
    "user_instructions",
];

impl SpanFacts {
    /// Whether it is a message of the user.
    pub fn is_prompt(&self) -> bool {
        self.part == Part::Text && &*self.source == "user"
    }

    /// Whether it is of what a context begins with, and begins with again after a compaction:
    /// the system prompt, the tools, the documents, and what the agent says of itself and of the
    /// machine.
    pub fn is_opening(&self) -> bool {
        self.is_instruction() && OPENING.contains(&&*self.source)
    }

    /// Whether it belongs to the instructions.
    pub fn is_instruction(&self) -> bool {
        self.part.class(&self.source) == Class::Instructions
    }
}

impl ThreadFacts {
    /// The span of that number.
    pub fn span(&self, number: Option<usize>) -> Option<&SpanFacts> {
        self.spans.get(number?)
    }

    /// Whether an item is what a context begins with: the head, which is its first item (`place`
    /// 0), or content that the agent sends with every session.
    pub fn opens(&self, place: usize, span: Option<usize>) -> bool {
        match self.span(span) {
            None => place == 0,
            Some(span) => span.is_opening(),
        }
    }

    /// Seconds between a request and the one before it, where both are known.
    pub fn pause_before(&self, request: usize) -> Option<u64> {
        let before = self.requests.get(request.checked_sub(1)?)?.second?;
        let now = self.requests.get(request)?.second?;
        u64::try_from(now - before).ok()
    }

    /// Whether a request begins a turn of the user.
    pub fn begins_turn(&self, request: usize) -> bool {
        let turn = |at: usize| self.requests.get(at).and_then(|request| request.turn);
        match (turn(request), request.checked_sub(1)) {
            (Some(now), Some(before)) => turn(before) != Some(now),
            _ => false,
        }
    }
}
