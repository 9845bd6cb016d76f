//! Lines of user and assistant: their content becomes spans, in the order of the file
//! (docs/formats.md 3.3, 3.6).
//!
//! This file turns lines into calls of [`ThreadBuilder`] and knows what a line of each role may
//! mean besides its content. The blocks of a content are read in `content`.

use serde::Deserialize;

use super::content::ContentReader;
use super::line::{ApiMessage, SessionLine};
use super::thread_builder::ThreadBuilder;
use super::{mark, parse};
use crate::format::call::Call;
use crate::format::history::{Handle, Made, References};
use crate::format::lines::{Line, Why};
use crate::format::reader::Wants;
use crate::record::{Event, Part, Role, Span, What};

impl ThreadBuilder {
    /// Takes a line of the type `assistant`.
    pub(super) fn take_assistant_line(
        &mut self,
        line: &Line,
        session_line: &SessionLine,
        wants: Wants,
        at: Option<String>,
    ) -> Result<(), Why> {
        let Some(message) = session_line.message else {
            return Ok(());
        };
        let message: ApiMessage = parse(message.get())?;
        if message.model.as_deref() == Some("<synthetic>") {
            self.history
                .count_disk("assistant/synthetic", line.bytes.len());
            return Ok(());
        }
        let request = self.request_of_message(line, session_line, &message, at.clone());
        let (Some(content), true) = (message.content, wants.spans) else {
            return Ok(());
        };
        if let Some(id) = &session_line.request_ref {
            self.index_log(wants);
            let listed = self.recorded.listed.entry(request);
            listed.or_insert_with(|| id.to_string());
        }
        let template = Span {
            role: Role::Assistant,
            source: "assistant".into(),
            at,
            ..Span::default()
        };
        let mut blocks = ContentReader {
            line,
            wants,
            template,
            found: Vec::new(),
        };
        blocks.read_message(content, false, &|_| None);
        let calls = blocks.found.iter().any(|span| span.part == Part::ToolCall);
        let spans = self.answer_spans(line, session_line, request, blocks.found);
        self.resume.note_message(!calls);
        let id = message.id.as_deref().or(session_line.uuid.as_deref());
        let known = &mut self.recorded.known;
        known.add_answer_line(id.unwrap_or_default(), content, &spans);
        Ok(())
    }

    /// Adds the spans of a response. The output of a tool that the provider ran within the response
    /// is input.
    fn answer_spans(
        &mut self,
        line: &Line,
        session_line: &SessionLine,
        request: Handle,
        found: Vec<Span>,
    ) -> Vec<Handle> {
        let mut spans = Vec::with_capacity(found.len());
        for mut span in found {
            let mut made = Made::By(request);
            if span.part == Part::ToolOutput {
                made = Made::Input;
                span.detail = Some("within".into());
            }
            self.note_call(&span, line);
            spans.push(self.add_span(line, session_line, span, made));
        }
        spans
    }

    /// Adds the event of a request that the provider refused for a limit.
    pub(super) fn add_refusal(&mut self, line: &Line, at: Option<String>) {
        let event = Event {
            what: What::RateLimit,
            reason: Some("refused".to_owned()),
            at,
            line: Some(line.number),
            ..Event::default()
        };
        self.history.push_event(event, References::default());
    }

    /// Keeps a call, so that its result can refer to it. A call that starts a sub-agent also adds
    /// an event (docs/formats.md 3.13).
    fn note_call(&mut self, span: &Span, line: &Line) {
        let (Part::ToolCall, Some(id), Some(tool)) = (span.part, &span.call_id, &span.tool) else {
            return;
        };
        self.calls.insert(id, Box::new(Call::of(span)));
        if matches!(tool.as_str(), "Task" | "Agent") {
            let event = Event {
                what: What::Spawn,
                call_id: Some(id.clone()),
                at: span.at.clone(),
                line: Some(line.number),
                ..Event::default()
            };
            let handle = self.history.push_event(event, References::default());
            self.spawns_by_call.insert(id, handle);
        }
    }

    /// Takes a line of the type `user`: a prompt, results of tools, or a text of the program.
    pub(super) fn take_user_line(
        &mut self,
        line: &Line,
        session_line: &SessionLine,
        wants: Wants,
        at: Option<String>,
    ) -> Result<(), Why> {
        if let Some(result) = session_line.tool_use_result {
            self.history
                .count_disk("user/toolUseResult", result.get().len());
        }
        let Some(message) = session_line.message else {
            return Ok(());
        };
        let message: ApiMessage = parse(message.get())?;
        let (Some(content), true) = (message.content, wants.spans) else {
            return Ok(());
        };
        if session_line.is_visible_in_transcript_only && !session_line.is_compact_summary {
            self.history.count_disk("user/transcript", line.bytes.len());
            return Ok(());
        }
        let mut template = Span {
            at: at.clone(),
            ..Span::default()
        };
        if session_line.is_compact_summary {
            template.source = "compaction_summary".into();
        }
        let mut blocks = ContentReader {
            line,
            wants,
            template,
            found: Vec::new(),
        };
        let calls = &self.calls;
        blocks.read_message(content, session_line.is_meta, &|id| {
            calls.get(id).map(|call| Call::clone(call))
        });
        if blocks.found.iter().any(is_prompt) {
            self.take_prompt(line, session_line, at.clone());
        }
        self.resume.note_message(false);
        let spans = self.user_spans(line, session_line, at.as_deref(), blocks.found);
        self.recorded.known.add_user_line(content, &spans);
        Ok(())
    }

    /// Adds the spans of a line of the user role.
    fn user_spans(
        &mut self,
        line: &Line,
        session_line: &SessionLine,
        at: Option<&str>,
        found: Vec<Span>,
    ) -> Vec<Handle> {
        let mut spans = Vec::with_capacity(found.len());
        for span in found {
            if is_prompt(&span) {
                self.history.begin_turn_if_due(at, line.number);
            }
            if let (Part::ToolOutput, Some(id)) = (span.part, &span.call_id) {
                self.note_agent_result(id, session_line);
            }
            spans.push(self.add_span(line, session_line, span, Made::Input));
        }
        spans
    }

    /// Takes a prompt of the user, before its spans are added.
    fn take_prompt(&mut self, line: &Line, session_line: &SessionLine, at: Option<String>) {
        self.add_rewind(line, session_line, at);
        self.prompt_count = self.prompt_count.saturating_add(1);
        let parent = self
            .state_at_parent(session_line)
            .and_then(|state| state.resume_line);
        self.resume.take_prompt(parent);
    }

    /// Adds an event if a prompt continues from an earlier line: the messages since that line are a
    /// dead branch, which is in no later context (docs/formats.md 3.2). Parallel calls fork the
    /// tree too, but within one response, so a fork counts only with a request or prompt after the
    /// line.
    fn add_rewind(&mut self, line: &Line, session_line: &SessionLine, at: Option<String>) {
        let Some(state) = self.state_at_parent(session_line) else {
            return;
        };
        let left =
            self.request_count > state.request_count || self.prompt_count > state.prompt_count;
        if left && let Some(back_to) = state.entries.checked_sub(1) {
            let references = References {
                back_to: Some(back_to),
                ..References::default()
            };
            let event = Event::context("rewind", at, Some(line.number));
            self.history.push_event(event, references);
        }
    }

    /// Notes the thread of a sub-agent, which the result of the call that started it names.
    fn note_agent_result(&mut self, call_id: &str, session_line: &SessionLine) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct AgentResult {
            agent_id: Option<String>,
        }
        let (Some(handle), Some(result)) = (
            self.spawns_by_call.get(call_id),
            session_line.tool_use_result,
        ) else {
            return;
        };
        if let Ok(result) = serde_json::from_str::<AgentResult>(result.get())
            && let Some(event) = self.history.event_mut(*handle)
        {
            event.child = result.agent_id;
        }
    }
}

/// Whether a span is a text that the user typed.
fn is_prompt(span: &Span) -> bool {
    span.source == mark::USER && span.role == Role::User
}
