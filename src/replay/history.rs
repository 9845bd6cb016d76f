//! The history of a thread, as the replay is fed it.
//!
//! Spans, requests and changes of the context in the order of the thread's records, cut down to
//! the numbers that the replay needs; names are kept once, as labels.

use std::rc::Rc;

use super::context::Change;
use super::label::Labels;
use super::price::{Prices, Tariff};
use super::total::Period;
use crate::record::{Event, Part, Request, Role};

/// A span as the replay is told of it. Texts are borrowed: what is kept is 32 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Content<'a> {
    /// Place in the order of the thread's records.
    pub seq: u64,
    /// Plain tokens; `None` where nothing is known of what it weighs when it is sent.
    pub tokens: Option<u64>,
    /// What it weighs among the other reasoning of its request, in any unit that they share.
    pub weight: u64,
    /// Ordinal of the request that produced it.
    pub made_by: Option<u64>,
    /// Whose turn in the conversation it is.
    pub role: Role,
    /// What kind of content it is.
    pub part: Part,
    /// Where it comes from.
    pub source: &'a str,
    /// Name of the tool, or empty.
    pub tool: &'a str,
    /// Server of the tool, or empty.
    pub server: &'a str,
    /// Program and verb, or empty.
    pub command: &'a str,
    /// Only the next request carries it.
    pub ephemeral: bool,
}

/// What kinds of content a context is made of; the order of `context_*_tokens` in [`Billed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Instructions,
    Tools,
    Messages,
    Images,
    Reasoning,
}

/// Tokens by [`Class`].
pub(super) type Classes = [u64; 5];

impl Class {
    /// Text is a message where somebody said it, and instructions where the program added it.
    fn of(content: &Content) -> Class {
        match content.part {
            Part::Reasoning => Class::Reasoning,
            Part::Image | Part::Document => Class::Images,
            Part::ToolCall | Part::ToolOutput => Class::Tools,
            Part::Text | Part::Opaque => match (content.role, content.source) {
                (Role::Assistant | Role::Tool, _) | (_, "user" | "compaction_summary") => Class::Messages,
                _ => Class::Instructions,
            },
        }
    }
}

/// What is kept of a span.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) seq: u64,
    /// 0 where not known.
    pub(super) tokens: u32,
    pub(super) weight: u32,
    pub(super) label: u32,
    pub(super) class: Class,
    pub(super) known: bool,
    pub(super) reasoning: bool,
    pub(super) ephemeral: bool,
    /// What a user said, in text: what some agents keep at a compaction.
    pub(super) message: bool,
}

/// What is kept of a request.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) n: u64,
    pub(super) counted: bool,
    pub(super) period: Period,
    pub(super) input: Option<u64>,
    pub(super) cache_read: u64,
    pub(super) cache_write: u64,
    pub(super) output: u64,
    pub(super) reasoning: Option<u64>,
    /// What its tokens cost, where it is counted and the price is known.
    pub(super) tariff: Option<Tariff>,
}

/// Something that happens after `after` spans have entered.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) after: usize,
    pub(super) what: Moment,
}

#[derive(Debug)]
pub(super) enum Moment {
    Request(Call),
    Change(Box<Change>),
}

/// A thread, in the order of its records. About 160 bytes a span and 300 a request, with the bill.
#[derive(Debug, Default)]
pub struct History {
    pub(super) spans: Vec<Span>,
    pub(super) steps: Vec<Step>,
    /// Spans that a request made: its ordinal, and the span's number.
    pub(super) made: Vec<(u64, u32)>,
    pub(super) labels: Labels,
    prices: Option<Rc<Prices>>,
}

impl History {
    /// A history whose requests are charged by these prices; without them, the bill has no money.
    pub fn priced(prices: Rc<Prices>) -> History {
        History { prices: Some(prices), ..History::default() }
    }

    /// A span stands here.
    pub fn span(&mut self, content: &Content) {
        if let (Some(n), Ok(number)) = (content.made_by, u32::try_from(self.spans.len())) {
            self.made.push((n, number));
        }
        self.spans.push(Span {
            seq: content.seq,
            tokens: content.tokens.map_or(0, narrow),
            weight: narrow(content.weight),
            label: self.labels.label(content),
            class: Class::of(content),
            known: content.tokens.is_some(),
            reasoning: content.part == Part::Reasoning,
            ephemeral: content.ephemeral,
            message: content.part == Part::Text && content.source == "user",
        });
    }

    /// A request stands here: it carries what is live of the spans before it.
    pub fn request(&mut self, request: &Request) {
        let hour = request.at.as_deref().and_then(hour);
        let counted = request.counted && request.input_tokens.is_some();
        let tariff = self.prices.as_ref().filter(|_| counted).and_then(|prices| prices.tariff(request));
        let call = Call {
            n: request.n,
            counted,
            period: Period {
                hour: self.labels.name(hour.as_deref().unwrap_or("")),
                model: self.labels.name(request.model.as_deref().unwrap_or("")),
            },
            input: request.input_tokens.map(bounded),
            cache_read: bounded(request.cache_read_tokens.unwrap_or(0)),
            cache_write: bounded(request.cache_write_tokens.unwrap_or(0)),
            output: bounded(request.output_tokens.unwrap_or(0)),
            reasoning: request.reasoning_tokens.map(bounded),
            tariff,
        };
        self.steps.push(Step { after: self.spans.len(), what: Moment::Request(call) });
    }

    /// An event stands here; only what changes the context matters.
    pub fn event(&mut self, event: &Event) {
        if let Some(change) = Change::of(event) {
            self.steps.push(Step { after: self.spans.len(), what: Moment::Change(Box::new(change)) });
        }
    }
}

/// No span is that large; a damaged record must not overflow the sums.
fn narrow(tokens: u64) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

/// The largest count that every JSON reader keeps exactly; larger ones are damage.
pub(super) fn bounded(tokens: u64) -> u64 {
    tokens.min(1 << 53)
}

/// The hour an instant (RFC 3339 UTC) lies in; `None` where it is none.
fn hour(at: &str) -> Option<String> {
    let hour = at.get(..13).filter(|_| at.get(13..14) == Some(":") && at.ends_with('Z'))?;
    Some(format!("{hour}:00:00.000Z"))
}
