//! `session_meta`: who ran a rollout, where, and for whom (docs/formats.md 1.4, 2.2).

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::fork::{Child, Replay, Theirs, Told};
use super::item::Reading;
use super::prefix::HistoryBase;
use super::scan::{self, What, ms};
use super::{Dialect, Envelope, Rollout, parse};
use crate::format::call::server_of;
use crate::format::history::project;
use crate::format::lines::Line;
use crate::format::open::{MOST_BYTES, open};
use crate::format::{object, time};
use crate::path;
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
    #[serde(borrow, deserialize_with = "object::told")]
    pub(super) base_instructions: Option<Base<'a>>,
    /// Where older versions keep what the user wrote (docs/formats.md 1.4).
    #[serde(borrow)]
    instructions: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) dynamic_tools: Option<&'a RawValue>,
    pub(super) subagent_history_start_ordinal: Option<u64>,
    pub(super) history_mode: Option<String>,
    #[serde(deserialize_with = "object::told")]
    pub(super) history_base: Option<HistoryBase>,
    #[serde(deserialize_with = "object::told")]
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
        session.provider = self
            .model_provider
            .clone()
            .or_else(|| Some("openai".into()));
        session.parent = self.parent().filter(|parent| *parent != self.id);
        session.root = self.session_id.clone().filter(|root| *root != self.id);
        session.cwd.clone_from(&self.cwd);
        session.project = self.cwd.as_deref().and_then(project);
        session.branch = self.git.as_ref().and_then(|git| git.branch.clone());
        session.version = self
            .cli_version
            .clone()
            .filter(|version| version != "0.0.0");
        session.started = self.timestamp.as_deref().and_then(time::instant);
        session.kind = self.kind(dialect);
        session.manner_unsure = dialect.rules.is_some();
    }

    fn parent(&self) -> Option<String> {
        let spawned = self
            .source
            .pointer("/subagent/thread_spawn/parent_thread_id")
            .and_then(Value::as_str);
        self.parent_thread_id
            .clone()
            .or(spawned.map(str::to_owned))
            .or_else(|| self.forked_from_id.clone())
    }

    /// What tells the parent's lines in the thread's file from its own, if it has a parent. `at`:
    /// the instant of the line.
    fn child(&self, at: Option<&str>) -> Option<Child> {
        let spawned = self
            .source
            .pointer("/subagent/thread_spawn/parent_thread_id")
            .and_then(Value::as_str);
        let forked = self.forked_from_id.as_deref();
        let parent = forked
            .or(spawned)
            .or(self.parent_thread_id.as_deref())
            .filter(|id| *id != self.id)?;
        let made_ms = self
            .timestamp
            .as_deref()
            .and_then(time::instant)
            .and_then(|at| ms(&at));
        let began_ms = at.and_then(ms).or(made_ms);
        let is_subagent = self
            .source
            .get("subagent")
            .is_some_and(|subagent| !subagent.is_null());
        Some(Child {
            id: self.id.clone(),
            parent: parent.to_owned(),
            is_subagent: is_subagent || self.thread_source.as_deref() == Some("subagent"),
            is_fork: forked.is_some(),
            is_paginated: self.is_paginated(),
            first_ordinal: self.subagent_history_start_ordinal,
            began_ms,
            made_ms: made_ms.or(began_ms),
        })
    }

    fn is_paginated(&self) -> bool {
        self.history_mode.as_deref() == Some("paginated")
    }

    fn kind(&self, dialect: &Dialect) -> Kind {
        let lies_in = |mark: Option<&str>| {
            mark.is_some_and(|mark| self.cwd.as_ref().is_some_and(|cwd| cwd.contains(mark)))
        };
        let subagent = self.source.get("subagent");
        let name = subagent.and_then(|s| {
            s.as_str()
                .or_else(|| s.get("other").and_then(Value::as_str))
        });
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
        if self.is_in_prefix() {
            if let Some(base) = &meta.history_base {
                self.prefix(base, self.prefix_file(base, &meta.id));
            }
            return;
        }
        if !self.reports.base_id.is_empty() {
            if meta.id != self.history.session.session {
                // An ancestor's, copied: the last one is the oldest.
                self.reports.base_id = meta.id;
            }
            return;
        }
        meta.fill(&mut self.history.session, &self.dialect);
        self.reports.base_id = meta
            .forked_from_id
            .clone()
            .unwrap_or_else(|| meta.id.clone());
        self.reports.counts_alone = meta.is_paginated();
        let child = meta.child(self.at.as_deref());
        if self.source.wants.spans {
            self.content(line, &meta);
        }
        if let Some(child) = child {
            self.has_parent = true;
            self.replay = self.replay_of(&child);
        }
    }

    /// Looks through the file for what of it is a parent's.
    fn replay_of(&self, child: &Child) -> Replay {
        let parents = || {
            let mut events: HashSet<Told> = HashSet::new();
            for file in self.source.beside.files_of(&child.parent, self.source.path) {
                scan::file(&file, &mut |mark| {
                    if let What::Usage(sum, last) = mark.what {
                        events.insert((sum, last));
                    }
                    true
                });
            }
            events
        };
        let theirs = Theirs::new(&parents);
        match self.source.whole {
            Some(whole) => Replay::of(child, &theirs, whole),
            None => match open(&path::of(self.source.path), MOST_BYTES) {
                Ok(opened) => Replay::of(child, &theirs, opened.input),
                Err(_) => Replay::default(),
            },
        }
    }

    /// What of it is sent to the model, and what stands before the thread's own lines.
    fn content(&mut self, line: &Line, meta: &Meta) {
        self.spawned_by();
        let base = meta
            .history_base
            .as_ref()
            .map(|base| (base, self.prefix_file(base, &meta.id)));
        let mut reading = Reading::of(line, self.source.wants, self.at.clone());
        let older = meta
            .instructions
            .filter(|text| self.dialect.base_is_users && text.get().starts_with('"'));
        if let Some(base) = meta
            .base_instructions
            .as_ref()
            .and_then(|base| base.text)
            .or(older)
        {
            let (role, source) = match self.dialect.base_is_users {
                true => (Role::User, "user_instructions"),
                false => (Role::System, "base_instructions"),
            };
            reading.text(
                base.get(),
                &Span {
                    role,
                    source: source.into(),
                    ..Span::default()
                },
            );
        }
        if let Some(tools) = meta.dynamic_tools {
            let server = offered_by(tools);
            let template = Span {
                role: Role::Developer,
                source: "tools".into(),
                server,
                ..Span::default()
            };
            reading.text(tools.get(), &template);
        }
        let found = reading.found;
        // A thread's second file says again what its first begins with.
        self.is_replayed = base
            .as_ref()
            .is_some_and(|(base, file)| base.thread_id == meta.id && file.is_some());
        found.into_iter().for_each(|found| self.add(line, found));
        self.memory();
        self.tape.documents_end = self.history.entries().len();
        self.is_replayed = false;
        if let Some((base, file)) = base {
            self.prefix(base, file);
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
    server_of(
        tools
            .iter()
            .map(|tool| (&*tool.name, tool.namespace.as_deref())),
    )
}

/// The id that a file's first line names.
pub(in crate::format) fn thread_id(first: &str) -> Option<String> {
    opening(first, |meta| Some(meta.id)).filter(|id| !id.is_empty())
}

/// The working directory that a file's first line names.
pub(in crate::format) fn cwd(first: &str) -> Option<String> {
    opening(first, |meta| meta.cwd)
}

fn opening<T>(first: &str, take: impl Fn(Meta) -> Option<T>) -> Option<T> {
    let envelope: Envelope = parse(first).ok()?;
    take(parse(envelope.payload.map_or(first, RawValue::get)).ok()?)
}
