//! Claude Code: one line per content block, a message's usage repeated on each (FORMATS 3).
//!
//! Lines become spans in the order of the file; the lines of one message, told by message and
//! request id, are one request, which stands before the first of them and holds the largest of the
//! usages they repeat. Side chains in a file are threads of their own. What a tool returned to the
//! program (`toolUseResult`), progress and snapshots were never sent and are summed as `disk`.

mod content;
mod line;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::call::Call;
use super::history::{Handle, History, Layout, Made, References, Thread, project, unreported};
use super::lines::Line;
use super::{Answer, Format, Reader, Source, Wants, identity, time};
use crate::record::{Event, Kind, Part, Request, Role, Span, What};
use content::Content;
use line::{Attachment, Compaction, Entry, Message, Usage};

/// The table line.
pub(super) const FORMAT: Format = Format {
    name: "claude",
    recognise,
    reader: |source| Box::new(Claude::new(source)),
    thread_id: |_| None,
    sidecars: &["history.jsonl"],
};

/// Types of lines that only these files have.
const TYPES: &[&str] = &[
    "assistant",
    "user",
    "system",
    "progress",
    "attachment",
    "summary",
    "file-history-snapshot",
    "queue-operation",
    "last-prompt",
    "ai-title",
    "custom-title",
    "mode",
    "permission-mode",
    "pr-link",
    "agent-name",
    "frame-link",
    "api-request",
    "api-request-shape",
    "api-request-blob",
    "cost-state",
    "tools-used",
    "atis-latch",
];

/// A session has lines of user or assistant with the content of a message; other types of lines
/// may stand before them.
fn recognise(head: &[&str], complete: bool) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Head<'a> {
        #[serde(rename = "type", default)]
        kind: String,
        #[serde(borrow)]
        message: Option<Said<'a>>,
    }
    #[derive(Deserialize)]
    struct Said<'a> {
        #[serde(borrow)]
        content: Option<&'a RawValue>,
    }
    let mut known = 0;
    for line in head {
        let Ok(head) = serde_json::from_str::<Head>(line) else { continue };
        if !TYPES.contains(&&*head.kind) {
            return Answer::No;
        }
        known += 1;
        let said = head.message.is_some_and(|message| message.content.is_some());
        if said && matches!(&*head.kind, "user" | "assistant") {
            return Answer::Yes;
        }
    }
    match (known, complete) {
        (0, true) => Answer::No,
        (_, true) if head.iter().any(|line| line.contains("\"sessionId\"") || line.contains("\"leafUuid\"")) => {
            Answer::Yes
        }
        (_, true) => Answer::No,
        _ => Answer::NeedMore,
    }
}

struct Claude<'s> {
    source: Source<'s>,
    /// The file's own thread first, then its side chains in the order they begin.
    threads: Vec<Chain>,
    /// To which side chain a line belongs, by its uuid.
    side_of: HashMap<String, usize>,
    /// To which side chain an agent belongs, by its id.
    agent_of: HashMap<String, usize>,
}

/// One thread as it grows.
#[derive(Default)]
struct Chain {
    history: History,
    /// Requests by message and request id; whether any line told why the message stopped.
    requests: HashMap<(String, String), (Handle, bool)>,
    calls: HashMap<String, Call>,
    /// Events of started agents, by call.
    spawns: HashMap<String, Handle>,
    /// Tool results and attachments by the ids that a microcompaction names.
    results: HashMap<String, Vec<Handle>>,
    /// Spans by the uuid of their line.
    lines: HashMap<String, Vec<Handle>>,
}

impl<'s> Claude<'s> {
    fn new(source: Source<'s>) -> Claude<'s> {
        Claude { source, threads: Vec::new(), side_of: HashMap::new(), agent_of: HashMap::new() }
    }

    /// Finds the thread that a line belongs to; side chains begin where their first line stands.
    fn chain(&mut self, entry: &Entry) -> &mut Chain {
        if self.threads.is_empty() {
            self.threads.push(Chain::default());
        }
        let mut index = 0;
        if entry.is_sidechain {
            let by_agent = entry.agent_id.as_deref().and_then(|id| self.agent_of.get(id));
            let by_parent = entry.parent_uuid.as_deref().and_then(|id| self.side_of.get(id));
            index = match by_agent.or(by_parent) {
                Some(index) => *index,
                None => {
                    self.threads.push(side_chain(entry));
                    self.threads.len() - 1
                }
            };
            if let Some(id) = &entry.agent_id {
                self.agent_of.insert(id.to_string(), index);
            }
            if let Some(id) = &entry.uuid {
                self.side_of.insert(id.to_string(), index);
            }
        }
        // The index is that of a thread pushed before: the fallback is never taken.
        let last = self.threads.len() - 1;
        &mut self.threads[index.min(last)]
    }
}

/// A sub-agent's thread: its own id where it has one, else that of its first line.
fn side_chain(entry: &Entry) -> Chain {
    let mut chain = Chain::default();
    let session = &mut chain.history.session;
    session.kind = match entry.agent_id.as_deref() {
        Some(id) if id.starts_with("acompact") => Kind::Compaction,
        _ => Kind::Subagent,
    };
    session.session = entry.agent_id.as_deref().or(entry.uuid.as_deref()).unwrap_or_default().to_owned();
    session.parent = entry.session_id.as_deref().map(str::to_owned);
    session.root.clone_from(&session.parent);
    chain
}

impl Chain {
    fn session(&mut self, entry: &Entry, at: Option<&str>) {
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
        first(&mut session.started, at);
        first(&mut session.provider, Some("anthropic"));
        session.project = session.cwd.as_deref().and_then(project);
        FORMAT.name.clone_into(&mut session.agent);
    }

    fn assistant(&mut self, line: &Line, entry: &Entry, wants: Wants, at: Option<String>) -> Result<(), String> {
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

    /// A call: remembered for its result; one that starts an agent is an event too (FORMATS 3.9).
    fn called(&mut self, span: &Span, line: &Line) {
        let (Part::ToolCall, Some(id), Some(tool)) = (span.part, &span.call_id, &span.tool) else { return };
        let call = Call {
            tool: tool.clone(),
            server: span.server.clone(),
            wire_name: span.wire_name.clone(),
            command: span.command.clone(),
            target: span.target.clone(),
        };
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
            }
            return handle;
        }
        let again = self.requests.keys().any(|(known, _)| *known == key.0);
        let response = if again { identity(&[&key.0, &key.1]) } else { identity(&[&key.0]) };
        let mut request = Request {
            at,
            key: Some(response),
            model: message.model.as_deref().map(str::to_owned),
            line: Some(line.number),
            ..Request::default()
        };
        merge(&mut request, usage, stopped);
        let handle = self.history.request(request);
        self.requests.insert(key, (handle, stopped));
        handle
    }

    fn user(&mut self, line: &Line, entry: &Entry, wants: Wants, at: Option<String>) -> Result<(), String> {
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

    fn attached(&mut self, line: &Line, entry: &Entry, wants: Wants, at: Option<String>) -> Result<(), String> {
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
    fn compacted(&mut self, line: &Line, entry: &Entry, at: Option<String>) {
        let data = metadata(entry.compact_metadata);
        let keep =
            data.preserved_messages.uuids.iter().filter_map(|uuid| self.lines.get(uuid)).flatten().copied().collect();
        self.history.request(unreported(at.clone(), None, None));
        let event = Event { clear: true, ..changed("compaction", line, at) };
        self.history.event(event, References { keep, ..References::default() });
    }

    fn microcompacted(&mut self, line: &Line, entry: &Entry, at: Option<String>) {
        let data = metadata(entry.microcompact_metadata);
        let results = data.compacted_tool_ids.iter().filter_map(|id| self.results.get(id));
        let attachments = data.cleared_attachment_uuids.iter().filter_map(|uuid| self.lines.get(uuid));
        let drop = results.chain(attachments).flatten().copied().collect();
        self.history.event(changed("microcompaction", line, at), References { drop, ..References::default() });
    }
}

fn changed(reason: &str, line: &Line, at: Option<String>) -> Event {
    Event { what: What::Context, reason: Some(reason.into()), at, line: Some(line.number), ..Event::default() }
}

fn metadata(value: Option<&RawValue>) -> Compaction {
    value.and_then(|value| serde_json::from_str(value.get()).ok()).unwrap_or_default()
}

/// Takes the larger of what a request has and what another line of its message says.
fn merge(request: &mut Request, usage: Usage, stopped: bool) {
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

impl Reader for Claude<'_> {
    fn take(&mut self, line: &Line) -> Result<(), String> {
        let entry: Entry = parse(line.json)?;
        let wants = self.source.wants;
        let at = entry.timestamp.as_deref().and_then(time::instant);
        let chain = self.chain(&entry);
        chain.session(&entry, at.as_deref());
        match (&*entry.kind, entry.subtype.as_deref()) {
            ("assistant", _) => chain.assistant(line, &entry, wants, at)?,
            ("user", _) => chain.user(line, &entry, wants, at)?,
            ("attachment", _) => chain.attached(line, &entry, wants, at)?,
            ("system", Some("compact_boundary")) if wants.spans => chain.compacted(line, &entry, at),
            ("system", Some("microcompact_boundary")) if wants.spans => chain.microcompacted(line, &entry, at),
            (kind, Some(subtype)) => chain.history.disk(&format!("{kind}/{subtype}"), line.bytes.len()),
            (kind, None) => chain.history.disk(kind, line.bytes.len()),
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Vec<Thread> {
        let path = self.source.path;
        let whole = self.threads.iter().enumerate();
        let used: Vec<bool> = whole.map(|(n, chain)| n == 0 || !chain.history.is_empty()).collect();
        let only_side = self.threads.len() > 1 && self.threads.first().is_some_and(|main| main.history.is_empty());
        let chains = self.threads.into_iter().zip(used).skip(usize::from(only_side));
        chains
            .filter(|(_, used)| *used)
            .map(|(mut chain, _)| {
                let session = &mut chain.history.session.session;
                if session.is_empty() {
                    // The oldest and the hand-made files have no ids: the name of the file is one.
                    session.push_str(path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or(path));
                }
                let thread = identity(&[session, path]);
                let thread = thread.get(..12).unwrap_or(&thread).to_owned();
                chain.history.finish(Layout::Given, &thread)
            })
            .collect()
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(super::why)
}
