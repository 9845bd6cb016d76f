//! Rollouts: the session files that two agents write in one family of shapes.
//!
//! A line is an envelope (`timestamp`, `type`, `payload`), or in the oldest files the bare item.
//! Response items, and what is sent of the first line and of compactions, become spans in the order
//! of the file. Usage comes from `token_usage_record` lines where there are any, else from the
//! running counter ([`counter`]). A compaction or rollback becomes a `context` event. The rest was
//! never sent to a model and is summed as `disk` (docs/formats.md 1.3). What differs between the
//! agents is a [`Dialect`]: this file names neither.

mod child;
mod compaction;
mod counter;
mod dialect;
mod entry;
mod event;
mod fork;
mod found_span;
mod home;
mod item;
mod limit;
mod line;
mod meta;
mod opening;
mod prefix;
mod prompt_kinds;
mod report;
mod review;
mod scan;
mod shell_output;
mod spans;
pub(super) mod tape;
mod terms;
mod tools;
mod usage;

use std::collections::{HashMap, HashSet};

use serde_json::value::RawValue;

use super::call::Call;
use super::history::{FinishedThread, Handle, OpenThread};
use super::ids::ById;
use super::lines::{Line, Why};
use super::order::{self, ReportLayout};
use super::reader::{Reader, Source};
use super::time;
use super::value::{id_of_name, identity, parse};
use crate::record::Kind;
use compaction::CompactedLine;
pub(super) use dialect::Dialect;
use fork::Replay;
use limit::UsedWindow;
use line::{Envelope, TurnContext};
use report::UsageReports;
use review::ReviewResult;
use tape::{Recording, Tape};
use terms::PriceTerms;

pub(super) use entry::entries;
pub(super) use event::worktrees;
pub(super) use meta::{cwd, thread_id};

/// Reads one rollout.
pub(super) struct Rollout<'s> {
    dialect: Dialect,
    source: Source<'s>,
    history: OpenThread,
    /// Instant of the current line.
    at: Option<String>,
    model: Option<String>,
    /// Calls by id, for their outputs.
    calls: ById<Box<Call>>,
    /// Spans in the context, in order.
    live: Vec<Handle>,
    /// Events that began the turns still in the context.
    turns: Vec<Handle>,
    reports: UsageReports,
    /// The thread is a fork or was started by another: its file may begin with lines of that
    /// thread.
    has_parent: bool,
    /// Which lines of the file are a parent's.
    replay: Replay,
    /// The current line is a parent's.
    is_replayed: bool,
    last_request: Option<Handle>,
    /// The file of the current line, where it is not the thread's file.
    other_file: Option<String>,
    /// The number of prefixes that the current line is nested in.
    prefixes: u32,
    /// Text of the last response, where it was a message and nothing came after it.
    last_answer: Option<String>,
    /// Outputs longer than this are sent cut (docs/formats.md 1.7).
    cut_bytes: Option<u64>,
    /// A review's result was just handed back: another model made the next message.
    review_returned: bool,
    /// Results of automatic reviews that were handed back.
    returned: Vec<ReviewResult>,
    /// Prompts that a person typed, read when they are first needed.
    typed: Option<HashSet<String>>,
    /// Hashes of the ids of calls that have an output.
    answered: HashSet<u64>,
    /// How much of each rate window is used, as last reported.
    limits: Vec<UsedWindow>,
    /// What else the lines record, for a dialect with rules.
    tape: Tape,
    /// What the price of requests depends on besides tokens.
    terms: PriceTerms,
}

impl<'s> Rollout<'s> {
    pub(super) fn new(dialect: Dialect, source: Source<'s>) -> Rollout<'s> {
        let mut history = OpenThread::default();
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
            reports: UsageReports::default(),
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
            terms: PriceTerms::default(),
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
                self.turn_context(parse(text)?);
                self.history.count_disk(kind, line.bytes.len());
            }
            "compacted" if self.source.wants.spans => {
                self.compacted(line, &parse::<CompactedLine>(text)?)
            }
            "compacted" => {}
            "token_usage_record" => {
                self.record(line, parse(text)?);
                self.history.count_disk(kind, line.bytes.len());
            }
            "event_msg" | "event" => self.message(line, kind, text)?,
            _ => self.history.count_disk(kind, line.bytes.len()),
        }
        Ok(())
    }

    fn turn_context(&mut self, context: TurnContext) {
        self.terms.of_turn(context.service_tier.as_ref());
        if context.model.is_some() {
            self.model = context.model;
        }
        if let Some(policy) = context.truncation_policy
            && let Some(bytes) = policy.bytes()
        {
            self.cut_bytes = Some(bytes);
        }
    }
}

impl Reader for Rollout<'_> {
    fn take(&mut self, line: &Line) -> Result<(), Why> {
        let envelope: Envelope = parse(line.json)?;
        if let Some(at) = envelope.timestamp.as_deref().and_then(time::instant) {
            self.at = Some(at);
        }
        self.is_replayed =
            self.is_in_prefix() || self.replay.take_line(line.offset, envelope.ordinal);
        match envelope.payload {
            Some(payload) => self.payload(line, &envelope.kind, payload)?,
            None if envelope.record_type.is_some() => {
                self.history.count_disk("state", line.bytes.len())
            }
            None if envelope.kind.is_empty() => self.meta(line, parse(line.json)?),
            None => self.payload(line, "response_item", parse::<&RawValue>(line.json)?)?,
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Vec<FinishedThread> {
        if self.history.session.session.is_empty() {
            self.history.session.session = id_of_name(self.source.path);
        }
        self.reviews();
        if let Some(handle) = self.last_request {
            self.history
                .change_request(handle, |request| self.terms.rest(request));
        }
        self.history.name_first_models();
        let thread = identity(&[&self.history.session.session, self.source.path]);
        let thread = thread.get(..12).unwrap_or(&thread).to_owned();
        if !self.source.wants.spans {
            return vec![order::finish(self.history, ReportLayout::Before, &thread)];
        }
        let Some(rules) = self.dialect.rules else {
            let layout = order::layout(self.history.entries());
            return vec![order::finish(self.history, layout, &thread)];
        };
        if self.history.session.kind == Kind::Main && (rules.is_review)(&self.tape) {
            self.history.session.kind = Kind::Review;
        }
        let recording = Recording {
            entries: self.history.take_entries(),
            tape: self.tape,
        };
        let arranged = (rules.settle)(recording);
        let marks = HashMap::new();
        vec![self.history.finish_in_order(arranged, marks, &thread)]
    }
}
