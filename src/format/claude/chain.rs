//! One thread of a Claude Code file while its lines come in.
//!
//! [`Chain`] holds what the lines have said so far. How lines of each type change it is in
//! `messages`, `attachments` and `compactions`; its requests are in `requests`, its end is in
//! `finish`.

use std::collections::{BTreeSet, HashMap};

use super::FORMAT;
use super::ledger::States;
use super::line::SessionLine;
use super::message_request::MessageRequest;
use super::recorded::RecordedRequests;
use super::resume::Resume;
use crate::format::call::Call;
use crate::format::history::{Handle, Made, OpenThread, project};
use crate::format::ids::ById;
use crate::format::lines::Line;
use crate::record::{Part, Request, Span};

/// One thread: its history, and what later lines refer to.
#[derive(Default)]
pub(super) struct Chain {
    pub(super) history: OpenThread,
    /// Requests by the id of their message: one for each request id.
    pub(super) by_message: HashMap<String, Vec<MessageRequest>>,
    /// The number of requests so far.
    pub(super) requests: u32,
    /// Kinds of changes in what the agent offers since the latest request, and their servers.
    pub(super) changes: (BTreeSet<String>, BTreeSet<String>),
    /// The start of the thread was taken from a line without content.
    started_aside: bool,
    /// Calls of tools, by their ids.
    pub(super) calls: ById<Box<Call>>,
    /// Events of started agents, by call.
    pub(super) spawns: ById<Handle>,
    /// Tool results by the ids that a microcompaction names.
    pub(super) results: ById<Vec<Handle>>,
    /// Spans by the uuid of their line.
    pub(super) lines: ById<Vec<Handle>>,
    /// The state of the thread after each line, by the line's uuid.
    pub(super) tips: ById<Tip>,
    /// Messages of the user so far.
    pub(super) prompts: u32,
    /// What the file records about requests beyond the lines of the conversation.
    pub(super) recorded: RecordedRequests,
    /// The spans that a resumed session leaves behind.
    pub(super) resume: Resume,
    /// States of the agent's ledger.
    pub(super) ledger: States,
    /// The latest request, with the figures of its first line.
    pub(super) latest: Option<(Handle, Request)>,
}

/// The state of a thread after a line that a later line may continue from.
#[derive(Clone, Copy)]
pub(super) struct Tip {
    /// Entries so far.
    pub(super) entries: usize,
    pub(super) requests: u32,
    pub(super) prompts: u32,
    /// The number of the line in [`Resume`].
    pub(super) line: Option<u32>,
}

impl Chain {
    /// Takes what a line says about its session; the first line that names a thing counts.
    pub(super) fn session(&mut self, entry: &SessionLine, at: Option<&str>) {
        let session = &mut self.history.session;
        if session.session.is_empty() {
            session.session = entry.session_id.as_deref().unwrap_or_default().to_owned();
        }
        fill(&mut session.cwd, entry.cwd.as_deref());
        fill(&mut session.branch, entry.git_branch.as_deref());
        fill(&mut session.version, entry.version.as_deref());
        self.resume.version(entry.version.as_deref());
        fill(&mut session.provider, Some("anthropic"));
        if session.project.is_none()
            && let Some(cwd) = &session.cwd
        {
            session.project = project(cwd);
        }
        FORMAT.name.clone_into(&mut session.agent);
        if let Some(at) = at {
            self.started(at, entry.has_content());
        }
    }

    /// A thread starts with the earliest of its lines that have content. Lines without content
    /// count only in a thread that has no other: a resume writes later ones in front.
    fn started(&mut self, at: &str, has_content: bool) {
        let started = &mut self.history.session.started;
        let earlier = started.as_deref().is_none_or(|started| at < started);
        if started.is_none() || has_content && (self.started_aside || earlier) {
            *started = Some(at.to_owned());
            self.started_aside = !has_content;
        }
    }

    /// The state of the thread after the line that this one continues from.
    pub(super) fn parent(&self, entry: &SessionLine) -> Option<Tip> {
        self.tips.get(entry.parent_uuid.as_deref()?).copied()
    }

    /// Notes the state of the thread after this line.
    pub(super) fn mark(&mut self, entry: &SessionLine) {
        let Some(uuid) = &entry.uuid else { return };
        let mut line = None;
        if self.resume.applies() {
            let parent = self.parent(entry).and_then(|tip| tip.line);
            line = Some(self.resume.line(parent));
        }
        let tip = Tip {
            entries: self.history.entries().len(),
            requests: self.requests,
            prompts: self.prompts,
            line,
        };
        self.tips.insert(uuid, tip);
    }

    /// Adds a span of a line.
    pub(super) fn add(
        &mut self,
        line: &Line,
        entry: &SessionLine,
        span: Span,
        made: Made,
    ) -> Handle {
        let handle = self.history.entries().len();
        self.recorded.known.span(line, &span, handle);
        self.resume.span(&span, handle);
        if let (Part::ToolOutput, Some(id)) = (span.part, &span.call_id) {
            self.results.of(id).push(handle);
        }
        if let Some(uuid) = &entry.uuid {
            self.lines.of(uuid).push(handle);
        }
        self.history.span(span, made)
    }
}

/// Fills an empty field; an empty value is none.
fn fill(field: &mut Option<String>, value: Option<&str>) {
    if let (None, Some(value)) = (&field, value)
        && !value.is_empty()
    {
        *field = Some(value.to_owned());
    }
}
