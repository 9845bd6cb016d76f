//! Event lines: what happened to a thread besides its messages (docs/formats.md 1.5, 1.12, 2.5).
//!
//! An event line was never sent to a model. A few of them change the context (rollbacks, aborts),
//! report usage, or name the threads that this one started or was started by.

use serde_json::Value;

use super::Rollout;
use super::line::{Envelope, EventMessage};
use super::meta::lies_in;
use super::review::ReviewResult;
use super::usage::Info;
use crate::format::history::{References, project};
use crate::format::lines::{Line, Why};
use crate::format::reader::Worktree;
use crate::format::time;
use crate::format::value::parse;
use crate::record::{Event, Form, Kind, Span, What};
use crate::refusal;
use crate::source_text;

impl Rollout<'_> {
    /// Takes an event line: counts its bytes, and applies what it says about the thread.
    pub(super) fn message(&mut self, line: &Line, kind: &str, payload: &str) -> Result<(), Why> {
        let outer: EventMessage = parse(payload)?;
        let message = match outer.msg {
            Some(inner) => parse(inner.get())?,
            None => outer,
        };
        self.history
            .count_disk(&format!("{kind}/{}", message.kind), line.bytes.len());
        if self.dialect.rules.is_some() {
            self.task_event(line.number, &message.kind, payload);
        }
        match &*message.kind {
            "token_count" => self.token_count(line, &message, payload)?,
            "error" | "stream_error" => self.refused(line, &message),
            "task_started" | "turn_started" | "task_complete" | "turn_complete" => {
                self.terms.turn()
            }
            "thread_settings_applied" => {
                let mut tier = message.service_tier;
                if let Some(settings) = message.thread_settings
                    && settings.service_tier.is_some()
                {
                    tier = settings.service_tier;
                }
                self.terms.settings(tier.as_ref());
            }
            "thread_rolled_back" if !self.is_replayed => {
                self.rolled_back(line, message.num_turns.unwrap_or(1))
            }
            "turn_aborted" if !self.is_replayed => {
                let event = Event {
                    what: What::Abort,
                    ..self.event_at(line)
                };
                self.history.push_event(event, References::default());
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes a `token_count` event: usage, rate limits, or both.
    fn token_count(
        &mut self,
        line: &Line,
        message: &EventMessage,
        payload: &str,
    ) -> Result<(), Why> {
        if let Some(info) = message.info
            && info.get() != "null"
        {
            let mut info = Info::read(info.get()).map_err(|e| refusal::of(&e))?;
            if info.service_tier.is_none() {
                info.service_tier.clone_from(&message.service_tier);
            }
            let from = self.history.entries().len();
            self.counted(line, &info);
            if self.dialect.rules.is_some() {
                self.reported(from, &info, payload);
            }
        }
        if let Some(limits) = message.rate_limits {
            self.limits(line, limits);
        }
        Ok(())
    }

    /// Removes the last `turns` turns from the context.
    pub(super) fn rolled_back(&mut self, line: &Line, turns: u64) {
        let turns = usize::try_from(turns).unwrap_or(usize::MAX);
        let kept = self.turns.len().saturating_sub(turns);
        let Some(back_to) = self.turns.get(kept).copied() else {
            return;
        };
        self.turns.truncate(kept);
        self.live.retain(|handle| *handle < back_to);
        let event = Event {
            what: What::Context,
            reason: Some("rollback".into()),
            ..self.event_at(line)
        };
        let references = References {
            back_to: Some(back_to),
            ..References::default()
        };
        self.history.push_event(event, references);
    }

    /// Writes the event for a started child, which the output of the call names
    /// (docs/formats.md 1.12, 2.5).
    pub(super) fn spawned(&mut self, line: &Line, span: &Span, text: &str) {
        if !matches!(span.tool.as_deref(), Some("spawn_agent" | "agent")) || self.is_replayed {
            return;
        }
        let Ok(output) = serde_json::from_str::<Value>(text) else {
            return;
        };
        let mut child = text_of(&output, "agent_id");
        let batch = text_of(&output, "batch_id");
        let agents = match count_of(&output, "agents") {
            Some(count) => Some(count),
            None => count_of(&output, "agent_ids"),
        };
        if child.is_none() && (batch.is_none() || agents.is_none()) {
            return;
        }
        if self.dialect.rules.is_some() {
            if let Some(action) = &span.command
                && action != "create"
            {
                return;
            }
            // The name of the agent is not the id of its session.
            child = None;
        }
        let what = match &batch {
            Some(batch) if batch.eq_ignore_ascii_case("auto-review") => What::Review,
            _ => What::Spawn,
        };
        let event = Event {
            what,
            child,
            agents,
            batch,
            worktrees: given(&output),
            call_id: span.call_id.clone(),
            ..self.event_at(line)
        };
        self.history.push_event(event, References::default());
    }

    /// Finds the parent of a session that works in an agent's or a review's work tree: the thread
    /// that gave out the tree; else, for a review, the thread that the ledger names; else the
    /// thread that worked in the same repository at that time (docs/formats.md 2.5).
    pub(super) fn spawned_by(&mut self) {
        let session = &self.history.session;
        let cwd = session.cwd.as_deref().unwrap_or_default();
        let is_started =
            lies_in(cwd, self.dialect.agent_folder) || lies_in(cwd, self.dialect.review_folder);
        if session.parent.is_some() || !is_started {
            return;
        }
        let beside = self.source.beside;
        let started = session.started.as_deref();
        let mut parent = beside.spawner_of(cwd, started);
        if parent.is_none() && session.kind == Kind::Review {
            parent = self.asker();
        }
        if parent.is_none()
            && let (Some(repository), Some(started)) = (repository(cwd), started)
        {
            parent = beside.at_work(repository, started);
        }
        self.history.session.root.clone_from(&parent);
        self.history.session.parent = parent;
    }

    /// Finds the parent of a session by its first message: if that is the errand of an agent, the
    /// session that wrote the errand is the parent (docs/formats.md 2.5).
    pub(super) fn sent_by(&mut self, text: &str) {
        let Some(rules) = self.dialect.rules else {
            return;
        };
        let session = &self.history.session;
        if session.kind == Kind::Review {
            return;
        }
        let cwd = session.cwd.as_deref().unwrap_or_default();
        if !(rules.is_errand)(text) && !lies_in(cwd, self.dialect.agent_folder) {
            return;
        }
        let started = session.started.as_deref();
        let beside = self.source.beside;
        let Some(sender) = beside.sender_of(text, started, self.source.path) else {
            return;
        };
        let session = &mut self.history.session;
        session.kind = Kind::Subagent;
        session.call_id = sender.call_id;
        session.root = Some(sender.thread.clone());
        session.parent = Some(sender.thread);
    }

    /// Writes the event for a review whose result is handed back (docs/formats.md 1.12, 2.5).
    pub(super) fn reviewed(&mut self, line: &Line, text: &str) {
        let head: String = text.chars().take(200).collect();
        let count = self.finding_count(&head, text);
        let is_automatic = head.starts_with("[developer]");
        let reason = if is_automatic {
            "auto_review"
        } else {
            "review"
        };
        self.review_returned = !is_automatic;
        let event = Event {
            what: What::Review,
            reason: Some(reason.into()),
            count,
            ..self.event_at(line)
        };
        let event = self.history.push_event(event, References::default());
        if is_automatic && !self.is_replayed {
            let at = self.at.as_deref().and_then(|at| at.parse().ok());
            self.returned.push(ReviewResult { event, at, count });
        }
    }

    /// Returns the number of findings that a review's result states. `head`: how `text` begins.
    fn finding_count(&self, head: &str, text: &str) -> Option<u64> {
        if head.contains("no findings") {
            return Some(0);
        }
        if let Some((_, rest)) = head.split_once("reported ")
            && let Some(number) = rest.split(' ').next()
            && let Ok(count) = number.parse()
        {
            return Some(count);
        }
        (self.dialect.rules?.findings)(text)
    }

    /// Takes the working directory from the prompt: the oldest files name it nowhere else.
    pub(super) fn located(&mut self, text: &str) {
        let session = &mut self.history.session;
        if session.cwd.is_none()
            && let Some((_, rest)) = text.split_once("<cwd>")
            && let Some((cwd, _)) = rest.split_once("</cwd>")
        {
            session.cwd = Some(cwd.trim().to_owned());
            session.project = project(cwd);
        }
    }

    /// As [`Rollout::located`], for the JSON of an item that is not parsed because the caller
    /// wants requests only.
    pub(super) fn located_in_item(&mut self, item: &str) {
        if self.history.session.cwd.is_none()
            && let Some((_, rest)) = item.split_once("<environment_context>")
            && let Some((text, _)) = rest.split_once("</environment_context>")
        {
            self.located(&source_text::decode(text.as_bytes(), Form::Plain));
        }
    }

    /// An event of this line's time and number.
    pub(super) fn event_at(&self, line: &Line) -> Event {
        Event {
            at: self.at.clone(),
            line: Some(line.number),
            ..Event::default()
        }
    }
}

/// The folder of the repository that a work tree is of: `…/working/REPOSITORY/branches/…`.
fn repository(worktree: &str) -> Option<&str> {
    let (outer, _) = worktree.split_once("/branches/")?;
    let (_, repository) = outer.rsplit_once("/working/")?;
    if repository.is_empty() {
        return None;
    }
    Some(repository)
}

/// Returns the text of a member of an output.
fn text_of(output: &Value, key: &str) -> Option<String> {
    Some(output.get(key)?.as_str()?.to_owned())
}

/// Returns the length of a list that is a member of an output.
fn count_of(output: &Value, key: &str) -> Option<u64> {
    Some(output.get(key)?.as_array()?.len() as u64)
}

/// The work trees that the output of a call gives to the agents it started.
fn given(output: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    let Some(agents) = output.get("agents").and_then(Value::as_array) else {
        return paths;
    };
    for agent in agents {
        if let Some(path) = text_of(agent, "worktree_path") {
            paths.push(path);
        }
    }
    paths
}

/// The work trees that the output in a line gives to agents, with the line's time.
pub(in crate::format) fn worktrees(line: &str) -> Vec<Worktree> {
    let Some((at, output)) = output_of(line) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in given(&output) {
        let at = at.clone();
        found.push(Worktree { path, at });
    }
    found
}

/// Returns the time of a line, and the output in it if that is JSON.
fn output_of(line: &str) -> Option<(Option<String>, Value)> {
    let envelope: Envelope = parse(line).ok()?;
    let at = envelope.timestamp.as_deref().and_then(time::instant);
    let payload: Value = parse(envelope.payload?.get()).ok()?;
    let output = parse(payload.get("output")?.as_str()?).ok()?;
    Some((at, output))
}
