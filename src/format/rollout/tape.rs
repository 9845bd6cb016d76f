//! The tape: what a rollout tells beside its entries, and where among them.
//!
//! One agent writes its events and its items with two writers, so that the order of its lines is
//! not that of what happened, and drops messages by rules of its own (docs/formats.md 2.7, 2.8).
//! The reader keeps here what such rules look at: when a task began and ended, which report is of
//! which task, which output was recorded again, what a message is like. What follows from it is the
//! agent's own: its [`Dialect`](super::Dialect) names the function that puts the entries in order.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Rollout;
use super::item::Found;
use super::usage::Info;
use crate::format::history::{Entry, Handle};
use crate::record::{Part, Role};

/// How an agent's entries come into their order.
#[derive(Clone, Copy)]
pub(in crate::format) struct Rules {
    /// Says what the agent looks at in a message of these texts.
    pub(in crate::format) look: fn(texts: &[&str]) -> Look,
    /// Whether the first message of a session may be the errand of an agent that another started.
    pub(in crate::format) is_errand: fn(text: &str) -> bool,
    /// Finds the results of agents in the output of a call.
    pub(in crate::format) results: fn(output: &str) -> Results,
    /// How many findings the result of a review tells that is handed back.
    pub(in crate::format) findings: fn(text: &str) -> Option<u64>,
    /// Whether a thread is nothing but a review.
    pub(in crate::format) is_review: fn(tape: &Tape) -> bool,
    /// Puts the entries in order; entries that are put in get handles after all others.
    pub(in crate::format) settle: fn(told: Told) -> Vec<(Handle, Entry)>,
}

/// Results of agents in the output of a call.
#[derive(Default)]
pub(in crate::format) struct Results {
    /// Where they begin and end, as byte offsets: another output may have the same.
    pub(in crate::format) cuts: Vec<usize>,
    /// The file that has the first of them whole.
    pub(in crate::format) file: Option<String>,
}

/// Entries in the order of the file, and what the file tells beside them.
pub(in crate::format) struct Told {
    pub(in crate::format) entries: Vec<Entry>,
    pub(in crate::format) tape: Tape,
}

/// What the file tells beside its entries.
#[derive(Default)]
pub(in crate::format) struct Tape {
    /// What happened, each with the handle of the entry before which it stands.
    pub(in crate::format) marks: Vec<(Handle, Mark)>,
    /// Messages of user and assistant, in order.
    pub(in crate::format) messages: Vec<Message>,
    /// Reports of usage, by the handle of their request.
    pub(in crate::format) reports: HashMap<Handle, Report>,
    /// Entries before this one are documents that every request carries.
    pub(in crate::format) documents_end: Handle,
}

/// Something that happened.
#[derive(Debug)]
pub(in crate::format) enum Mark {
    /// A task of that id begins: the agent works on what was said before.
    TaskBegan { id: String },
    /// The task at hand has ended.
    TaskEnded { at: Option<String> },
    /// The task at hand is a review, with a context of its own.
    ReviewBegan { at: Option<String>, line: u64 },
    /// It is none any more.
    ReviewEnded,
    /// An output that was recorded with its call is recorded again, as input of the next request.
    OutputAgain,
    /// The context was compacted.
    Compacted(Compacted),
}

/// A compaction.
#[derive(Debug)]
pub(in crate::format) struct Compacted {
    /// The summary stayed with the provider: the file holds a word in its place.
    pub(in crate::format) remote: bool,
    /// What the file holds of the summary.
    pub(in crate::format) look: Look,
}

/// A message of the user or of the assistant.
#[derive(Debug)]
pub(in crate::format) struct Message {
    /// Its spans, in order.
    pub(in crate::format) spans: Vec<Handle>,
    pub(in crate::format) is_users: bool,
    pub(in crate::format) look: Look,
}

/// What an agent looks at in a message when it decides what to keep, and what to quote in a
/// summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::format) struct Look {
    /// It tells of the state of the system, in any of the ways that the agent knows.
    pub(in crate::format) status: bool,
    /// A text of it says something else.
    pub(in crate::format) says: bool,
    pub(in crate::format) image: bool,
    /// It tells the environment in full, or what has changed of it.
    pub(in crate::format) environment: bool,
    pub(in crate::format) environment_change: bool,
    pub(in crate::format) browser: bool,
    /// It tells an automatic drive what to do.
    pub(in crate::format) goal: bool,
    /// It hands the findings of a review to the agent, to be mended.
    pub(in crate::format) follows_review: bool,
    /// It hands back what a review has found.
    pub(in crate::format) review: bool,
    /// It is written for the beginning of a session, and in no summary.
    pub(in crate::format) opening: bool,
    /// A summary that quotes it tells of the state of the system.
    pub(in crate::format) quotes_status: bool,
    /// Bytes of it that a summary quotes.
    pub(in crate::format) quoted_bytes: u64,
}

/// What a report says beside its usage.
#[derive(Debug)]
pub(in crate::format) struct Report {
    /// The id of its task; empty where the line names none.
    pub(in crate::format) task: String,
    /// The running sum began with it.
    pub(in crate::format) begins_sum: bool,
}

/// An event with its frame.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

impl Rollout<'_> {
    /// Something happened here.
    pub(super) fn mark(&mut self, mark: Mark) {
        let at = self.history.entries().len();
        self.tape.marks.push((at, mark));
    }

    /// An event tells what happens to the task at hand. `payload` is the event with its frame.
    pub(super) fn task_event(&mut self, line: u64, kind: &str, payload: &str) {
        let at = || self.at.clone();
        let mark = match kind {
            "task_started" => Mark::TaskBegan { id: id(payload) },
            "task_complete" => Mark::TaskEnded { at: at() },
            "entered_review_mode" => Mark::ReviewBegan { at: at(), line },
            "exited_review_mode" => Mark::ReviewEnded,
            _ => return,
        };
        self.mark(mark);
    }

    /// The entries since `from` are of a report of usage.
    pub(super) fn reported(&mut self, from: Handle, info: &Info, payload: &str) {
        let added = self.history.entries().iter().enumerate().skip(from);
        let request = added
            .filter(|(_, entry)| matches!(entry, Entry::Request(_)))
            .map(|(handle, _)| handle)
            .next_back();
        if let Some(handle) = request {
            let begins_sum = info
                .sum
                .zip(info.last)
                .is_some_and(|(sum, last)| sum.parts() == last.parts());
            self.tape.reports.insert(
                handle,
                Report {
                    task: id(payload),
                    begins_sum,
                },
            );
        }
    }

    /// The entries since `from` are of a message, whose texts and images are these.
    pub(super) fn message_recorded(&mut self, from: Handle, role: Role, look: Look) {
        let added = self.history.entries().iter().enumerate().skip(from);
        let spans = added
            .filter(|(_, entry)| matches!(entry, Entry::Span(..)))
            .map(|(handle, _)| handle)
            .collect();
        self.tape.messages.push(Message {
            spans,
            is_users: role == Role::User,
            look,
        });
    }
}

/// What an agent looks at in a message, where anybody asks and it is one of user or assistant.
pub(super) fn look(rules: Option<Rules>, kind: &str, found: &[Found]) -> Option<(Role, Look)> {
    let role = found
        .first()
        .map(|found| found.span.role)
        .filter(|role| matches!(role, Role::User | Role::Assistant));
    let (rules, role) = rules.zip(role.filter(|_| kind == "message"))?;
    let texts: Vec<&str> = found
        .iter()
        .filter(|found| found.span.part == Part::Text)
        .map(|found| found.text.as_str())
        .collect();
    let image = found.iter().any(|found| found.span.part == Part::Image);
    Some((
        role,
        Look {
            image,
            ..(rules.look)(&texts)
        },
    ))
}

/// The id of an event: that of its task.
fn id(payload: &str) -> String {
    let id = serde_json::from_str::<Frame>(payload)
        .ok()
        .and_then(|frame| frame.id);
    let id: Option<Cow<str>> = id.and_then(|id| serde_json::from_str(id.get()).ok());
    id.unwrap_or_default().into_owned()
}
