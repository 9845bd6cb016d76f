//! Events: what happened to a thread beside what was said (docs/formats.md 1.5, 1.12, 2.5).

use serde_json::Value;

use super::review::Returned;
use super::tape::Rules;
use super::usage::Info;
use super::{Envelope, Message, Rollout, parse};
use crate::format::history::{References, project};
use crate::format::lines::{Line, Why};
use crate::format::{Worktree, time};
use crate::place;
use crate::record::{Event, Form, Kind, Span, What};
use crate::refusal;

impl Rollout<'_> {
    /// Event lines were never sent; a few of them say what happened to the context.
    pub(super) fn message(&mut self, line: &Line, kind: &str, payload: &str) -> Result<(), Why> {
        let outer: Message = parse(payload)?;
        let message = outer
            .msg
            .map(|inner| parse(inner.get()))
            .transpose()?
            .unwrap_or(outer);
        self.history
            .disk(&format!("{kind}/{}", message.kind), line.bytes.len());
        if self.dialect.rules.is_some() {
            self.task_event(line.number, &message.kind, payload);
        }
        match &*message.kind {
            "token_count" => {
                if let Some(info) = message.info.filter(|info| info.get() != "null") {
                    let mut info = Info::read(info.get()).map_err(|e| refusal::of(&e))?;
                    info.service_tier = info.service_tier.or(message.service_tier);
                    let from = self.history.entries().len();
                    self.counted(line, &info);
                    if self.dialect.rules.is_some() {
                        self.reported(from, &info, payload);
                    }
                }
                message
                    .rate_limits
                    .into_iter()
                    .for_each(|limits| self.limits(line, limits));
            }
            "error" | "stream_error" => self.refused(line, &message),
            "task_started" | "turn_started" | "task_complete" | "turn_complete" => {
                self.terms.turn()
            }
            "thread_settings_applied" => {
                let settings = message
                    .thread_settings
                    .and_then(|settings| settings.service_tier);
                self.terms
                    .settings(settings.or(message.service_tier).as_ref());
            }
            "thread_rolled_back" if !self.is_replayed => {
                self.rolled_back(line, message.num_turns.unwrap_or(1))
            }
            "turn_aborted" if !self.is_replayed => {
                let event = Event {
                    what: What::Abort,
                    ..self.event_at(line)
                };
                self.history.event(event, References::default());
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn rolled_back(&mut self, line: &Line, turns: u64) {
        let kept = self
            .turns
            .len()
            .saturating_sub(usize::try_from(turns).unwrap_or(usize::MAX));
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
        self.history.event(
            event,
            References {
                back_to: Some(back_to),
                ..References::default()
            },
        );
    }

    /// A child was started: the output of the call names it (docs/formats.md 1.12, 2.5).
    pub(super) fn spawned(&mut self, line: &Line, span: &Span, text: &str) {
        if !matches!(span.tool.as_deref(), Some("spawn_agent" | "agent")) || self.is_replayed {
            return;
        }
        let Ok(output) = serde_json::from_str::<Value>(text) else {
            return;
        };
        let batch = output
            .get("batch_id")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let count = |key: &str| {
            output
                .get(key)
                .and_then(Value::as_array)
                .map(|agents| agents.len() as u64)
        };
        let agents = count("agents").or_else(|| count("agent_ids"));
        let worktrees = given(&output);
        let mut child = output
            .get("agent_id")
            .and_then(Value::as_str)
            .map(str::to_owned);
        if child.is_none() && (batch.is_none() || agents.is_none()) {
            return;
        }
        if self.dialect.rules.is_some() {
            if span
                .command
                .as_deref()
                .is_some_and(|action| action != "create")
            {
                return;
            }
            // What the agent is called is not what its session is called.
            child = None;
        }
        let review = batch
            .as_deref()
            .is_some_and(|batch| batch.eq_ignore_ascii_case("auto-review"));
        let what = if review { What::Review } else { What::Spawn };
        let event = Event {
            what,
            child,
            agents,
            batch,
            worktrees,
            call_id: span.call_id.clone(),
            ..self.event_at(line)
        };
        self.history.event(event, References::default());
    }

    /// A session in an agent's work tree was started by whoever gave the tree out; where no call
    /// did, by whoever the ledger of reviews names, or worked in the same repository at that time
    /// (docs/formats.md 2.5).
    pub(super) fn spawned_by(&mut self) {
        let session = &self.history.session;
        let lies_in = |mark: &&str| session.cwd.as_deref().is_some_and(|cwd| cwd.contains(mark));
        let dialect = &self.dialect;
        let away = [dialect.agent_folder, dialect.review_folder]
            .iter()
            .flatten()
            .any(lies_in);
        if session.parent.is_some() || !away {
            return;
        }
        let (cwd, started) = (
            session.cwd.as_deref().unwrap_or_default(),
            session.started.as_deref(),
        );
        let beside = self.source.beside;
        let by_ledger = || {
            (session.kind == Kind::Review)
                .then(|| self.asker())
                .flatten()
        };
        let at_work = || beside.at_work(repository(cwd)?, started?);
        let parent = beside
            .spawner_of(cwd, started)
            .or_else(by_ledger)
            .or_else(at_work);
        self.history.session.root.clone_from(&parent);
        self.history.session.parent = parent;
    }

    /// The first message of a session: where it is the errand of an agent, the session that sent it
    /// is its parent (docs/formats.md 2.5).
    pub(super) fn sent_by(&mut self, text: &str) {
        let session = &self.history.session;
        let lies_in = |mark: &str| session.cwd.as_deref().is_some_and(|cwd| cwd.contains(mark));
        let may = |rules: Rules| {
            (rules.is_errand)(text) || self.dialect.agent_folder.is_some_and(lies_in)
        };
        if session.kind == Kind::Review || !self.dialect.rules.is_some_and(may) {
            return;
        }
        let started = session.started.as_deref();
        let Some(sender) = self
            .source
            .beside
            .sender_of(text, started, self.source.path)
        else {
            return;
        };
        let session = &mut self.history.session;
        session.kind = Kind::Subagent;
        session.call_id = sender.call_id;
        session.root = Some(sender.thread.clone());
        session.parent = Some(sender.thread);
    }

    /// A review's result was handed back (docs/formats.md 1.12, 2.5).
    pub(super) fn reviewed(&mut self, line: &Line, text: &str) {
        let head: String = text.chars().take(200).collect();
        let reported = head
            .split_once("reported ")
            .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        let told = self.dialect.rules.and_then(|rules| (rules.findings)(text));
        let count = if head.contains("no findings") {
            Some(0)
        } else {
            reported.or(told)
        };
        let reason = if head.starts_with("[developer]") {
            "auto_review"
        } else {
            "review"
        };
        self.review_returned = reason == "review";
        let event = Event {
            what: What::Review,
            reason: Some(reason.into()),
            count,
            ..self.event_at(line)
        };
        let event = self.history.event(event, References::default());
        if reason == "auto_review" && !self.is_replayed {
            let at = self.at.as_deref().and_then(|at| at.parse().ok());
            self.returned.push(Returned { event, at, count });
        }
    }

    /// The oldest files name the working directory only in the prompt.
    pub(super) fn located(&mut self, text: &str) {
        let session = &mut self.history.session;
        let named = text
            .split_once("<cwd>")
            .and_then(|(_, rest)| rest.split_once("</cwd>"));
        if let (None, Some((cwd, _))) = (&session.cwd, named) {
            session.cwd = Some(cwd.trim().to_owned());
            session.project = project(cwd);
        }
    }

    /// The same, of an item that is not taken apart: where requests alone are asked for.
    pub(super) fn located_in_item(&mut self, item: &str) {
        let is_needed = self.history.session.cwd.is_none();
        let told = is_needed
            .then(|| item.split_once("<environment_context>"))
            .flatten();
        if let Some((text, _)) =
            told.and_then(|(_, rest)| rest.split_once("</environment_context>"))
        {
            self.located(&place::decode(text.as_bytes(), Form::Plain));
        }
    }

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
    outer
        .rsplit_once("/working/")
        .map(|(_, repository)| repository)
        .filter(|name| !name.is_empty())
}

/// The work trees that the output of a call gives to the agents it started.
fn given(output: &Value) -> Vec<String> {
    let agents = output
        .get("agents")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    agents
        .filter_map(|agent| agent.get("worktree_path")?.as_str())
        .map(str::to_owned)
        .collect()
}

/// The work trees that an output gives to agents, with its time.
pub(in crate::format) fn worktrees(line: &str) -> Vec<Worktree> {
    let Ok(envelope) = parse::<Envelope>(line) else {
        return Vec::new();
    };
    let at = envelope.timestamp.as_deref().and_then(time::instant);
    let payload = envelope
        .payload
        .and_then(|payload| parse::<Value>(payload.get()).ok())
        .unwrap_or_default();
    let output = payload
        .get("output")
        .and_then(Value::as_str)
        .and_then(|output| parse::<Value>(output).ok());
    let paths = given(&output.unwrap_or_default());
    paths
        .into_iter()
        .map(|path| Worktree {
            path,
            at: at.clone(),
        })
        .collect()
}
