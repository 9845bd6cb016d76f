//! Rollouts: the session files that two agents write in one family of shapes.
//!
//! A line is an envelope (`timestamp`, `type`, `payload`), or in the oldest files the bare item.
//! Response items become spans, in the order they stand; usage comes from `token_usage_record`
//! lines where there are any, else from the running counter ([`usage`]); a compaction or rollback
//! becomes a `context` event; everything else was never sent to a model and is summed as `disk`
//! (FORMATS 1.3). What differs between the agents is a [`Dialect`]: this file names neither.

mod compaction;
mod fork;
mod item;
mod mark;
mod meta;
mod usage;

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::call::Call;
use super::history::{Handle, History, Layout, Made, References, Thread, project};
use super::lines::Line;
use super::{Reader, Source, identity, order, time};
use crate::record::{Event, Part, Request, Role, Span, What};
use compaction::Compacted;
use fork::{Parent, Replay};
use item::{Found, Item, Reading};
use meta::Meta;
use usage::{Counter, Info, Usage};

/// What differs between the agents that write rollouts.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    /// Name of the agent, as in the table of formats.
    pub(super) agent: &'static str,
    /// Whether `base_instructions` holds the user's documents, not the model's system prompt
    /// (FORMATS 2.2).
    pub(super) base_is_users: bool,
    /// What the working directory of an automatic review has in it (FORMATS 2.5).
    pub(super) review_folder: Option<&'static str>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    timestamp: Option<Cow<'a, str>>,
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    ordinal: Option<u64>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    #[serde(borrow)]
    record_type: Option<&'a RawValue>,
}

/// The message of an event line.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    info: Option<&'a RawValue>,
    #[serde(borrow)]
    msg: Option<&'a RawValue>,
    num_turns: Option<u64>,
    #[serde(borrow)]
    turn_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TurnContext {
    model: Option<String>,
    turn_id: Option<String>,
    truncation_policy: Option<Truncation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Truncation {
    mode: String,
    limit: u64,
}

#[derive(Deserialize)]
struct UsageRecord {
    #[serde(default)]
    thread_id: String,
    response_id: Option<String>,
    usage: Usage,
}

/// Reads one rollout.
pub(super) struct Rollout<'s> {
    dialect: Dialect,
    source: Source<'s>,
    history: History,
    /// Instant of the line at hand.
    at: Option<String>,
    model: Option<String>,
    /// Calls by id, for their outputs.
    calls: HashMap<String, Call>,
    /// Spans in the context, in order.
    live: Vec<Handle>,
    /// Events that began the turns still in the context.
    turns: Vec<Handle>,
    counter: Counter,
    /// The file has usage records: the counter is redundant.
    has_records: bool,
    /// The thread whose running sum this file's counter continues: its own, or the oldest ancestor.
    base_id: String,
    /// Lines are copies of a parent's.
    replays: Replay,
    parent: Parent,
    /// The lines at hand are of this file, not of the thread's own.
    other_file: Option<String>,
    /// How many files deep the line at hand is.
    prefixes: u32,
    /// Text of the last response, where it was a message and nothing came after it.
    last_answer: Option<String>,
    /// Outputs longer than this are sent cut (FORMATS 1.7).
    cut_bytes: Option<u64>,
    /// A review's result was just handed back: the message that follows is not this model's.
    review_returned: bool,
    /// The thread was forked from another.
    forked: bool,
}

impl<'s> Rollout<'s> {
    pub(super) fn new(dialect: Dialect, source: Source<'s>) -> Rollout<'s> {
        let mut history = History::default();
        history.session.agent = dialect.agent.to_owned();
        Rollout {
            dialect,
            source,
            history,
            at: None,
            model: None,
            calls: HashMap::new(),
            live: Vec::new(),
            turns: Vec::new(),
            counter: Counter::default(),
            has_records: false,
            base_id: String::new(),
            replays: Replay::Ended,
            parent: Parent::default(),
            other_file: None,
            prefixes: 0,
            last_answer: None,
            cut_bytes: None,
            review_returned: false,
            forked: false,
        }
    }

    fn payload(&mut self, line: &Line, kind: &str, payload: &RawValue) -> Result<(), String> {
        let text = payload.get();
        match kind {
            "response_item" if self.source.wants.spans => self.item(line, &parse(text)?),
            "response_item" => {}
            "session_meta" => self.meta(line, parse(text)?),
            "turn_context" => {
                let context: TurnContext = parse(text)?;
                self.own_turn(context.turn_id.as_deref().unwrap_or_default());
                self.model = context.model.or(self.model.take());
                self.cut_bytes = context.truncation_policy.and_then(|policy| policy.bytes()).or(self.cut_bytes);
                self.history.disk(kind, line.bytes.len());
            }
            "compacted" if self.source.wants.spans => self.compacted(line, &parse::<Compacted>(text)?),
            "compacted" => {}
            "token_usage_record" => {
                self.record(line, parse(text)?);
                self.history.disk(kind, line.bytes.len());
            }
            "event_msg" | "event" => self.message(line, kind, parse(text)?)?,
            _ => self.history.disk(kind, line.bytes.len()),
        }
        Ok(())
    }

    fn meta(&mut self, line: &Line, meta: Meta) {
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
        meta.fill(&mut self.history.session, self.dialect.review_folder);
        self.base_id = meta.forked_from_id.clone().unwrap_or_else(|| meta.id.clone());
        self.forked = self.base_id != meta.id;
        self.counter.continues = self.forked;
        if !self.source.wants.spans {
            return;
        }
        let mut reading = Reading { line, wants: self.source.wants, at: self.at.clone(), found: Vec::new() };
        if let Some(base) = meta.base_instructions.and_then(|base| base.text) {
            let (role, source) = match self.dialect.base_is_users {
                true => (Role::User, "user_instructions"),
                false => (Role::System, "base_instructions"),
            };
            reading.text(base.get(), &Span { role, source: source.into(), ..Span::default() });
        }
        if let Some(tools) = meta.dynamic_tools {
            let template = Span { role: Role::Developer, source: "tools".into(), ..Span::default() };
            reading.text(tools.get(), &template);
        }
        let found = reading.found;
        found.into_iter().for_each(|found| self.add(line, found));
        if let Some(base) = &meta.history_base {
            self.prefix(base);
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

    fn item(&mut self, line: &Line, item: &Item) {
        self.last_answer = None;
        let mut reading = Reading { line, wants: self.source.wants, at: self.at.clone(), found: Vec::new() };
        let call = item.call_id.as_deref().and_then(|id| self.calls.get(id));
        if !reading.item(item, call) {
            return self.history.disk(&format!("response_item/{}", item.kind), line.bytes.len());
        }
        let mut found = reading.found;
        if !mark::rewrites_shell(self.history.session.version.as_deref()) {
            found.iter_mut().for_each(|found| found.span.form = None);
        }
        if std::mem::take(&mut self.review_returned) {
            found.iter_mut().for_each(|found| found.made = Made::Input);
        }
        if found.iter().any(|found| found.span.source == "ephemeral") {
            found.iter_mut().for_each(|found| found.span.detail = Some("ephemeral".into()));
        }
        for found in found {
            self.note(line, &found);
            self.add(line, found);
        }
    }

    /// Remembers what later lines refer to, and writes the events that a span gives rise to.
    fn note(&mut self, line: &Line, found: &Found) {
        let Found { span, made, text } = found;
        match span.part {
            Part::ToolCall => {
                let call = Call {
                    tool: span.tool.clone().unwrap_or_default(),
                    server: span.server.clone(),
                    wire_name: span.wire_name.clone(),
                    command: span.command.clone(),
                    target: span.target.clone(),
                };
                span.call_id.clone().map(|id| self.calls.insert(id, call));
            }
            Part::ToolOutput => self.spawned(line, span, text),
            Part::Text if *made == Made::ByOrder => self.last_answer = Some(text.clone()),
            Part::Text if span.source == "review" => self.reviewed(line, text),
            Part::Text if span.source == "environment" => self.located(text),
            _ => {}
        }
    }

    fn add(&mut self, line: &Line, found: Found) {
        let Found { mut span, mut made, .. } = found;
        if self.is_replayed() {
            span.inherited = true;
            made = Made::Input;
        } else if span.source == "user" && made == Made::Input {
            self.turns.extend(self.history.user_speaks(self.at.as_deref(), line.number));
        }
        if span.part == Part::ToolOutput {
            span.cut_bytes = self.cut_bytes.filter(|most| span.bytes > *most);
        }
        span.file.clone_from(&self.other_file);
        let handle = self.history.span(span, made);
        self.live.push(handle);
    }

    /// The oldest files name the working directory only in the prompt.
    fn located(&mut self, text: &str) {
        let session = &mut self.history.session;
        let named = text.split_once("<cwd>").and_then(|(_, rest)| rest.split_once("</cwd>"));
        if let (None, Some((cwd, _))) = (&session.cwd, named) {
            session.cwd = Some(cwd.trim().to_owned());
            session.project = project(cwd);
        }
    }

    /// A child was started: the output of the call names it (FORMATS 1.12, 2.5).
    fn spawned(&mut self, line: &Line, span: &Span, text: &str) {
        if !matches!(span.tool.as_deref(), Some("spawn_agent" | "agent")) || self.is_replayed() {
            return;
        }
        let Ok(output) = serde_json::from_str::<Value>(text) else { return };
        let batch = output.get("batch_id").and_then(Value::as_str).map(str::to_owned);
        let agents = output.get("agents").and_then(Value::as_array).map(|agents| agents.len() as u64);
        let child = output.get("agent_id").and_then(Value::as_str).map(str::to_owned);
        if child.is_none() && (batch.is_none() || agents.is_none()) {
            return;
        }
        let review = batch.as_deref().is_some_and(|batch| batch.eq_ignore_ascii_case("auto-review"));
        let what = if review { What::Review } else { What::Spawn };
        let event = Event { what, child, agents, batch, call_id: span.call_id.clone(), ..self.event_at(line) };
        self.history.event(event, References::default());
    }

    /// A review's result was handed back (FORMATS 1.12, 2.5).
    fn reviewed(&mut self, line: &Line, text: &str) {
        let head: String = text.chars().take(200).collect();
        let reported = head.split_once("reported ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        let count = if head.contains("no findings") { Some(0) } else { reported };
        let reason = if head.starts_with("[developer]") { "auto_review" } else { "review" };
        self.review_returned = reason == "review";
        let event = Event { what: What::Review, reason: Some(reason.into()), count, ..self.event_at(line) };
        self.history.event(event, References::default());
    }

    fn event_at(&self, line: &Line) -> Event {
        Event { at: self.at.clone(), line: Some(line.number), ..Event::default() }
    }

    /// Event lines were never sent; a few of them say what happened to the context.
    fn message(&mut self, line: &Line, kind: &str, outer: Message) -> Result<(), String> {
        let message = outer.msg.map(|inner| parse(inner.get())).transpose()?.unwrap_or(outer);
        self.history.disk(&format!("{kind}/{}", message.kind), line.bytes.len());
        match &*message.kind {
            "token_count" => {
                if let Some(info) = message.info.filter(|info| info.get() != "null") {
                    self.counted(line, &parse(info.get())?);
                }
            }
            "task_started" | "turn_started" => self.own_turn(message.turn_id.as_deref().unwrap_or_default()),
            "thread_rolled_back" if !self.is_replayed() => self.rolled_back(line, message.num_turns.unwrap_or(1)),
            "turn_aborted" if !self.is_replayed() => {
                let event = Event { what: What::Abort, ..self.event_at(line) };
                self.history.event(event, References::default());
            }
            _ => {}
        }
        Ok(())
    }

    fn rolled_back(&mut self, line: &Line, turns: u64) {
        let kept = self.turns.len().saturating_sub(usize::try_from(turns).unwrap_or(usize::MAX));
        let Some(back_to) = self.turns.get(kept).copied() else { return };
        self.turns.truncate(kept);
        self.live.retain(|handle| *handle < back_to);
        let event = Event { what: What::Context, reason: Some("rollback".into()), ..self.event_at(line) };
        self.history.event(event, References { back_to: Some(back_to), ..References::default() });
    }

    fn counted(&mut self, line: &Line, info: &Info) {
        let model = info.latest_response_model.clone().or_else(|| info.requested_model.clone());
        self.model = model.or(self.model.take());
        let added = self.counter.take(info);
        let parents = self.forked && self.parent.has(info, self.at.as_deref());
        if parents && self.replays == Replay::Ended {
            // What was taken for the thread's own so far was the parent's still.
            self.history.inherit();
        }
        if added.last.is_some() && !parents && (self.replays == Replay::Ended || self.parent.is_known()) {
            self.parent.left = true;
            self.replays = Replay::Ended;
        }
        if self.has_records || parents || self.is_replayed() {
            return;
        }
        let sums = format!("{:?}{:?}", info.total_token_usage, info.last_token_usage);
        let key = |what: &str| identity(&[self.dialect.agent, &self.base_id, what, &sums]);
        let (unseen_key, last_key) = (key("unseen"), key("last"));
        if let Some(unseen) = added.unseen {
            let request = self.request(line, unseen, unseen_key);
            self.history.hidden_request(request);
        }
        if let Some(last) = added.last {
            let request = self.request(line, last, last_key);
            self.history.request(request);
        }
    }

    fn record(&mut self, line: &Line, record: UsageRecord) {
        if record.thread_id != self.history.session.session {
            return;
        }
        self.has_records = true;
        let response = record.response_id.unwrap_or_else(|| format!("{}:{}", record.thread_id, line.number));
        let request = self.request(line, record.usage, identity(&[self.dialect.agent, &self.base_id, &response]));
        self.history.request(request);
    }

    fn request(&self, line: &Line, usage: Usage, key: String) -> Request {
        Request {
            at: self.at.clone(),
            key: Some(key),
            model: self.model.clone(),
            input_tokens: Some(usage.input_tokens),
            cache_read_tokens: Some(usage.cached_input_tokens.min(usage.input_tokens)),
            cache_write_tokens: Some(usage.cache_write_input_tokens).filter(|tokens| *tokens > 0),
            output_tokens: Some(usage.output_tokens),
            reasoning_tokens: Some(usage.reasoning_output_tokens),
            line: Some(line.number),
            ..Request::default()
        }
    }
}

impl Reader for Rollout<'_> {
    fn take(&mut self, line: &Line) -> Result<(), String> {
        let envelope: Envelope = parse(line.json)?;
        self.at = envelope.timestamp.as_deref().and_then(time::instant).or(self.at.take());
        if let (Replay::Ordinal(first), Some(ordinal)) = (&self.replays, envelope.ordinal)
            && ordinal >= *first
        {
            self.replays = Replay::Ended;
        }
        match envelope.payload {
            Some(payload) => self.payload(line, &envelope.kind, payload)?,
            None if envelope.record_type.is_some() => self.history.disk("state", line.bytes.len()),
            None if envelope.kind.is_empty() => self.meta(line, parse(line.json)?),
            None => self.payload(line, "response_item", parse::<&RawValue>(line.json)?)?,
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Vec<Thread> {
        let layout = if self.source.wants.spans { order::layout(self.history.entries()) } else { Layout::Before };
        let thread = identity(&[&self.history.session.session, self.source.path]);
        let thread = thread.get(..12).unwrap_or(&thread).to_owned();
        vec![self.history.finish(layout, &thread)]
    }
}

impl Truncation {
    /// The limit on the wire in bytes: the budget and a fifth (FORMATS 1.7).
    fn bytes(&self) -> Option<u64> {
        let budget = match self.mode.as_str() {
            "bytes" => self.limit,
            "tokens" => self.limit.checked_mul(4)?,
            _ => return None,
        };
        Some(budget / 5 * 6).filter(|bytes| *bytes > 0)
    }
}

/// The id that a file's first line names.
pub(super) fn thread_id(first: &str) -> Option<String> {
    let envelope: Envelope = parse(first).ok()?;
    let meta: Meta = parse(envelope.payload.map_or(first, RawValue::get)).ok()?;
    Some(meta.id).filter(|id| !id.is_empty())
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(super::why)
}
