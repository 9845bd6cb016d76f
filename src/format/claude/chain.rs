//! One thread as it grows, line by line.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::Answer;
use super::content::Content;
use super::exact::{self, Exact};
use super::ledger::States;
use super::line::{Attachment, Compaction, Entry, Message};
use super::resume::Resume;
use super::{FORMAT, parse};
use crate::format::Wants;
use crate::format::call::Call;
use crate::format::history::{
    Entry as HistoryEntry, Handle, History, Made, References, project, unreported,
};
use crate::format::ids::ById;
use crate::format::lines::{Line, Why};
use crate::record::{Event, Part, Request, Role, Span, What};

/// One thread as it grows.
#[derive(Default)]
pub(super) struct Chain {
    pub(super) history: History,
    /// Requests by the id of their message: one for each request id.
    pub(super) answers: HashMap<String, Vec<Answer>>,
    /// How many these are.
    pub(super) requests: u32,
    /// What has changed in what the agent offers since the latest of them, and of which servers.
    pub(super) changes: (BTreeSet<String>, BTreeSet<String>),
    /// An instant that only lines without content have named so far.
    started_aside: bool,
    calls: ById<Box<Call>>,
    /// Events of started agents, by call.
    spawns: ById<Handle>,
    /// Tool results and attachments by the ids that a microcompaction names.
    results: ById<Vec<Handle>>,
    /// Spans by the uuid of their line.
    pub(super) lines: ById<Vec<Handle>>,
    /// How far the thread had come, by the uuid of the line it had come to.
    tips: ById<Tip>,
    /// Messages of the user so far.
    prompts: u32,
    /// What the file says of requests beyond the lines of the conversation.
    pub(super) exact: Exact,
    /// What the session leaves behind where it is taken up again.
    pub(super) resume: Resume,
    /// What the agent's own ledger says.
    pub(super) ledger: States,
    /// The latest request, and the figures of its first line.
    pub(super) latest: Option<(Handle, Request)>,
}

/// A point of the conversation that a later line may go on from.
#[derive(Clone, Copy)]
struct Tip {
    /// Entries before it.
    entries: usize,
    requests: u32,
    prompts: u32,
    /// The number of its line, for [`Resume`].
    line: Option<u32>,
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
        self.resume.version(entry.version.as_deref());
        first(&mut session.provider, Some("anthropic"));
        if session.project.is_none() {
            session.project = session.cwd.as_deref().and_then(project);
        }
        FORMAT.name.clone_into(&mut session.agent);
        if let Some(at) = at {
            self.started(at, entry.has_content());
        }
    }

    /// A thread starts with the earliest of its lines that have content. What a resume writes in
    /// front of them is later; it tells the start only of a thread that has none.
    fn started(&mut self, at: &str, has_content: bool) {
        let started = &mut self.history.session.started;
        let earlier = started.as_deref().is_none_or(|started| at < started);
        if started.is_none() || has_content && (self.started_aside || earlier) {
            *started = Some(at.to_owned());
            self.started_aside = !has_content;
        }
    }

    pub(super) fn assistant(
        &mut self,
        line: &Line,
        entry: &Entry,
        wants: Wants,
        at: Option<String>,
    ) -> Result<(), Why> {
        let Some(message) = entry
            .message
            .map(|m| parse::<Message>(m.get()))
            .transpose()?
        else {
            return Ok(());
        };
        if message.model.as_deref() == Some("<synthetic>") {
            self.history.disk("assistant/synthetic", line.bytes.len());
            return Ok(());
        }
        let request = self.request(line, entry, &message, at.clone());
        let (Some(content), true) = (message.content, wants.spans) else {
            return Ok(());
        };
        if let Some(id) = &entry.request_ref {
            self.settle_log(wants);
            self.exact
                .listed
                .entry(request)
                .or_insert_with(|| id.to_string());
        }
        let template = Span {
            role: Role::Assistant,
            source: "assistant".into(),
            at,
            ..Span::default()
        };
        let mut blocks = Content {
            line,
            wants,
            template,
            found: Vec::new(),
        };
        blocks.message(content, false, &|_| None);
        let mut spans = Vec::new();
        for mut span in blocks.found {
            let is_returned = span.part == Part::ToolOutput;
            let made = if is_returned {
                Made::Input
            } else {
                Made::By(request)
            };
            if is_returned {
                span.detail = Some("within".into());
            }
            self.called(&span, line);
            spans.push(self.add(line, entry, span, made));
        }
        let calls = |span: &Handle| matches!(self.history.entries().get(*span), Some(HistoryEntry::Span(span, _)) if span.part == Part::ToolCall);
        self.resume.said(!spans.iter().any(calls));
        let id = message
            .id
            .as_deref()
            .or(entry.uuid.as_deref())
            .unwrap_or_default();
        self.exact.known.answered(id, content, &spans);
        Ok(())
    }

    /// A request was refused for a limit of the provider.
    pub(super) fn refused(&mut self, line: &Line, at: Option<String>) {
        let (what, reason) = (What::RateLimit, Some("refused".to_owned()));
        let event = Event {
            what,
            reason,
            at,
            line: Some(line.number),
            ..Event::default()
        };
        self.history.event(event, References::default());
    }

    /// A call: remembered for its result; one that starts an agent is an event too
    /// (docs/formats.md 3.13).
    fn called(&mut self, span: &Span, line: &Line) {
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
            let handle = self.history.event(event, References::default());
            self.spawns.insert(id, handle);
        }
    }

    pub(super) fn user(
        &mut self,
        line: &Line,
        entry: &Entry,
        wants: Wants,
        at: Option<String>,
    ) -> Result<(), Why> {
        if let Some(result) = entry.tool_use_result {
            self.history.disk("user/toolUseResult", result.get().len());
        }
        let Some(message) = entry
            .message
            .map(|m| parse::<Message>(m.get()))
            .transpose()?
        else {
            return Ok(());
        };
        let (Some(content), true) = (message.content, wants.spans) else {
            return Ok(());
        };
        if entry.is_visible_in_transcript_only && !entry.is_compact_summary {
            self.history.disk("user/transcript", line.bytes.len());
            return Ok(());
        }
        let source = if entry.is_compact_summary {
            "compaction_summary"
        } else {
            ""
        };
        let template = Span {
            source: source.into(),
            at: at.clone(),
            ..Span::default()
        };
        let mut blocks = Content {
            line,
            wants,
            template,
            found: Vec::new(),
        };
        blocks.message(content, entry.is_meta, &|id| {
            self.calls.get(id).map(|call| Call::clone(call))
        });
        if blocks
            .found
            .iter()
            .any(|span| span.source == "user" && span.role == Role::User)
        {
            self.rewound(line, entry, at.clone());
            self.prompts = self.prompts.saturating_add(1);
            let parent = entry
                .parent_uuid
                .as_deref()
                .and_then(|uuid| self.tips.get(uuid));
            self.resume.prompt(parent.and_then(|tip| tip.line));
        }
        self.resume.said(false);
        let mut spans = Vec::new();
        for span in blocks.found {
            if span.source == "user" && span.role == Role::User {
                self.history.user_speaks(at.as_deref(), line.number);
            }
            if let Some(id) = span
                .call_id
                .as_deref()
                .filter(|_| span.part == Part::ToolOutput)
            {
                self.returned(id, entry);
            }
            spans.push(self.add(line, entry, span, Made::Input));
        }
        self.exact.known.asked(content, &spans);
        Ok(())
    }

    /// A message of the user that goes on from an earlier point leaves a dead branch behind: what
    /// was said since then is in no later context (docs/formats.md 3.2). Parallel calls fork the
    /// tree too, but within one response.
    fn rewound(&mut self, line: &Line, entry: &Entry, at: Option<String>) {
        let Some(tip) = entry
            .parent_uuid
            .as_deref()
            .and_then(|uuid| self.tips.get(uuid))
            .copied()
        else {
            return;
        };
        let left = self.requests > tip.requests || self.prompts > tip.prompts;
        if left && let Some(back_to) = tip.entries.checked_sub(1) {
            let references = References {
                back_to: Some(back_to),
                ..References::default()
            };
            self.history.event(changed("rewind", line, at), references);
        }
    }

    /// Remembers how far the thread has come with this line.
    pub(super) fn mark(&mut self, entry: &Entry) {
        if let Some(uuid) = &entry.uuid {
            let entries = self.history.entries().len();
            let parent = entry
                .parent_uuid
                .as_deref()
                .filter(|_| self.resume.applies());
            let parent = parent
                .and_then(|uuid| self.tips.get(uuid))
                .and_then(|tip| tip.line);
            let line = self.resume.applies().then(|| self.resume.line(parent));
            let tip = Tip {
                entries,
                requests: self.requests,
                prompts: self.prompts,
                line,
            };
            self.tips.insert(uuid, tip);
        }
    }

    /// What a started agent returned names its thread.
    fn returned(&mut self, call_id: &str, entry: &Entry) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Returned {
            agent_id: Option<String>,
        }
        let Some(handle) = self.spawns.get(call_id) else {
            return;
        };
        let returned = entry
            .tool_use_result
            .and_then(|result| serde_json::from_str::<Returned>(result.get()).ok());
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
    ) -> Result<(), Why> {
        let Some(attachment) = entry
            .attachment
            .map(|a| parse::<Attachment>(a.get()))
            .transpose()?
        else {
            return Ok(());
        };
        self.changed(&attachment);
        if !wants.spans {
            return Ok(());
        }
        if let Some(raw) = entry.attachment.filter(|_| exact::tells(&attachment.kind)) {
            self.told(line, &attachment.kind, raw, wants);
            return Ok(());
        }
        let mut texts = Content {
            line,
            wants,
            template: Span {
                at,
                ..Span::default()
            },
            found: Vec::new(),
        };
        let by_system = entry.rendered_role.as_deref() == Some("system");
        if !texts.attachment(&attachment, entry.rendered, by_system) {
            self.history
                .disk(&format!("attachment/{}", attachment.kind), line.bytes.len());
        }
        for span in texts.found {
            self.add(line, entry, span, Made::Input);
        }
        Ok(())
    }

    /// An attachment says that tools, or the servers that have them, came or went.
    fn changed(&mut self, attachment: &Attachment) {
        if !attachment.kind.ends_with("_delta") {
            return;
        }
        let (changes, servers) = &mut self.changes;
        changes.insert(attachment.kind.chars().take(64).collect());
        let names = [
            attachment.added_names,
            attachment.readded_names,
            attachment.removed_names,
        ];
        for names in names.into_iter().flatten() {
            servers.extend(attachment.servers(names));
        }
    }

    fn add(&mut self, line: &Line, entry: &Entry, span: Span, made: Made) -> Handle {
        let id = span
            .call_id
            .clone()
            .filter(|_| span.part == Part::ToolOutput);
        self.exact
            .known
            .span(line, &span, self.history.entries().len());
        self.resume.span(&span, self.history.entries().len());
        let handle = self.history.span(span, made);
        if let Some(uuid) = &entry.uuid {
            self.lines.of(uuid).push(handle);
        }
        if let Some(id) = id {
            self.results.of(&id).push(handle);
        }
        handle
    }

    /// A compaction clears the context, but for what it says it preserved; the summary follows as
    /// a user line. Its own request is not in the file (docs/formats.md 3.12).
    pub(super) fn compacted(&mut self, line: &Line, entry: &Entry, at: Option<String>) {
        let data = metadata(entry.compact_metadata);
        let keep = data
            .preserved_messages
            .uuids
            .iter()
            .filter_map(|uuid| self.lines.get(uuid))
            .flatten()
            .copied()
            .collect();
        self.resume.clear();
        self.history.request(unreported(at.clone(), None, None));
        let event = Event {
            clear: true,
            ..changed("compaction", line, at)
        };
        self.history.event(
            event,
            References {
                keep,
                ..References::default()
            },
        );
    }

    pub(super) fn microcompacted(&mut self, line: &Line, entry: &Entry, at: Option<String>) {
        let data = metadata(entry.microcompact_metadata);
        let results = data
            .compacted_tool_ids
            .iter()
            .filter_map(|id| self.results.get(id));
        let attachments = data
            .cleared_attachment_uuids
            .iter()
            .filter_map(|uuid| self.lines.get(uuid));
        let drop = results.chain(attachments).flatten().copied().collect();
        self.history.event(
            changed("microcompaction", line, at),
            References {
                drop,
                ..References::default()
            },
        );
    }
}

pub(super) fn changed(reason: &str, line: &Line, at: Option<String>) -> Event {
    Event {
        what: What::Context,
        reason: Some(reason.into()),
        at,
        line: Some(line.number),
        ..Event::default()
    }
}

fn metadata(value: Option<&RawValue>) -> Compaction {
    value
        .and_then(|value| serde_json::from_str(value.get()).ok())
        .unwrap_or_default()
}
