//! The history of a thread, as the replay is fed it.
//!
//! Spans, requests and changes of the context in the order of the thread's records, cut down to
//! the numbers that the replay needs; names are kept once, as labels.

use std::rc::Rc;

use super::cache_report::CacheReport;
use super::change::{Change, seq};
use super::content::{COMPLETED, Content, Kind, Share};
use super::counter;
use super::label::Labels;
use super::law::{Law, Laws};
use super::price::{Prices, Tariff, size};
use super::run::{Again, Priced, Runs, returned};
use super::total::Period;
use crate::record::count::bounded;
use crate::record::{ContextBy, Event, Part, Purpose, Request, Uncounted, Unpriced, Usd};

/// What is kept of a span.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) seq: u64,
    /// 0 where not known.
    pub(super) tokens: u32,
    pub(super) weight: u32,
    pub(super) label: u32,
    pub(super) class: Share,
    pub(super) known: bool,
    pub(super) reasoning: bool,
    pub(super) ephemeral: bool,
    /// Its text is that of a file as it stands today.
    pub(super) of_file: bool,
    /// What a user said, in text: what some agents keep at a compaction.
    pub(super) message: bool,
    pub(super) kind: Kind,
    /// It opens an item: the framing of the item is its.
    pub(super) opens: bool,
    pub(super) tool_tokens: u32,
    /// As some models are sent it.
    pub(super) rendered: u32,
    pub(super) bytes: u32,
    /// By the counter of character classes.
    pub(super) classed: Option<u32>,
    /// Of a tool whose calls may come back longer.
    pub(super) completed: bool,
    pub(super) sealed_bytes: u32,
    pub(super) made_by: Option<u64>,
    /// The request within whose response a tool of the provider's returned it.
    pub(super) within: Option<u64>,
}

/// What is kept of a request.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) n: u64,
    /// When (RFC 3339 UTC), and its line in the file.
    pub(super) at: Option<Box<str>>,
    pub(super) line: Option<u64>,
    /// It is told in another file too, and counted there.
    pub(super) copied: bool,
    pub(super) counted: bool,
    pub(super) period: Period,
    /// What it was for, where its context was another than the thread's.
    pub(super) purpose: Option<Purpose>,
    pub(super) input: Option<u64>,
    pub(super) cache_read: u64,
    pub(super) cache_write: u64,
    /// Some of that for an hour.
    pub(super) lasting: bool,
    pub(super) output: u64,
    pub(super) reasoning: Option<u64>,
    /// Whether the output is a report and not a placeholder.
    pub(super) output_known: bool,
    /// Whether the input is a report that can be believed: no estimate, not nothing.
    pub(super) reported: bool,
    /// Where the model was run several times, input and cache above are those of one run, of the
    /// context as it stood before the response; these are the others.
    pub(super) again: Vec<Again>,
    /// The input of the last run: what the provider's cache has seen.
    pub(super) sent: u64,
    /// What that has beyond the first and is not the response's own words: the provider's tools
    /// have returned it.
    pub(super) returned: u64,
    /// What is told of its cache.
    pub(super) told: Option<Box<CacheReport>>,
    /// Of a request that makes a summary.
    pub(super) summary: Option<Summarised>,
    pub(super) law: Rc<Law>,
    /// The law is that of another model, the nearest.
    pub(super) nearest: bool,
    /// What its tokens cost, where it is counted and the price is known.
    pub(super) tariff: Option<Tariff>,
    /// Why they have no cost, where it is counted and the price is not known.
    pub(super) unpriced: Option<Unpriced>,
    /// What a plain sum of the file's lines makes of it.
    pub(super) naive: Option<Usd>,
    /// Every member of its context is known: nothing else was sent.
    pub(super) exact: bool,
    /// Nobody says what it held.
    pub(super) apart: bool,
    /// The agent's ledger tells it, and no line.
    pub(super) by_ledger: bool,
    /// Its head is known, but for what the provider puts around it.
    pub(super) headed: bool,
    /// Ends of the prefixes that it has the provider keep, by the place of a span in the order of
    /// the thread's records.
    pub(super) marks: Vec<u64>,
}

/// How an agent sends a context that it has summarised: with longer texts cut, and with another
/// head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Summarised {
    pub(super) text_bytes: u64,
    pub(super) output_bytes: u64,
    pub(super) head_tokens: u64,
}

impl Summarised {
    fn of(request: &Request) -> Option<Summarised> {
        let (text_bytes, output_bytes) = request.cut_text_bytes.zip(request.cut_output_bytes)?;
        Some(Summarised {
            text_bytes,
            output_bytes,
            head_tokens: bounded(request.head_tokens.unwrap_or(0)),
        })
    }
}

impl Call {
    /// Another run of it, as a call of its own that produced nothing.
    pub(super) fn once_more(&self, again: &Again) -> Call {
        Call {
            input: Some(again.input),
            cache_read: again.cache_read,
            cache_write: again.cache_write,
            tariff: again.tariff,
            output: 0,
            again: Vec::new(),
            ..self.clone()
        }
    }

    /// What it cost, all runs of the model together.
    pub(super) fn cost(&self) -> Option<Usd> {
        let runs = self
            .again
            .iter()
            .filter_map(|again| Some(again.tariff?.all(again.input, 0)));
        Some(self.tariff?.all(self.input?, self.output).plus(runs.sum()))
    }

    /// What it would have cost beyond that, had nothing been read from the cache.
    pub(super) fn saved(&self) -> Option<Usd> {
        let runs = self.again.iter().map(|again| again.tariff);
        let saved: Vec<Usd> = std::iter::once(self.tariff)
            .chain(runs)
            .filter_map(|tariff| tariff?.saved())
            .collect();
        (!saved.is_empty()).then(|| saved.into_iter().sum())
    }

    /// Whether what it sent is in no file.
    pub(super) fn is_untold(&self) -> bool {
        !self.is_aside() && (self.apart || self.purpose.is_some_and(|purpose| !purpose.is_told()))
    }

    /// Whether it carries another context than the thread's, so that nothing of the thread is
    /// charged for it and nothing of it enters the thread.
    pub(super) fn is_aside(&self) -> bool {
        self.purpose == Some(Purpose::Coordinator) || self.summary.is_some()
    }

    /// Where the parts of the input end that were read from the cache, written to it for an hour
    /// (where that has a price), and written in all. None goes beyond the input.
    pub(super) fn cached(&self) -> [u64; 3] {
        let input = self.input.unwrap_or(0);
        let read = self.cache_read.min(input);
        let written = read.saturating_add(self.cache_write).min(input);
        self.tariff
            .map_or([read, read, written], |tariff| tariff.ends())
    }

    /// By how much the rate of each of these parts is above that of the next; nothing where there
    /// is no price.
    pub(super) fn steps(&self) -> [i64; 3] {
        self.tariff.map_or([0; 3], |tariff| tariff.steps())
    }
}

/// Something that happens after `after` spans have entered.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) after: usize,
    pub(super) what: Moment,
}

#[derive(Debug)]
pub(super) enum Moment {
    Request(Box<Call>),
    Change(Box<Change>),
}

/// A thread, in the order of its records. About 500 bytes a span, 600 a request and 500 a broken
/// cache, with the bill.
#[derive(Debug, Default)]
pub struct History {
    pub(super) spans: Vec<Span>,
    pub(super) steps: Vec<Step>,
    /// Spans that a request made: its ordinal, and the span's number.
    pub(super) made: Vec<(u64, u32)>,
    pub(super) labels: Labels,
    /// Line of the latest span.
    line: Option<u64>,
    /// Ordinal of the latest request that was the thread's own.
    latest: u64,
    /// Who served the thread's models; empty where the file does not say.
    provider: String,
    /// How the agent and its server treat what is sent is for the steps to tell.
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

    /// Whether the thread's agent sends reasoning back, nobody knows, nor how its server counts:
    /// the steps are to tell.
    pub fn manner_is_unsure(&mut self, unsure: bool) {
        self.manner_unsure = unsure;
    }

    /// A span stands here.
    pub fn span(&mut self, content: &Content) {
        if let (Some(n), Ok(number)) = (content.made_by, u32::try_from(self.spans.len())) {
            self.made.push((n, number));
        }
        let classed =
            |(classes, plain)| narrow(counter::by_class(plain, classes, content.capital_bytes));
        self.spans.push(Span {
            seq: content.seq,
            tokens: narrow(cut(content.tokens.unwrap_or(0), content.cut)),
            weight: narrow(content.weight),
            label: self.labels.label(content),
            class: Share::of(content),
            known: content.tokens.is_some(),
            reasoning: content.part == Part::Reasoning,
            ephemeral: content.ephemeral,
            of_file: content.of_file,
            message: content.part == Part::Text && content.source == "user",
            kind: Kind::of(content),
            opens: content.line.is_none() || content.line != self.line,
            tool_tokens: narrow(content.tool_tokens.unwrap_or(0)),
            bytes: narrow(content.bytes),
            rendered: narrow(cut(
                content.rendered.or(content.tokens).unwrap_or(0),
                content.cut,
            )),
            classed: content.classes.zip(content.tokens).map(classed),
            completed: content.tool == COMPLETED,
            sealed_bytes: narrow(content.sealed_bytes.unwrap_or(0)),
            made_by: content.made_by,
            within: content.within.then_some(self.latest).filter(|n| *n > 0),
        });
        self.line = content.line;
    }

    /// A request stands here: it carries what is live of the spans before it.
    pub fn request(&mut self, request: &Request) {
        let hour = request.at.as_deref().and_then(hour);
        let model = request.model.as_deref().unwrap_or("");
        let (law, nearest) = self.laws.of(model, &self.provider);
        let counted = request.counted && request.input_tokens.is_some();
        let reported =
            request.input_tokens.unwrap_or(0) > 0 && request.uncounted != Some(Uncounted::Estimate);
        let tariff = |run: &Request| Some(self.prices.as_ref().filter(|_| counted)?.tariff(run));
        let Priced {
            first,
            tariff,
            unpriced,
            again,
        } = Runs::of(request).priced(tariff);
        let call = Call {
            n: request.n,
            at: request.at.as_deref().map(Box::from),
            line: request.line,
            copied: request.uncounted == Some(Uncounted::Copy),
            counted,
            period: Period {
                hour: self.labels.name(hour.as_deref().unwrap_or("")),
                model: self.labels.name(request.model.as_deref().unwrap_or("")),
            },
            purpose: request.purpose,
            input: first.input_tokens.map(bounded),
            cache_read: bounded(first.cache_read_tokens.unwrap_or(0)),
            cache_write: bounded(first.cache_write_tokens.unwrap_or(0)),
            lasting: request
                .cache_write_1h_tokens
                .is_some_and(|tokens| tokens > 0),
            output: bounded(request.output_tokens.unwrap_or(0)),
            reasoning: request.reasoning_tokens.map(bounded),
            output_known: request.output_known != Some(false) && request.output_tokens.is_some(),
            reported,
            again,
            sent: size(request).unwrap_or(0),
            returned: returned(request),
            told: CacheReport::of(request),
            summary: Summarised::of(request).filter(|_| !counted),
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
            marks: request
                .cache_marks
                .iter()
                .filter_map(|id| seq(&request.thread, id))
                .collect(),
        };
        if request.is_told() {
            self.latest = request.n;
        }
        self.steps.push(Step {
            after: self.spans.len(),
            what: Moment::Request(Box::new(call)),
        });
    }

    fn naive(&self, request: &Request) -> Option<Usd> {
        let (_, written, lines) = request.as_written()?;
        self.prices.as_ref()?.cost(&written, lines).ok()
    }

    /// An event stands here; only what changes the context matters.
    pub fn event(&mut self, event: &Event) {
        if let Some(change) = Change::of(event) {
            self.steps.push(Step {
                after: self.spans.len(),
                what: Moment::Change(Box::new(change)),
            });
        }
    }
}

/// A text over its limit is sent cut in the middle: so much of its tokens is left
/// (docs/formats.md 1.7).
pub(super) fn cut(tokens: u64, limit: Option<(u64, u64)>) -> u64 {
    match limit {
        Some((bytes, limit)) if bytes > limit => {
            let left = u128::from(tokens) * u128::from(limit) / u128::from(bytes);
            u64::try_from(left).unwrap_or(tokens)
        }
        _ => tokens,
    }
}

/// No span is that large; a damaged record must not overflow the sums.
fn narrow(tokens: u64) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

/// The hour an instant (RFC 3339 UTC) lies in; `None` where it is none.
fn hour(at: &str) -> Option<String> {
    let hour = at
        .get(..13)
        .filter(|_| at.get(13..14) == Some(":") && at.ends_with('Z'))?;
    Some(format!("{hour}:00:00.000Z"))
}
