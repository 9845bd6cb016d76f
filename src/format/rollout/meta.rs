//! `session_meta`: who ran a rollout, where, and for whom (FORMATS 1.4, 2.2).

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::fork::HistoryBase;
use crate::format::history::project;
use crate::format::time;
use crate::record::{Kind, Session};

/// The fields of a `session_meta` payload that matter; also the first line of a bare rollout.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta<'a> {
    pub(super) id: String,
    session_id: Option<String>,
    timestamp: Option<String>,
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
    pub(super) fn fill(&self, session: &mut Session, review_folder: Option<&str>) {
        session.session.clone_from(&self.id);
        session.provider = self.model_provider.clone().or_else(|| Some("openai".into()));
        session.parent = self.parent().filter(|parent| *parent != self.id);
        session.root = self.session_id.clone().filter(|root| *root != self.id);
        session.cwd.clone_from(&self.cwd);
        session.project = self.cwd.as_deref().and_then(project);
        session.branch = self.git.as_ref().and_then(|git| git.branch.clone());
        session.version = self.cli_version.clone().filter(|version| version != "0.0.0");
        session.started = self.timestamp.as_deref().and_then(time::instant);
        session.kind = self.kind(review_folder);
    }

    fn parent(&self) -> Option<String> {
        let spawned = self.source.pointer("/subagent/thread_spawn/parent_thread_id").and_then(Value::as_str);
        self.parent_thread_id.clone().or(spawned.map(str::to_owned)).or_else(|| self.forked_from_id.clone())
    }

    fn kind(&self, review_folder: Option<&str>) -> Kind {
        let folder = review_folder.is_some_and(|mark| self.cwd.as_deref().is_some_and(|cwd| cwd.contains(mark)));
        let subagent = self.source.get("subagent");
        let name = subagent.and_then(|s| s.as_str().or_else(|| s.get("other").and_then(Value::as_str)));
        let internal = self.source.get("internal").and_then(Value::as_str);
        match (name.or(internal), subagent) {
            _ if folder => Kind::Review,
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
