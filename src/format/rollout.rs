//! Rollouts: the session files that two agents write in one family of shapes.
//!
//! A line is an envelope (`timestamp`, `type`, `payload`), or in the oldest files the bare item.
//! Response items become spans, in the order they stand; usage comes from `token_usage_record`
//! lines where there are any, else from the running counter ([`counter`]); a compaction or rollback
//! becomes a `context` event; everything else was never sent to a model and is summed as `disk`
//! (docs/formats.md 1.3). What differs between the agents is a [`Dialect`]: this file names
//! neither.

mod compaction;
mod counter;
mod dialect;
mod entry;
mod event;
mod fork;
mod home;
mod item;
mod limit;
mod mark;
mod meta;
mod prefix;
mod report;
mod review;
mod scan;
pub(super) mod tape;
mod terms;
mod usage;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::call::Call;
use super::history::{Handle, History, Layout, Made, Thread};
use super::ids::ById;
use super::lines::{Line, Why};
use super::{Reader, Source, id_of_name, identity, order, parse, time};
use crate::record::{Form, Kind, Part, Span};
use crate::short;
use compaction::Compacted;
pub(super) use dialect::Dialect;
use fork::Replay;
use item::{Found, Item, Reading};
use limit::Used;
use report::Reports;
use review::Returned;
use tape::{Mark, Tape, Told};
use terms::Terms;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "time::field")]
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
    #[serde(borrow)]
    rate_limits: Option<&'a RawValue>,
    #[serde(borrow)]
    codex_error_info: Option<&'a RawValue>,
    num_turns: Option<u64>,
    thread_settings: Option<Settings>,
    service_tier: Option<Value>,
}

/// What `thread_settings_applied` says.
#[derive(Deserialize)]
struct Settings {
    service_tier: Option<Value>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TurnContext {
    model: Option<String>,
    service_tier: Option<Value>,
    truncation_policy: Option<Truncation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Truncation {
    mode: String,
    limit: u64,
}

pub(super) use entry::entries;
pub(super) use event::worktrees;
pub(super) use meta::{cwd, thread_id};

/// Reads one rollout.
pub(super) struct Rollout<'s> {
    dialect: Dialect,
    source: Source<'s>,
    history: History,
    /// Instant of the line at hand.
    at: Option<String>,
    model: Option<String>,
    /// Calls by id, for their outputs.
    calls: ById<Box<Call>>,
    /// Spans in the context, in order.
    live: Vec<Handle>,
    /// Events that began the turns still in the context.
    turns: Vec<Handle>,
    reports: Reports,
    /// The thread is a fork or was started by another: its file may begin with that one's lines.
    has_parent: bool,
    /// Which lines of the file are a parent's.
    replay: Replay,
    /// The line at hand is a parent's.
    is_replayed: bool,
    last_request: Option<Handle>,
    /// The lines at hand are of this file, not of the thread's own.
    other_file: Option<String>,
    /// How many files deep the line at hand is.
    prefixes: u32,
    /// Text of the last response, where it was a message and nothing came after it.
    last_answer: Option<String>,
    /// Outputs longer than this are sent cut (docs/formats.md 1.7).
    cut_bytes: Option<u64>,
    /// A review's result was just handed back: the message that follows is not this model's.
    review_returned: bool,
    /// Results of automatic reviews that were handed back.
    returned: Vec<Returned>,
    /// Prompts that a person typed, once somebody asked.
    typed: Option<HashSet<String>>,
    /// Calls whose output was there already.
    answered: HashSet<u64>,
    /// What is used of the provider's windows, as last reported.
    limits: Vec<Used>,
    /// What else the lines tell, where the dialect has rules that ask for it.
    tape: Tape,
    /// What the price of requests depends on beside tokens.
    terms: Terms,
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
            calls: ById::default(),
            live: Vec::new(),
            turns: Vec::new(),
            reports: Reports::default(),
            has_parent: false,
            replay: Replay::default(),
            is_replayed: false,
            last_request: None,
            other_file: None,
            prefixes: 0,
            last_answer: None,
            cut_bytes: None,
            review_returned: false,
            returned: Vec::new(),
            typed: None,
            answered: HashSet::new(),
            limits: Vec::new(),
            tape: Tape::default(),
            terms: Terms::default(),
        }
    }

    fn payload(&mut self, line: &Line, kind: &str, payload: &RawValue) -> Result<(), Why> {
        let text = payload.get();
        if kind == "response_item" && !self.is_replayed {
            self.terms.item(payload);
        }
        match kind {
            "response_item" if self.source.wants.spans => self.item(line, &parse(text)?),
            "response_item" => self.located_in_item(text),
            "session_meta" => self.meta(line, parse(text)?),
            "turn_context" => {
                let context: TurnContext = parse(text)?;
                self.terms.of_turn(context.service_tier.as_ref());
                self.model = context.model.or(self.model.take());
                self.cut_bytes = context
                    .truncation_policy
                    .and_then(|policy| policy.bytes())
                    .or(self.cut_bytes);
                self.history.disk(kind, line.bytes.len());
            }
            "compacted" if self.source.wants.spans => {
                self.compacted(line, &parse::<Compacted>(text)?)
            }
            "compacted" => {}
            "token_usage_record" => {
                self.record(line, parse(text)?);
                self.history.disk(kind, line.bytes.len());
            }
            "event_msg" | "event" => self.message(line, kind, text)?,
            _ => self.history.disk(kind, line.bytes.len()),
        }
        Ok(())
    }

    fn item(&mut self, line: &Line, item: &Item) {
        self.last_answer = None;
        let mut reading = Reading::of(line, self.source.wants, self.at.clone());
        reading.results = self.dialect.rules.map(|rules| rules.results);
        let call = item
            .call_id
            .as_deref()
            .and_then(|id| self.calls.get(id))
            .map(|call| &**call);
        if !reading.item(item, call) {
            return self
                .history
                .disk(&format!("response_item/{}", item.kind), line.bytes.len());
        }
        let mut found = reading.found;
        if self.dialect.keeps_home && found.first().is_some_and(|found| self.repeats(&found.span)) {
            self.mark(Mark::OutputAgain);
            return self
                .history
                .disk("response_item/repeated_output", line.bytes.len());
        }
        if !mark::rewrites_shell(self.history.session.version.as_deref()) {
            found.iter_mut().for_each(|found| found.span.form = None);
        }
        if std::mem::take(&mut self.review_returned) {
            found.iter_mut().for_each(|found| found.made = Made::Input);
        }
        if found.iter().any(|found| found.span.source == "ephemeral") {
            found
                .iter_mut()
                .for_each(|found| found.span.detail = Some("ephemeral".into()));
        }
        let (look, from) = (
            tape::look(self.dialect.rules, &item.kind, &found),
            self.history.entries().len(),
        );
        for found in found {
            self.note(line, &found);
            self.add(line, found);
        }
        if let Some((role, look)) = look {
            self.message_recorded(from, role, look);
        }
    }

    /// Whether an output answers a call that was answered before: only the first is sent.
    fn repeats(&mut self, span: &Span) -> bool {
        let id = span
            .call_id
            .as_ref()
            .filter(|_| span.part == Part::ToolOutput);
        id.is_some_and(|id| !self.answered.insert(short::hash(&**id)))
    }

    /// Remembers what later lines refer to, and writes the events that a span gives rise to.
    fn note(&mut self, line: &Line, found: &Found) {
        let Found { span, made, text } = found;
        match span.part {
            Part::ToolCall => span
                .call_id
                .iter()
                .for_each(|id| self.calls.insert(id, Box::new(Call::of(span)))),
            Part::ToolOutput => self.spawned(line, span, text),
            Part::Text if *made == Made::ByOrder => self.last_answer = Some(text.clone()),
            Part::Text if span.source == "review" => self.reviewed(line, text),
            Part::Text if span.source == "environment" => self.located(text),
            _ => {}
        }
    }

    /// Some versions send only the head of a long shell output. It is no JSON then: nothing
    /// rewrites it.
    fn cut_line(&self, span: &mut Span) {
        let version = self.history.session.version.as_deref();
        if let Some(most) =
            mark::cut_line_bytes(version, span.bytes).filter(|_| span.form == Some(Form::ShellJson))
        {
            (span.cut_bytes, span.form) = (Some(most), None);
        }
    }

    fn add(&mut self, line: &Line, found: Found) {
        let Found {
            mut span,
            mut made,
            text,
        } = found;
        if self.is_replayed {
            span.inherited = true;
            made = Made::Input;
        } else if span.source == "user" && made == Made::Input {
            if !self.is_typed(&text) {
                span.source = "machine".into();
            }
            if self.turns.is_empty() {
                self.sent_by(&text);
            }
            self.turns
                .extend(self.history.user_speaks(self.at.as_deref(), line.number));
        }
        if span.part == Part::ToolOutput {
            span.cut_bytes = self.cut_bytes.filter(|most| span.bytes > *most);
            self.cut_line(&mut span);
        }
        span.file.clone_from(&self.other_file);
        let handle = self.history.span(span, made);
        self.live.push(handle);
    }
}

impl Reader for Rollout<'_> {
    fn take(&mut self, line: &Line) -> Result<(), Why> {
        let envelope: Envelope = parse(line.json)?;
        self.at = envelope
            .timestamp
            .as_deref()
            .and_then(time::instant)
            .or(self.at.take());
        self.is_replayed =
            self.is_in_prefix() || self.replay.has_line(line.offset, envelope.ordinal);
        match envelope.payload {
            Some(payload) => self.payload(line, &envelope.kind, payload)?,
            None if envelope.record_type.is_some() => self.history.disk("state", line.bytes.len()),
            None if envelope.kind.is_empty() => self.meta(line, parse(line.json)?),
            None => self.payload(line, "response_item", parse::<&RawValue>(line.json)?)?,
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Vec<Thread> {
        if self.history.session.session.is_empty() {
            self.history.session.session = id_of_name(self.source.path);
        }
        self.reviews();
        if let Some(handle) = self.last_request {
            self.history
                .complete(handle, |request| self.terms.rest(request));
        }
        self.history.name_first_models();
        let thread = identity(&[&self.history.session.session, self.source.path]);
        let thread = thread.get(..12).unwrap_or(&thread).to_owned();
        if let Some(rules) = self.dialect.rules.filter(|_| self.source.wants.spans) {
            if self.history.session.kind == Kind::Main && (rules.is_review)(&self.tape) {
                self.history.session.kind = Kind::Review;
            }
            let told = Told {
                entries: self.history.take_entries(),
                tape: self.tape,
            };
            return vec![self.history.finish_in_order(
                (rules.settle)(told),
                HashMap::new(),
                &thread,
            )];
        }
        let layout = if self.source.wants.spans {
            order::layout(self.history.entries())
        } else {
            Layout::Before
        };
        vec![self.history.finish(layout, &thread)]
    }
}

impl Truncation {
    /// The limit on the wire in bytes: the budget and a fifth (docs/formats.md 1.7).
    fn bytes(&self) -> Option<u64> {
        let budget = match self.mode.as_str() {
            "bytes" => self.limit,
            "tokens" => self.limit.checked_mul(4)?,
            _ => return None,
        };
        Some(budget / 5 * 6).filter(|bytes| *bytes > 0)
    }
}
