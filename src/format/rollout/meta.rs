//! `session_meta`: who ran a rollout, where, and for whom (FORMATS 1.4, 2.2).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::fork::{HistoryBase, Parent, Replay};
use super::item::Reading;
use super::{Dialect, Envelope, Rollout, parse};
use crate::format::call::server_of;
use crate::format::history::project;
use crate::format::lines::Line;
use crate::format::time;
use crate::record::{Kind, Role, Session, Span};

/// The fields of a `session_meta` payload that matter; also the first line of a bare rollout.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta<'a> {
    pub(super) id: String,
    session_id: Option<String>,
    #[serde(borrow, deserialize_with = "time::field")]
    timestamp: Option<Cow<'a, str>>,
    cwd: Option<String>,
    cli_version: Option<String>,
    source: Value,
    thread_source: Option<String>,
    parent_thread_id: Option<String>,
    pub(super) forked_from_id: Option<String>,
    model_provider: Option<String>,
    #[serde(borrow)]
    pub(super) base_instructions: Option<Base<'a>>,
    #[serde(borrow)]
    pub(super) dynamic_tools: Option<&'a RawValue>,
    pub(super) subagent_history_start_ordinal: Option<u64>,
    pub(super) history_mode: Option<String>,
    pub(super) history_base: Option<HistoryBase>,
    git: Option<Git>,
}

/// Base instructions: an object with the text.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Base<'a> {
    #[serde(borrow)]
    pub(super) text: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Git {
    branch: Option<String>,
}

impl Meta<'_> {
    /// Writes what is known of the session.
    pub(super) fn fill(&self, session: &mut Session, dialect: &Dialect) {
        session.session.clone_from(&self.id);
        session.provider = self.model_provider.clone().or_else(|| Some("openai".into()));
        session.parent = self.parent().filter(|parent| *parent != self.id);
        session.root = self.session_id.clone().filter(|root| *root != self.id);
        session.cwd.clone_from(&self.cwd);
        session.project = self.cwd.as_deref().and_then(project);
        session.branch = self.git.as_ref().and_then(|git| git.branch.clone());
        session.version = self.cli_version.clone().filter(|version| version != "0.0.0");
        session.started = self.timestamp.as_deref().and_then(time::instant);
        session.kind = self.kind(dialect);
    }

    fn parent(&self) -> Option<String> {
        let spawned = self.source.pointer("/subagent/thread_spawn/parent_thread_id").and_then(Value::as_str);
        self.parent_thread_id.clone().or(spawned.map(str::to_owned)).or_else(|| self.forked_from_id.clone())
    }

    fn kind(&self, dialect: &Dialect) -> Kind {
        let lies_in =
            |mark: Option<&str>| mark.is_some_and(|mark| self.cwd.as_ref().is_some_and(|cwd| cwd.contains(mark)));
        let subagent = self.source.get("subagent");
        let name = subagent.and_then(|s| s.as_str().or_else(|| s.get("other").and_then(Value::as_str)));
        let internal = self.source.get("internal").and_then(Value::as_str);
        match (name.or(internal), subagent) {
            _ if lies_in(dialect.review_folder) => Kind::Review,
            _ if lies_in(dialect.agent_folder) => Kind::Subagent,
            (Some("review" | "guardian"), _) => Kind::Review,
            (Some("compact"), _) => Kind::Compaction,
            (Some("memory_consolidation"), _) => Kind::Memory,
            (_, Some(_)) => Kind::Subagent,
            _ => match self.thread_source.as_deref() {
                Some("subagent") => Kind::Subagent,
                Some("memory_consolidation") => Kind::Memory,
                _ => Kind::Main,
            },
        }
    }
}

impl Rollout<'_> {
    pub(super) fn meta(&mut self, line: &Line, meta: Meta) {
        self.history.disk("session_meta", line.bytes.len());
        if self.replays == Replay::Prefix {
            if let Some(base) = &meta.history_base {
                self.prefix(base);
            }
            return;
        }
        if !self.base_id.is_empty() {
            if meta.id != self.history.session.session {
                // An ancestor's, copied: the last one is the oldest.
                self.base_id = meta.id;
            }
            return;
        }
        meta.fill(&mut self.history.session, &self.dialect);
        self.base_id = meta.forked_from_id.clone().unwrap_or_else(|| meta.id.clone());
        self.forked = self.base_id != meta.id;
        self.counter.continues = self.forked;
        if self.source.wants.spans {
            self.content(line, &meta);
        }
        if self.forked {
            let parent = meta.forked_from_id.as_deref().and_then(|id| self.source.beside.file_of(id, self.source.path));
            self.parent = Parent::of(parent, self.at.as_deref());
        }
        self.replays = match meta.subagent_history_start_ordinal {
            Some(ordinal) => Replay::Ordinal(ordinal),
            None if self.forked && meta.history_mode.as_deref() != Some("paginated") => Replay::Turn,
            None => Replay::Ended,
        };
    }

    /// What of it is sent to the model, and what stands before the thread's own lines.
    fn content(&mut self, line: &Line, meta: &Meta) {
        self.spawned_by();
        self.memory();
        let mut reading = Reading { line, wants: self.source.wants, at: self.at.clone(), found: Vec::new() };
        if let Some(base) = meta.base_instructions.as_ref().and_then(|base| base.text) {
            let (role, source) = match self.dialect.base_is_users {
                true => (Role::User, "user_instructions"),
                false => (Role::System, "base_instructions"),
            };
            reading.text(base.get(), &Span { role, source: source.into(), ..Span::default() });
        }
        if let Some(tools) = meta.dynamic_tools {
            let server = offered_by(tools);
            let template = Span { role: Role::Developer, source: "tools".into(), server, ..Span::default() };
            reading.text(tools.get(), &template);
        }
        let found = reading.found;
        found.into_iter().for_each(|found| self.add(line, found));
        if let Some(base) = &meta.history_base {
            self.prefix(base);
        }
    }
}

/// The one server of all tools in a list, if it is one.
fn offered_by(tools: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Tool<'a> {
        #[serde(borrow, default)]
        name: Cow<'a, str>,
        #[serde(borrow)]
        namespace: Option<Cow<'a, str>>,
    }
    let tools: Vec<Tool> = serde_json::from_str(tools.get()).ok()?;
    server_of(tools.iter().map(|tool| (&*tool.name, tool.namespace.as_deref())))
}

/// The id that a file's first line names.
pub(in crate::format) fn thread_id(first: &str) -> Option<String> {
    let envelope: Envelope = parse(first).ok()?;
    let meta: Meta = parse(envelope.payload.map_or(first, RawValue::get)).ok()?;
    Some(meta.id).filter(|id| !id.is_empty())
}
