//! One thread as it grows, line by line.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::content::Content;
use super::exact::Requests;
use super::line::{Attachment, Compaction, Entry, Message, Usage};
use super::{FORMAT, parse, terms};
use crate::format::call::Call;
use crate::format::history::{Handle, History, Made, References, project, unreported};
use crate::format::lines::Line;
use crate::format::{Wants, identity};
use crate::record::{Event, Part, Request, Role, Span, What};

/// One thread as it grows.
#[derive(Default)]
pub(super) struct Chain {
    pub(super) history: History,
    /// Requests by message and request id; whether any line told why the message stopped.
    requests: HashMap<(String, String), (Handle, bool)>,
    /// Their message ids.
    messages: HashSet<String>,
    calls: HashMap<String, Call>,
    /// Events of started agents, by call.
    spawns: HashMap<String, Handle>,
    /// Tool results and attachments by the ids that a microcompaction names.
    results: HashMap<String, Vec<Handle>>,
    /// Spans by the uuid of their line.
    lines: HashMap<String, Vec<Handle>>,
    /// How far the thread had come, by the uuid of the line it had come to.
    tips: HashMap<String, Tip>,
    /// Messages of the user so far.
    prompts: usize,
    /// When the first prompt was queued.
    pub(super) queued: Option<String>,
    /// What the file says of requests exactly.
    pub(super) requests_sent: Requests,
}

/// A point of the conversation that a later line may go on from.
#[derive(Clone, Copy)]
struct Tip {
    /// Entries before it.
    entries: usize,
    requests: usize,
    prompts: usize,
}

impl Chain {
    pub(super) fn session(&mut self, entry: &Entry, at: Option<&str>) {
        let session = &mut self.history.session;
        let first = |slot: &mut Option<String>, value: Option<&str>| {
            if slot.is_none() {
                *slot = value.filter(|value| !value.is_empty()).map(str::to_owned);
            }
        };
        if session.session.is_empty() {
            session.session = entry.session_id.as_deref().unwrap_or_default().to_owned();
        }
        first(&mut session.cwd, entry.cwd.as_deref());
        first(&mut session.branch, entry.git_branch.as_deref());
        first(&mut session.version, entry.version.as_deref());
        // A resumed file begins with the prompt that was queued for the resume, long after its first record.
        let started = if entry.kind == "queue-operation" { &mut self.queued } else { &mut session.started };
        first(started, at);
        first(&mut session.provider, Some("anthropic"));
        if session.project.is_none() {
            session.project = session.cwd.as_deref().and_then(project);
        }
        FORMAT.name.clone_into(&mut session.agent);
    }

    pub(super) fn assistant(
        &mut self,
        line: &Line,
        entry: &Entry,
        wants: Wants,
        at: Option<String>,
    ) -> Result<(), String> {
        let Some(message) = entry.message.map(|m| parse::<Message>(m.get())).transpose()? else { return Ok(()) };
        if message.model.as_deref() == Some("<synthetic>") {
            self.history.disk("assistant/synthetic", line.bytes.len());
            return Ok(());
        }
        let request = self.request(line, entry, &message, at.clone());
        let (Some(content), true) = (message.content, wants.spans) else { return Ok(()) };
        let template = Span { role: Role::Assistant, source: "assistant".into(), at, ..Span::default() };
        let mut blocks = Content { line, wants, template, found: Vec::new() };
        blocks.message(content, false, &|_| None);
        for span in blocks.found {
            let made = if span.part == Part::ToolOutput { Made::Input } else { Made::By(request) };
            self.called(&span, line);
            self.add(entry, span, made);
        }
        Ok(())
    }

    /// A request was refused for a limit of the provider.
    pub(super) fn refused(&mut self, line: &Line, at: Option<String>) {
        let (what, reason) = (What::RateLimit, Some("refused".to_owned()));
        let event = Event { what, reason, at, line: Some(line.number), ..Event::default() };
        self.history.event(event, References::default());
    }

    /// A call: remembered for its result; one that starts an agent is an event too (FORMATS 3.9).
    fn called(&mut self, span: &Span, line: &Line) {
        let (Part::ToolCall, Some(id), Some(tool)) = (span.part, &span.call_id, &span.tool) else { return };
        let call = Call::of(span);
        self.calls.insert(id.clone(), call);
        if matches!(tool.as_str(), "Task" | "Agent") {
            let event = Event {
                what: What::Spawn,
                call_id: Some(id.clone()),
                at: span.at.clone(),
                line: Some(line.number),
                ..Event::default()
            };
            let handle = self.history.event(event, References::default());
            self.spawns.insert(id.clone(), handle);
        }
    }

    /// The request of a message: of the usages that its lines repeat, the largest, field by field.
    fn request(&mut self, line: &Line, entry: &Entry, message: &Message, at: Option<String>) -> Handle {
        let id = message.id.as_deref().or(entry.uuid.as_deref()).map(str::to_owned);
        let id = id.unwrap_or_else(|| format!("{}:{}", self.history.session.session, line.number));
        let key = (id, entry.request_id.as_deref().unwrap_or_default().to_owned());
        let usage: Usage = message.usage.and_then(|usage| serde_json::from_str(usage.get()).ok()).unwrap_or_default();
        let stopped = message.stop_reason.is_some();
        if let Some((handle, told)) = self.requests.get_mut(&key) {
            *told |= stopped;
            let (handle, told) = (*handle, *told);
            if let Some(request) = self.history.request_mut(handle) {
                merge(request, usage, told);
                terms::told(request, message.usage);
            }
            return handle;
        }
        let is_new = self.messages.insert(key.0.clone());
        let response = if is_new { identity(&[&key.0]) } else { identity(&[&key.0, &key.1]) };
        let mut request = Request {
            at,
            key: Some(response),
            model: message.model.as_deref().map(str::to_owned),
            line: Some(line.number),
            ..Request::default()
        };
        merge(&mut request, usage, stopped);
        terms::told(&mut request, message.usage);
        let handle = self.history.request(request);
        self.requests.insert(key, (handle, stopped));
        handle
    }

    pub(super) fn user(&mut self, line: &Line, entry: &Entry, wants: Wants, at: Option<String>) -> Result<(), String> {
        if let Some(result) = entry.tool_use_result {
            self.history.disk("user/toolUseResult", result.get().len());
        }
        let Some(message) = entry.message.map(|m| parse::<Message>(m.get())).transpose()? else { return Ok(()) };
        let (Some(content), true) = (message.content, wants.spans) else { return Ok(()) };
        if entry.is_visible_in_transcript_only && !entry.is_compact_summary {
            self.history.disk("user/transcript", line.bytes.len());
            return Ok(());
        }
        let source = if entry.is_compact_summary { "compaction_summary" } else { "" };
        let template = Span { source: source.into(), at: at.clone(), ..Span::default() };
        let mut blocks = Content { line, wants, template, found: Vec::new() };
        blocks.message(content, entry.is_meta, &|id| self.calls.get(id).cloned());
        if blocks.found.iter().any(|span| span.source == "user" && span.role == Role::User) {
            self.rewound(line, entry, at.clone());
            self.prompts += 1;
        }
        for span in blocks.found {
            if span.source == "user" && span.role == Role::User {
                self.history.user_speaks(at.as_deref(), line.number);
            }
            if let Some(id) = span.call_id.as_deref().filter(|_| span.part == Part::ToolOutput) {
                self.returned(id, entry);
            }
            self.add(entry, span, Made::Input);
        }
        Ok(())
    }

    /// A message of the user that goes on from an earlier point leaves a dead branch behind: what
    /// was said since then is in no later context (FORMATS 3.2). Parallel calls fork the tree too,
    /// but within one response.
    fn rewound(&mut self, line: &Line, entry: &Entry, at: Option<String>) {
        let Some(tip) = entry.parent_uuid.as_deref().and_then(|uuid| self.tips.get(uuid)).copied() else { return };
        let left = self.requests.len() > tip.requests || self.prompts > tip.prompts;
        if left && let Some(back_to) = tip.entries.checked_sub(1) {
            let references = References { back_to: Some(back_to), ..References::default() };
            self.history.event(changed("rewind", line, at), references);
        }
    }

    /// Remembers how far the thread has come with this line.
    pub(super) fn mark(&mut self, entry: &Entry) {
        if let Some(uuid) = &entry.uuid {
            let entries = self.history.entries().len();
            let tip = Tip { entries, requests: self.requests.len(), prompts: self.prompts };
            self.tips.insert(uuid.to_string(), tip);
        }
    }

    /// What a started agent returned names its thread.
    fn returned(&mut self, call_id: &str, entry: &Entry) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Returned {
            agent_id: Option<String>,
        }
        let Some(handle) = self.spawns.get(call_id) else { return };
        let returned = entry.tool_use_result.and_then(|result| serde_json::from_str::<Returned>(result.get()).ok());
        if let (Some(event), Some(returned)) = (self.history.event_mut(*handle), returned) {
            event.child = returned.agent_id;
        }
    }

    pub(super) fn attached(
        &mut self,
        line: &Line,
        entry: &Entry,
        wants: Wants,
        at: Option<String>,
    ) -> Result<(), String> {
        let Some(attachment) = entry.attachment.map(|a| parse::<Attachment>(a.get())).transpose()? else {
            return Ok(());
        };
        if !wants.spans {
            return Ok(());
        }
        let mut texts = Content { line, wants, template: Span { at, ..Span::default() }, found: Vec::new() };
        if !texts.attachment(&attachment, entry.rendered) {
            self.history.disk(&format!("attachment/{}", attachment.kind), line.bytes.len());
        }
        for span in texts.found {
            self.add(entry, span, Made::Input);
        }
        Ok(())
    }

    fn add(&mut self, entry: &Entry, span: Span, made: Made) {
        let id = span.call_id.clone().filter(|_| span.part == Part::ToolOutput);
        let handle = self.history.span(span, made);
        if let Some(uuid) = &entry.uuid {
            self.lines.entry(uuid.to_string()).or_default().push(handle);
        }
        if let Some(id) = id {
            self.results.entry(id).or_default().push(handle);
        }
    }

    /// A compaction clears the context, but for what it says it preserved; the summary follows as
    /// a user line. Its own request is not in the file (FORMATS 3.8).
    pub(super) fn compacted(&mut self, line: &Line, entry: &Entry, at: Option<String>) {
        let data = metadata(entry.compact_metadata);
        let keep =
            data.preserved_messages.uuids.iter().filter_map(|uuid| self.lines.get(uuid)).flatten().copied().collect();
        self.history.request(unreported(at.clone(), None, None));
        let event = Event { clear: true, ..changed("compaction", line, at) };
        self.history.event(event, References { keep, ..References::default() });
    }

    pub(super) fn microcompacted(&mut self, line: &Line, entry: &Entry, at: Option<String>) {
        let data = metadata(entry.microcompact_metadata);
        let results = data.compacted_tool_ids.iter().filter_map(|id| self.results.get(id));
        let attachments = data.cleared_attachment_uuids.iter().filter_map(|uuid| self.lines.get(uuid));
        let drop = results.chain(attachments).flatten().copied().collect();
        self.history.event(changed("microcompaction", line, at), References { drop, ..References::default() });
    }
}

pub(super) fn changed(reason: &str, line: &Line, at: Option<String>) -> Event {
    Event { what: What::Context, reason: Some(reason.into()), at, line: Some(line.number), ..Event::default() }
}

fn metadata(value: Option<&RawValue>) -> Compaction {
    value.and_then(|value| serde_json::from_str(value.get()).ok()).unwrap_or_default()
}

/// One more line reports the request: what a plain sum of the lines would make of it.
fn reported(request: &mut Request, output: u64) {
    let Some(before) = request.output_tokens else { return };
    let reports = request.reports.unwrap_or(1);
    let together = request.reported_output_tokens.unwrap_or(before.saturating_mul(reports)).saturating_add(output);
    let reports = reports.saturating_add(1);
    request.reports = Some(reports);
    let same = before.max(output).saturating_mul(reports) == together;
    request.reported_output_tokens = (!same).then_some(together);
}

/// Takes the larger of what a request has and what another line of its message says.
fn merge(request: &mut Request, usage: Usage, stopped: bool) {
    reported(request, usage.output_tokens);
    let write = usage.cache_creation_input_tokens;
    let input = usage.input_tokens.saturating_add(write).saturating_add(usage.cache_read_input_tokens);
    let hour = usage.cache_creation.map_or(0, |creation| creation.ephemeral_1h_input_tokens.min(write));
    let larger = |slot: &mut Option<u64>, value: u64| *slot = Some(slot.unwrap_or(0).max(value));
    larger(&mut request.input_tokens, input);
    larger(&mut request.cache_read_tokens, usage.cache_read_input_tokens);
    larger(&mut request.cache_write_tokens, write);
    larger(&mut request.output_tokens, usage.output_tokens);
    if hour > 0 {
        larger(&mut request.cache_write_1h_tokens, hour);
    }
    if let Some(details) = usage.output_tokens_details {
        larger(&mut request.reasoning_tokens, details.thinking_tokens);
    }
    request.output_known = (!stopped).then_some(false);
}
