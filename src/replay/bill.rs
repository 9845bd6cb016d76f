//! The bill: what the replay found, as the keys of records.

use std::collections::BTreeMap;

use super::cache::Break;
use super::call::ModelCall;
use super::content::Shares;
use super::ids::RowNumber;
use super::label::Labels;
use super::manner::Manner;
use super::span_cost::{SpanCost, SpanCosts};
use super::tape::ContextTape;
use super::total::{self, HourAndModel, RowSums};
use super::unrecorded::PastBlock;
use crate::record::{Billed, Carried, Event, Total, Unpriced, Usd, What};

/// What a thread cost: by span and by request, in the order they were fed, and in rows.
#[derive(Debug)]
pub struct Bill<'h> {
    pub(super) costs: SpanCosts,
    pub(super) requests: Vec<Answered>,
    pub(super) rows: BTreeMap<(HourAndModel, RowNumber), RowSums>,
    pub(super) labels: &'h Labels,
    pub(super) unrecorded: Vec<PastBlock>,
    pub(super) dropped: Vec<(u64, Vec<u64>)>,
    pub(super) breaks: Vec<Break>,
    /// Where it was asked for.
    pub(super) tape: Option<ContextTape>,
}

impl Bill<'_> {
    /// One for each span.
    pub fn spans(&self) -> impl Iterator<Item = Carried> + '_ {
        self.costs.iter().map(SpanCost::carried)
    }

    /// One for each request, counted or not.
    pub fn requests(&self) -> impl Iterator<Item = Billed> + '_ {
        self.requests.iter().map(Answered::billed)
    }

    /// What the replay found to have happened, in the order of requests; `seq` is that of the
    /// thread's latest record.
    pub fn events(&self, thread: &str, session: &str, mut seq: u64) -> Vec<Event> {
        let mut events = Vec::from_iter(self.unrecorded.iter().map(unrecorded));
        events.extend(
            self.dropped
                .iter()
                .map(|(n, spans)| dropped(*n, spans, thread)),
        );
        events.extend(self.breaks.iter().map(|broken| cache_break(broken, thread)));
        events.sort_by_key(|event| event.n);
        for event in &mut events {
            seq = seq.saturating_add(1);
            (event.thread, event.session) = (thread.to_owned(), session.to_owned());
            (event.id, event.seq) = (format!("{thread}.{seq}"), seq);
        }
        events
    }

    /// All rows, sorted by hour, model and kind of content.
    pub fn totals(&self, thread: &str, session: &str) -> Vec<Total> {
        total::records(&self.rows, self.labels, thread, session)
    }
}

fn unrecorded(block: &PastBlock) -> Event {
    Event {
        what: What::Unrecorded,
        reason: Some(block.cause.name().to_owned()),
        n: Some(block.from),
        until: block.until,
        tokens: Some(block.tokens),
        ..Event::default()
    }
}

fn dropped(n: u64, spans: &[u64], thread: &str) -> Event {
    let drop = spans.iter().map(|seq| format!("{thread}.{seq}")).collect();
    Event {
        what: What::Dropped,
        n: Some(n),
        drop,
        ..Event::default()
    }
}

fn cache_break(broken: &Break, thread: &str) -> Event {
    Event {
        what: What::CacheBreak,
        at: broken.at.clone(),
        reason: Some(broken.cause.to_string()),
        n: Some(broken.n),
        tokens: Some(broken.tokens),
        span: broken.span.map(|seq| format!("{thread}.{seq}")),
        pause_seconds: broken.pause_seconds,
        cache_miss_reason: broken.reported_reason.clone(),
        cache_missed_tokens: broken.reported_tokens,
        changes: broken.changes.clone(),
        changed_servers: broken.servers.clone(),
        cost_usd: broken.cost,
        line: broken.line,
        ..Event::default()
    }
}

/// The results of the replay for a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Answered {
    /// By the laws; `None` where its context is not the thread's.
    pub(super) predicted: Option<u64>,
    pub(super) classes: Shares,
    pub(super) explained: Option<bool>,
    pub(super) unexplained: Option<i64>,
    /// The report is the n-th part of what was sent.
    pub(super) part: Option<u64>,
    pub(super) law: &'static str,
    pub(super) nearest: bool,
    pub(super) manner: Manner,
    /// It carried another context than the thread's.
    pub(super) aside: bool,
    pub(super) cost: Option<Usd>,
    /// The part of the cost that is no price of tokens.
    pub(super) fee: Usd,
    pub(super) unpriced: Option<Unpriced>,
    /// The part of the cost that is for what was read from the cache.
    pub(super) reading: Option<Usd>,
    /// What it would have cost beyond that, had nothing been read from the cache.
    pub(super) saved: Option<Usd>,
    /// What a plain sum over the file's lines makes of it.
    pub(super) naive: Option<Usd>,
}

impl Answered {
    fn law(&self) -> String {
        let nearest = if self.nearest { "~" } else { "" };
        format!("{}{nearest}{}", self.law, self.manner.name())
    }

    /// What is known of it before it is closed.
    pub(super) fn of(call: &ModelCall) -> Answered {
        Answered {
            law: call.law.name,
            nearest: call.nearest,
            naive: call.naive,
            fee: call.tariff.map_or(Usd::ZERO, |tariff| tariff.fee()),
            unpriced: call.unpriced,
            reading: call.reading(),
            saved: call.saved(),
            cost: call.cost(),
            ..Answered::default()
        }
    }

    fn billed(&self) -> Billed {
        if self.aside {
            let law = self.predicted.map(|_| self.law());
            return Billed {
                predicted_tokens: self.predicted,
                law,
                ..Billed::default()
            };
        }
        let [instructions, tools, messages, images, reasoning, unrecorded] = self.classes;
        Billed {
            predicted_tokens: self.predicted,
            law: self.predicted.map(|_| self.law()),
            explained: self.explained,
            unexplained_tokens: self.unexplained,
            reported_part: self.part,
            context_instructions_tokens: Some(instructions),
            context_tools_tokens: Some(tools),
            context_messages_tokens: Some(messages),
            context_images_tokens: Some(images),
            context_reasoning_tokens: Some(reasoning),
            context_unrecorded_tokens: Some(unrecorded),
            charged_as: None,
            cost_usd: self.cost,
            fee_usd: self.fee,
            unpriced: self.unpriced,
            cache_read_usd: self.reading,
            cache_saved_usd: self.saved,
            naive_cost_usd: self.naive,
            bucket: None,
        }
    }
}
