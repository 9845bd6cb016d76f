//! The history of a thread, in the form that the replay walks.
//!
//! Spans, requests and changes of the context in the order of the thread's records, reduced to the
//! numbers that the replay needs; each distinct name is kept once, as a label.

use std::rc::Rc;

use super::cache_report::CacheReport;
use super::call::{ModelCall, Summarised};
use super::change::{Change, seq};
use super::content::Content;
use super::ids::SpanNumber;
use super::label::Labels;
use super::law::Laws;
use super::price::{Prices, size};
use super::run::{PricedRuns, Runs, returned};
use super::sent_span::{SentSpan, SentSpans};
use super::total::HourAndModel;
use crate::record::count::bounded;
use crate::record::{ContextBy, Event, Request, Uncounted, Usd};

/// Something that happens after `after` spans have entered.
#[derive(Debug)]
pub(super) struct TimelineItem {
    pub(super) after: usize,
    pub(super) what: Moment,
}

#[derive(Debug)]
pub(super) enum Moment {
    Request(Box<ModelCall>),
    Change(Box<Change>),
}

/// A thread, in the order of its records. About 500 bytes a span, 600 a request and 500 a broken
/// cache, with the bill.
#[derive(Debug, Default)]
pub struct History {
    pub(super) spans: SentSpans,
    pub(super) steps: Vec<TimelineItem>,
    /// Spans that a request produced: its ordinal, and the span's number.
    pub(super) made: Vec<(u64, SpanNumber)>,
    pub(super) labels: Labels,
    /// Line of the latest span.
    line: Option<u64>,
    /// Ordinal of the latest request that was the thread's own.
    latest: u64,
    /// Who served the thread's models; empty where the file does not say.
    provider: String,
    /// How the agent and its server treat reasoning and arguments is found from the reports.
    pub(super) manner_unsure: bool,
    prices: Option<Rc<Prices>>,
    laws: Rc<Laws>,
}

impl History {
    /// A history whose requests are charged by these prices; without them, the bill has no money.
    pub fn priced(prices: Rc<Prices>) -> History {
        History {
            prices: Some(prices),
            ..History::default()
        }
    }

    /// The same, with requests predicted by these laws.
    #[must_use]
    pub fn under(mut self, laws: Rc<Laws>) -> History {
        self.laws = laws;
        self
    }

    /// Who serves the models of the thread, as [`crate::record::Session`] names them.
    pub fn served_by(&mut self, provider: &str) {
        provider.clone_into(&mut self.provider);
    }

    /// Whether it is unknown if the thread's agent sends reasoning back and how its server counts
    /// arguments; the replay then chooses what fits the reports best.
    pub fn manner_is_unsure(&mut self, unsure: bool) {
        self.manner_unsure = unsure;
    }

    /// Adds a span.
    pub fn span(&mut self, content: &Content) {
        let label = self.labels.label(content);
        let opens = content.line.is_none() || content.line != self.line;
        let span = SentSpan::of(content, label, opens, self.latest);
        let number = self.spans.push(span);
        if let Some(n) = content.made_by {
            self.made.push((n, number));
        }
        self.line = content.line;
    }

    /// Adds a request: it carries the live spans among those before it.
    pub fn request(&mut self, request: &Request) {
        let call = self.call(request);
        if request.has_recorded_context() {
            self.latest = request.n;
        }
        self.steps.push(TimelineItem {
            after: self.spans.len(),
            what: Moment::Request(Box::new(call)),
        });
    }

    fn call(&mut self, request: &Request) -> ModelCall {
        let model = request.model.as_deref().unwrap_or("");
        let (law, nearest) = self.laws.of(model, &self.provider);
        let counted = request.counted && request.input_tokens.is_some();
        let reported =
            request.input_tokens.unwrap_or(0) > 0 && request.uncounted != Some(Uncounted::Estimate);
        let PricedRuns {
            first,
            tariff,
            unpriced,
            again,
        } = Runs::of(request).priced(|run| match &self.prices {
            Some(prices) if counted => Some(prices.tariff(run)),
            _ => None,
        });
        ModelCall {
            n: request.n,
            at: request.at.as_deref().map(Box::from),
            line: request.line,
            copied: request.uncounted == Some(Uncounted::Copy),
            counted,
            period: self.period(request),
            purpose: request.purpose,
            input: first.input_tokens.map(bounded),
            cache_read: bounded(first.cache_read_tokens.unwrap_or(0)),
            cache_write: bounded(first.cache_write_tokens.unwrap_or(0)),
            cache_write_hour: bounded(first.cache_write_1h_tokens.unwrap_or(0)),
            lasting: request.cache_write_1h_tokens.unwrap_or(0) > 0,
            output: bounded(request.output_tokens.unwrap_or(0)),
            reasoning: request.reasoning_tokens.map(bounded),
            output_known: request.output_known != Some(false) && request.output_tokens.is_some(),
            reported,
            again,
            sent: size(request).unwrap_or(0),
            returned: returned(request),
            cache_report: CacheReport::of(request),
            summary: if counted {
                None
            } else {
                Summarised::of(request)
            },
            law,
            nearest,
            tariff,
            unpriced,
            naive: self.naive(request),
            exact: reported
                && request.context_by == Some(ContextBy::Log)
                && request.unresolved_messages.is_none(),
            apart: request.context_by == Some(ContextBy::Nobody),
            by_ledger: request.reason.is_some(),
            headed: matches!(
                request.context_by,
                Some(ContextBy::Snapshot | ContextBy::Log)
            ),
            marks: marks(request),
        }
    }

    fn period(&mut self, request: &Request) -> HourAndModel {
        let hour = request.at.as_deref().and_then(hour);
        HourAndModel {
            hour: self.labels.name(hour.as_deref().unwrap_or("")),
            model: self.labels.name(request.model.as_deref().unwrap_or("")),
        }
    }

    fn naive(&self, request: &Request) -> Option<Usd> {
        let (_, written, lines) = request.as_written()?;
        self.prices.as_ref()?.cost(&written, lines).ok()
    }

    /// Adds an event; only one that changes the context matters.
    pub fn event(&mut self, event: &Event) {
        if let Some(change) = Change::of(event) {
            self.steps.push(TimelineItem {
                after: self.spans.len(),
                what: Moment::Change(Box::new(change)),
            });
        }
    }

    /// All requests, in their order.
    pub(super) fn calls(&self) -> impl Iterator<Item = &ModelCall> {
        self.steps.iter().filter_map(|step| match &step.what {
            Moment::Request(call) => Some(call.as_ref()),
            Moment::Change(_) => None,
        })
    }
}

/// The `seq` of each span at which the request asks the provider to cache the prefix.
fn marks(request: &Request) -> Vec<u64> {
    let mut marks = Vec::new();
    for id in &request.cache_marks {
        if let Some(seq) = seq(&request.thread, id) {
            marks.push(seq);
        }
    }
    marks
}

/// The hour that an instant (RFC 3339 UTC) lies in; `None` where `at` is no such instant.
fn hour(at: &str) -> Option<String> {
    let hour = at.get(..13)?;
    if at.get(13..14) != Some(":") || !at.ends_with('Z') {
        return None;
    }
    Some(format!("{hour}:00:00.000Z"))
}
