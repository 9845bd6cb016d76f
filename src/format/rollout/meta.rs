//! `session_meta`: who ran a rollout, where, and for whom (docs/formats.md 1.4, 2.2).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::child::Child;
use super::dialect::Dialect;
use super::line::Envelope;
use super::prefix::HistoryBase;
use super::scan::ms;
use crate::format::history::project;
use crate::format::value::parse;
use crate::format::{object, time};
use crate::record::{Kind, Session};

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
    #[serde(borrow, deserialize_with = "object::lenient")]
    pub(super) base_instructions: Option<Base<'a>>,
    /// Where older versions keep what the user wrote (docs/formats.md 1.4).
    #[serde(borrow)]
    pub(super) instructions: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) dynamic_tools: Option<&'a RawValue>,
    pub(super) subagent_history_start_ordinal: Option<u64>,
    pub(super) history_mode: Option<String>,
    #[serde(deserialize_with = "object::lenient")]
    pub(super) history_base: Option<HistoryBase>,
    #[serde(deserialize_with = "object::lenient")]
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
    /// Writes what the line says of the session.
    pub(super) fn fill(&self, session: &mut Session, dialect: &Dialect) {
        session.session.clone_from(&self.id);
        session.provider = Some(match &self.model_provider {
            Some(provider) => provider.clone(),
            None => "openai".into(),
        });
        session.parent = self.parent();
        if self.session_id.as_ref() != Some(&self.id) {
            session.root.clone_from(&self.session_id);
        } else {
            session.root = None;
        }
        session.cwd.clone_from(&self.cwd);
        session.project = self.cwd.as_deref().and_then(project);
        if let Some(git) = &self.git {
            session.branch.clone_from(&git.branch);
        } else {
            session.branch = None;
        }
        session.version.clone_from(&self.cli_version);
        if session.version.as_deref() == Some("0.0.0") {
            session.version = None;
        }
        session.started = self.timestamp.as_deref().and_then(time::instant);
        session.kind = self.kind(dialect);
        session.manner_unsure = dialect.rules.is_some();
    }

    /// The thread that started this one, or that it is a fork of.
    fn parent(&self) -> Option<String> {
        let parent = match (&self.parent_thread_id, self.spawner()) {
            (Some(parent), _) => parent,
            (None, Some(spawner)) => spawner,
            (None, None) => self.forked_from_id.as_deref()?,
        };
        self.unless_this(parent).map(str::to_owned)
    }

    /// The thread that started this one as a sub-agent.
    fn spawner(&self) -> Option<&str> {
        let parent = "/subagent/thread_spawn/parent_thread_id";
        self.source.pointer(parent)?.as_str()
    }

    /// Returns a thread's id, if it is not that of this thread.
    fn unless_this<'i>(&self, id: &'i str) -> Option<&'i str> {
        if id == self.id {
            return None;
        }
        Some(id)
    }

    /// Returns what distinguishes the parent's lines in the thread's file from the thread's, if it
    /// has a parent. `at`: the instant of the line.
    pub(super) fn child(&self, at: Option<&str>) -> Option<Child> {
        let forked = self.forked_from_id.as_deref();
        let parent = forked
            .or(self.spawner())
            .or(self.parent_thread_id.as_deref())?;
        let parent = self.unless_this(parent)?;
        let made_ms = self.made_ms();
        let began_ms = at.and_then(ms).or(made_ms);
        let is_subagent = match self.source.get("subagent") {
            Some(subagent) => !subagent.is_null(),
            None => false,
        };
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

    /// When the thread was made, in milliseconds since 1970.
    fn made_ms(&self) -> Option<i64> {
        let at = time::instant(self.timestamp.as_deref()?)?;
        ms(&at)
    }

    pub(super) fn is_paginated(&self) -> bool {
        self.history_mode.as_deref() == Some("paginated")
    }

    fn kind(&self, dialect: &Dialect) -> Kind {
        let cwd = self.cwd.as_deref().unwrap_or_default();
        if lies_in(cwd, dialect.review_folder) {
            return Kind::Review;
        }
        if lies_in(cwd, dialect.agent_folder) {
            return Kind::Subagent;
        }
        let subagent = self.source.get("subagent");
        let name = match subagent {
            Some(Value::String(name)) => Some(name.as_str()),
            Some(subagent) => subagent.get("other").and_then(Value::as_str),
            None => None,
        };
        let internal = self.source.get("internal").and_then(Value::as_str);
        match name.or(internal) {
            Some("review" | "guardian") => return Kind::Review,
            Some("compact") => return Kind::Compaction,
            Some("memory_consolidation") => return Kind::Memory,
            _ => {}
        }
        if subagent.is_some() {
            return Kind::Subagent;
        }
        match self.thread_source.as_deref() {
            Some("subagent") => Kind::Subagent,
            Some("memory_consolidation") => Kind::Memory,
            _ => Kind::Main,
        }
    }
}

/// Whether a working directory is in a folder of that name, if there is a name.
pub(super) fn lies_in(cwd: &str, folder: Option<&str>) -> bool {
    match folder {
        Some(folder) => cwd.contains(folder),
        None => false,
    }
}

/// The id that a file's first line names.
pub(in crate::format) fn thread_id(first: &str) -> Option<String> {
    let id = opening(first)?.id;
    if id.is_empty() {
        return None;
    }
    Some(id)
}

/// The working directory that a file's first line names.
pub(in crate::format) fn cwd(first: &str) -> Option<String> {
    opening(first)?.cwd
}

fn opening(first: &str) -> Option<Meta<'_>> {
    let envelope: Envelope = parse(first).ok()?;
    match envelope.payload {
        Some(payload) => parse(payload.get()).ok(),
        None => parse(first).ok(),
    }
}
