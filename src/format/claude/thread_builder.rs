//! One thread of a Claude Code file while its lines are read (docs/formats.md 3.2).
//!
//! [`ThreadBuilder`] holds the history of the thread, and what later lines refer to. The modules
//! `messages`, `requests`, `attachments` and `compactions` add lines of each type to it; `finish`
//! turns it into a thread.

use std::collections::{BTreeSet, HashMap};

use super::FORMAT;
use super::ledger::LedgerStates;
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
pub(super) struct ThreadBuilder {
    pub(super) history: OpenThread,
    /// By message id, one request for each request id with which lines report this message.
    pub(super) by_message: HashMap<String, Vec<MessageRequest>>,
    /// The number of requests so far.
    pub(super) request_count: u32,
    /// Changes of the offers since the latest request.
    pub(super) offer_changes: OfferChanges,
    /// The start of the thread was taken from a line without content.
    start_is_provisional: bool,
    /// Calls of tools, by call id.
    pub(super) calls: ById<Box<Call>>,
    /// Events of started sub-agents, by the id of the call that started them.
    pub(super) spawns_by_call: ById<Handle>,
    /// Results of tools, by call id. A microcompaction, which removes single results from the
    /// context, names them by it.
    pub(super) results_by_call: ById<Vec<Handle>>,
    /// Spans, by the uuid of their line.
    pub(super) spans_by_line: ById<Vec<Handle>>,
    /// The state of the thread after each line, by the uuid of the line.
    states_by_line: ById<LineState>,
    /// The number of messages of the user so far.
    pub(super) prompt_count: u32,
    /// What the file records about requests besides the lines of the conversation.
    pub(super) recorded: RecordedRequests,
    /// The tree of lines, for the spans that a resumed session no longer sends.
    pub(super) resume: Resume,
    /// The states of the agent's ledger, its running totals of tokens by model.
    pub(super) ledger: LedgerStates,
    /// The latest request, with the usage of its first line: further lines of it come later.
    pub(super) latest: Option<(Handle, Request)>,
}

/// Changes of what the agent offers to the model: tools, sub-agents and instructions of servers.
#[derive(Default)]
pub(super) struct OfferChanges {
    /// The types of the attachments that report them.
    pub(super) kinds: BTreeSet<String>,
    /// The servers whose tools or instructions came or went.
    pub(super) servers: BTreeSet<String>,
}

/// The state of a thread after a line from which a later line may continue.
#[derive(Clone, Copy)]
pub(super) struct LineState {
    /// The number of entries so far.
    pub(super) entries: usize,
    pub(super) request_count: u32,
    pub(super) prompt_count: u32,
    /// The index of the line in [`Resume`]; `None` if the version leaves no spans behind.
    pub(super) resume_line: Option<u32>,
}

impl ThreadBuilder {
    /// Notes what a line says about its session: of each field, the first non-empty value is kept.
    pub(super) fn note_session(&mut self, session_line: &SessionLine, at: Option<&str>) {
        let session = &mut self.history.session;
        if session.session.is_empty() {
            let id = session_line.session_id.as_deref();
            session.session = id.unwrap_or_default().to_owned();
        }
        if session.agent.is_empty() {
            FORMAT.name.clone_into(&mut session.agent);
        }
        fill(&mut session.cwd, session_line.cwd.as_deref());
        fill(&mut session.branch, session_line.git_branch.as_deref());
        fill(&mut session.version, session_line.version.as_deref());
        self.resume.note_version(session_line.version.as_deref());
        fill(&mut session.provider, Some("anthropic"));
        if session.project.is_none()
            && let Some(cwd) = &session.cwd
        {
            session.project = project(cwd);
        }
        if let Some(at) = at {
            self.note_start(at, session_line.has_content());
        }
    }

    /// Notes the instant of a line, if the thread starts with it. A thread starts with the earliest
    /// of its lines that have content. The other lines are used only if no line has content,
    /// because a resume writes such lines, with later instants, at the front of the file.
    fn note_start(&mut self, at: &str, has_content: bool) {
        let started = &mut self.history.session.started;
        let is_earlier = started.as_deref().is_none_or(|started| at < started);
        let is_better = has_content && (self.start_is_provisional || is_earlier);
        if started.is_none() || is_better {
            *started = Some(at.to_owned());
            self.start_is_provisional = !has_content;
        }
    }

    /// The state of the thread after the line from which this one continues.
    pub(super) fn state_at_parent(&self, session_line: &SessionLine) -> Option<LineState> {
        let parent = session_line.parent_uuid.as_deref()?;
        self.states_by_line.get(parent).copied()
    }

    /// Saves the state of the thread after this line.
    pub(super) fn save_state(&mut self, session_line: &SessionLine) {
        let Some(uuid) = &session_line.uuid else {
            return;
        };
        let mut resume_line = None;
        if self.resume.applies() {
            let parent = self.state_at_parent(session_line);
            let parent = parent.and_then(|state| state.resume_line);
            resume_line = Some(self.resume.add_line(parent));
        }
        let state = LineState {
            entries: self.history.entries().len(),
            request_count: self.request_count,
            prompt_count: self.prompt_count,
            resume_line,
        };
        self.states_by_line.insert(uuid, state);
    }

    /// Adds a span of a line; returns its handle.
    pub(super) fn add_span(
        &mut self,
        line: &Line,
        session_line: &SessionLine,
        span: Span,
        made: Made,
    ) -> Handle {
        // The history takes the span, so its handle is used before it is returned.
        let handle = self.history.entries().len();
        self.recorded.known.add_span(line, &span, handle);
        self.resume.add_span(&span, handle);
        if let (Part::ToolOutput, Some(id)) = (span.part, &span.call_id) {
            self.results_by_call.of(id).push(handle);
        }
        if let Some(uuid) = &session_line.uuid {
            self.spans_by_line.of(uuid).push(handle);
        }
        self.history.push_span(span, made)
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
