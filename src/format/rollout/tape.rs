//! The tape: what a rollout records besides its entries, and where among them.
//!
//! One agent writes its events and its items with two writers, so the order of its lines is not the
//! order in which things happened, and it drops messages by its own rules (docs/formats.md 2.7,
//! 2.8). The reader keeps here the facts that such rules need: when a task began and ended, the
//! task of each report, which output was recorded again, and the traits of each message. This file
//! does not know the rules: the agent's [`Dialect`](super::Dialect) names the function that puts
//! the entries in order.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Rollout;
use super::found_span::FoundSpan;
use super::usage::Info;
use crate::format::history::{Handle, ThreadEntry};
use crate::record::{Part, Role};

/// The functions by which an agent's entries are put in order.
#[derive(Clone, Copy)]
pub(in crate::format) struct Rules {
    /// Returns what the agent looks at in a message of these texts.
    pub(in crate::format) look: fn(texts: &[&str]) -> Look,
    /// Whether the first message of a session may be the errand of an agent that another started.
    pub(in crate::format) is_errand: fn(text: &str) -> bool,
    /// Finds the results of agents in the output of a call.
    pub(in crate::format) results: fn(output: &str) -> Results,
    /// Returns the number of findings that the result of a review states.
    pub(in crate::format) findings: fn(text: &str) -> Option<u64>,
    /// Whether a thread is nothing but a review.
    pub(in crate::format) is_review: fn(tape: &Tape) -> bool,
    /// Puts the entries in order; generated entries get handles after all others.
    pub(in crate::format) settle: fn(recording: Recording) -> Vec<(Handle, ThreadEntry)>,
}

/// Results of agents in the output of a call.
#[derive(Default)]
pub(in crate::format) struct Results {
    /// The byte offsets at which results begin and end. The text between two offsets is a span of
    /// its own, because another output may repeat it.
    pub(in crate::format) cuts: Vec<usize>,
    /// The path of the file that holds the whole text of the first result.
    pub(in crate::format) file: Option<String>,
}

/// The entries in the order of the file, and what the file records besides them.
pub(in crate::format) struct Recording {
    pub(in crate::format) entries: Vec<ThreadEntry>,
    pub(in crate::format) tape: Tape,
}

/// What the file records besides its entries, with the places of it among them.
#[derive(Default)]
pub(in crate::format) struct Tape {
    /// What happened, each with the handle of the entry that follows it.
    pub(in crate::format) marks: Vec<(Handle, TapeMark)>,
    /// Messages of user and assistant, in order.
    pub(in crate::format) messages: Vec<RecordedMessage>,
    /// Reports of usage, by the handle of their request.
    pub(in crate::format) reports: HashMap<Handle, TaskReport>,
    /// Entries before this one are documents that every request carries.
    pub(in crate::format) documents_end: Handle,
}

/// Something that happened at a point of the tape.
#[derive(Debug)]
pub(in crate::format) enum TapeMark {
    /// A task of that id begins: the agent works on the messages before it.
    TaskBegan { id: String },
    /// The current task has ended.
    TaskEnded { at: Option<String> },
    /// The current task is a review, with a separate context.
    ReviewBegan { at: Option<String>, line: u64 },
    /// The review of the current task has ended.
    ReviewEnded,
    /// An output that was recorded with its call is recorded again, as input of the next request.
    OutputAgain,
    /// The context was compacted.
    Compacted(Compaction),
}

/// A compaction.
#[derive(Debug)]
pub(in crate::format) struct Compaction {
    /// The summary stayed with the provider: the file holds a placeholder.
    pub(in crate::format) remote: bool,
    /// What the agent looks at in the summary, as far as the file holds it.
    pub(in crate::format) look: Look,
}

/// A message of the user or of the assistant.
#[derive(Debug)]
pub(in crate::format) struct RecordedMessage {
    /// Its spans, in order.
    pub(in crate::format) spans: Vec<Handle>,
    pub(in crate::format) is_from_user: bool,
    pub(in crate::format) look: Look,
}

/// What an agent looks at in a message when it decides what to keep, and what to quote in a
/// summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::format) struct Look {
    /// The message reports the system status, in one of the forms that the agent knows.
    pub(in crate::format) status: bool,
    /// The message has a text that does not report the system status.
    pub(in crate::format) has_text: bool,
    pub(in crate::format) image: bool,
    /// The message describes the whole environment.
    pub(in crate::format) environment: bool,
    /// The message describes what has changed in the environment.
    pub(in crate::format) environment_change: bool,
    pub(in crate::format) browser: bool,
    /// The message gives an automatic drive its goal.
    pub(in crate::format) goal: bool,
    /// The message asks the agent to fix the findings of a review.
    pub(in crate::format) follows_review: bool,
    /// The message hands back the findings of a review.
    pub(in crate::format) is_review_result: bool,
    /// The message is written for the beginning of a session, and is in no summary.
    pub(in crate::format) opening: bool,
    /// A summary that quotes the message reports the system status.
    pub(in crate::format) quotes_status: bool,
    /// Bytes of the message that a summary quotes.
    pub(in crate::format) quoted_bytes: u64,
}

/// What a usage event says besides its usage.
#[derive(Debug)]
pub(in crate::format) struct TaskReport {
    /// The id of the report's task; empty where the line names none.
    pub(in crate::format) task: String,
    /// The running sum began with this report.
    pub(in crate::format) begins_sum: bool,
}

/// An event with its frame.
#[derive(Deserialize)]
struct EventFrame<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

impl Rollout<'_> {
    /// Records something that happened before the next entry.
    pub(super) fn mark(&mut self, mark: TapeMark) {
        let at = self.history.entries().len();
        self.tape.marks.push((at, mark));
    }

    /// Records an event of the current task. `payload`: the event with its frame.
    pub(super) fn task_event(&mut self, line: u64, kind: &str, payload: &str) {
        let mark = match kind {
            "task_started" => TapeMark::TaskBegan { id: id(payload) },
            "task_complete" => TapeMark::TaskEnded {
                at: self.at.clone(),
            },
            "entered_review_mode" => TapeMark::ReviewBegan {
                at: self.at.clone(),
                line,
            },
            "exited_review_mode" => TapeMark::ReviewEnded,
            _ => return,
        };
        self.mark(mark);
    }

    /// Records that the entries since `from` are of a report of usage.
    pub(super) fn reported(&mut self, from: Handle, info: &Info, payload: &str) {
        let entries = self.history.entries();
        let mut added = (from..entries.len()).rev();
        let Some(request) =
            added.find(|handle| matches!(entries[*handle], ThreadEntry::Request(_)))
        else {
            return;
        };
        let begins_sum = match (info.sum, info.last) {
            (Some(sum), Some(last)) => sum.parts() == last.parts(),
            _ => false,
        };
        let task = id(payload);
        self.tape
            .reports
            .insert(request, TaskReport { task, begins_sum });
    }

    /// Records that the entries since `from` are of a message.
    pub(super) fn message_recorded(&mut self, from: Handle, role: Role, look: Look) {
        let entries = self.history.entries();
        let mut spans = Vec::new();
        for (handle, entry) in entries.iter().enumerate().skip(from) {
            if matches!(entry, ThreadEntry::Span(..)) {
                spans.push(handle);
            }
        }
        self.tape.messages.push(RecordedMessage {
            spans,
            is_from_user: role == Role::User,
            look,
        });
    }
}

/// What an agent with rules looks at in an item; `None` where it is no message of the user or of
/// the assistant.
pub(super) fn look(rules: Option<Rules>, kind: &str, found: &[FoundSpan]) -> Option<(Role, Look)> {
    let rules = rules?;
    let role = found.first()?.span.role;
    if kind != "message" || !matches!(role, Role::User | Role::Assistant) {
        return None;
    }
    let mut texts = Vec::new();
    let mut image = false;
    for found in found {
        match found.span.part {
            Part::Text => texts.push(found.text.as_str()),
            Part::Image => image = true,
            _ => {}
        }
    }
    let mut look = (rules.look)(&texts);
    look.image = image;
    Some((role, look))
}

/// The id of an event, which is that of its task; empty where there is none.
fn id(payload: &str) -> String {
    let Ok(EventFrame { id: Some(id) }) = serde_json::from_str(payload) else {
        return String::new();
    };
    let id: Cow<str> = serde_json::from_str(id.get()).unwrap_or_default();
    id.into_owned()
}
