//! The replay: what each request of a thread carried, and what carrying it cost.
//!
//! A [`History`] is fed in the order of the thread's records: spans, requests, changes of the
//! context. [`History::replay`] walks it twice. The first walk ([`forecast`]) predicts each request
//! by the laws of its model ([`law`], [`weigh`]). The second closes each request against its report
//! ([`close`]), so that the sizes of the spans in its [`Context`], the pieces that no file records
//! ([`pieces`]) and what is unexplained are the reported input, in integers; and charges the spans
//! for it ([`charge`]). The answer is a [`Bill`].
//!
//! Both walks cost what changes from request to request, not what is live: time is linear in the
//! length of the thread (as long as the cached prefix does not jump back and forth over all of it).
//!
//! Where the prices of a request's model are known, each of these parts is charged what its tokens
//! cost (`price`), and the sums of money are exact too.
//!
//! This room knows records and prices only: no agent, no file, no line of the stream.

mod alone;
mod charge;
mod close;
mod context;
mod counter;
mod forecast;
mod history;
mod label;
mod law;
mod missed;
mod output;
mod pieces;
mod price;
mod tally;
mod total;
mod weigh;

use std::collections::BTreeMap;

use crate::record::{Basis, Billed, Carried, Total, Usd};
use charge::Charge;
use close::Close;
use context::Context;
use forecast::Forecast;
use history::{Call, Classes, Moment};
pub use history::{Content, History};
use label::Labels;
pub use price::Prices;
use total::{Period, Row, Rows};

impl History {
    /// Walks the thread and makes out the bill.
    pub fn replay(&self) -> Bill<'_> {
        let forecast = Forecast::of(self);
        let mut walk = Walk {
            forecast: &forecast,
            context: Context::new(&self.spans),
            close: Close::default(),
            charge: Charge::new(self.labels.len()),
            loads: vec![Load::default(); self.spans.len()],
            requests: Vec::new(),
            rows: Rows::new(self.labels.len()),
            n: 0,
            dropped: Vec::new(),
        };
        for step in &self.steps {
            walk.context.enter_up_to(step.after);
            match &step.what {
                Moment::Request(call) => walk.request(call),
                Moment::Change(change) => walk.change(change),
            }
        }
        walk.charge.finish(&walk.context, &mut walk.loads);
        walk.close.pieces.finish();
        let Walk { mut loads, requests, mut rows, close, dropped, .. } = walk;
        let calls = self.steps.iter().filter_map(|step| match &step.what {
            Moment::Request(call) => Some(call),
            Moment::Change(_) => None,
        });
        output::share(calls, &self.made, &self.spans, &mut loads, &mut rows);
        Bill { loads, requests, rows: rows.finish(), labels: &self.labels, pieces: close.pieces.past, dropped }
    }
}

/// What it cost to carry a span, over all counted requests.
#[derive(Clone, Copy, Debug)]
struct Load {
    /// Whether any request carried it, counted or not.
    sent: bool,
    /// Its size is final.
    closed: bool,
    known: bool,
    basis: Basis,
    tokens: u64,
    from: u64,
    to: u64,
    requests: u32,
    cache_read: u64,
    cache_write: u64,
    output: Option<u64>,
    /// Over the requests that have a known price; `None`: none has.
    input_cost: Option<Usd>,
    output_cost: Option<Usd>,
}

impl Default for Load {
    fn default() -> Load {
        Load {
            sent: false,
            closed: false,
            known: false,
            basis: Basis::Estimated,
            tokens: 0,
            from: 0,
            to: 0,
            requests: 0,
            cache_read: 0,
            cache_write: 0,
            output: None,
            input_cost: None,
            output_cost: None,
        }
    }
}

impl Load {
    fn carried(&self) -> Carried {
        let mut carried =
            Carried { output_tokens: self.output, output_cost_usd: self.output_cost, ..Carried::default() };
        if self.requests > 0 && (self.known || self.tokens > 0) {
            carried.sent_tokens = Some(self.tokens);
            carried.basis = Some(self.basis);
            carried.carried_from = Some(self.from);
            carried.carried_to = Some(self.to);
            carried.carried_requests = Some(u64::from(self.requests));
            carried.carried_tokens = Some(self.tokens.saturating_mul(u64::from(self.requests)));
            carried.carried_cache_read_tokens = Some(self.cache_read);
            carried.carried_cache_write_tokens = Some(self.cache_write);
            carried.input_cost_usd = self.input_cost;
        }
        carried
    }
}

/// The state of the second walk.
struct Walk<'h> {
    forecast: &'h Forecast,
    context: Context<'h>,
    close: Close,
    charge: Charge,
    loads: Vec<Load>,
    requests: Vec<Answered>,
    rows: Rows,
    /// Ordinal of the latest request.
    n: u64,
    /// What the laws dropped that had been sent: before which request, and which spans.
    dropped: Vec<(u64, Vec<u64>)>,
}

/// What the replay says of a request.
#[derive(Clone, Debug, Default)]
struct Answered {
    predicted: u64,
    classes: Classes,
    explained: Option<bool>,
    unexplained: Option<i64>,
    /// The report is the n-th part of what was sent.
    part: Option<u64>,
    law: &'static str,
    nearest: bool,
    cost: Option<Usd>,
}

impl Walk<'_> {
    fn change(&mut self, change: &context::Change) {
        self.context.change(change);
        self.settle();
        if change.clears() {
            self.close.clear(&mut self.context, self.n.saturating_add(1));
        }
    }

    fn request(&mut self, call: &Call) {
        let at = self.requests.len();
        let Some(ahead) = self.forecast.requests.get(at) else { return };
        self.drop(call, &ahead.dropped);
        let explained = self.close.request(call, at, self.forecast, &mut self.context, &mut self.loads);
        self.settle();
        let unexplained = call.input.map(|input| signed(input) - signed(self.context.total()));
        let closed = call.reported || call.counted;
        if closed {
            self.charge.enter(&self.context.slots);
        }
        if call.counted {
            self.charge(call, unexplained.unwrap_or(0));
        }
        self.requests.push(Answered {
            predicted: ahead.predicted,
            classes: self.context.tokens(),
            explained,
            unexplained,
            part: ahead.whole.zip(call.input).map(|(whole, input)| whole / input.max(1)),
            law: call.law.name,
            nearest: call.nearest,
            cost: call.tariff.zip(call.input).map(|(tariff, input)| tariff.all(input, call.output)),
        });
        self.send(closed);
        self.n = call.n;
    }

    /// The laws drop spans.
    fn drop(&mut self, call: &Call, numbers: &[u32]) {
        let was_sent = |number: &&u32| self.loads.get(**number as usize).is_some_and(|load| load.sent);
        let sent = numbers.iter().filter(was_sent).filter_map(|number| self.context.seq(*number)).collect::<Vec<_>>();
        numbers.iter().for_each(|number| self.context.drop_span(*number));
        if !sent.is_empty() {
            self.dropped.push((call.n, sent));
        }
    }

    /// What has left or changed its size since is settled.
    fn settle(&mut self) {
        for (index, was) in std::mem::take(&mut self.context.adjusted) {
            if let Some(slot) = self.context.slots.get(index) {
                self.charge.resize(index, &context::Slot { tokens: was, ..*slot }, slot.tokens);
            }
        }
        for index in std::mem::take(&mut self.context.left) {
            if let Some(slot) = self.context.slots.get(index) {
                self.charge.leave(index, slot, &mut self.loads);
            }
        }
    }

    /// A counted request pays for all it carries.
    fn charge(&mut self, call: &Call, unexplained: i64) {
        let loads = &self.loads;
        let is_new = |index: &usize| match self.context.slots.get(*index).and_then(|slot| slot.number) {
            Some(number) => loads.get(number as usize).is_some_and(|load| !load.sent),
            None => true,
        };
        let fresh: Vec<usize> =
            self.context.fresh.iter().chain(&self.close.pieces.fresh).copied().filter(is_new).collect();
        let written = self.charge.request(call, &self.context, &fresh, &mut self.rows);
        if let Some(row) = self.rows.of(call.period).first_mut() {
            row.nobody(unexplained, signed(call.cache_write) - signed(written));
            if let (Some(tariff), Some(input)) = (call.tariff, call.input) {
                row.paid(tariff.unexplained(input, self.context.total()));
            }
        }
    }

    /// What is fresh has been sent, whoever paid: next time it is not new.
    fn send(&mut self, closed: bool) {
        for index in &self.context.fresh {
            let number = self.context.slots.get(*index).and_then(|slot| slot.number);
            if let Some(load) = number.and_then(|number| self.loads.get_mut(number as usize)) {
                load.sent = true;
            }
        }
        if closed {
            self.close.pieces.fresh.clear();
            self.context.sent();
        } else {
            self.context.sent_unreported();
        }
        self.settle();
    }
}

/// What a thread cost: by span and by request in the order they were fed, and in rows.
#[derive(Debug)]
pub struct Bill<'h> {
    loads: Vec<Load>,
    requests: Vec<Answered>,
    rows: BTreeMap<(Period, u32), Row>,
    labels: &'h Labels,
    pieces: Vec<pieces::Past>,
    dropped: Vec<(u64, Vec<u64>)>,
}

impl Bill<'_> {
    /// One for each span.
    pub fn spans(&self) -> impl Iterator<Item = Carried> + '_ {
        self.loads.iter().map(Load::carried)
    }

    /// One for each request, counted or not.
    pub fn requests(&self) -> impl Iterator<Item = Billed> + '_ {
        self.requests.iter().map(Answered::billed)
    }

    /// What was sent and no file records, in order of its first request.
    pub fn pieces(&self) -> impl Iterator<Item = Piece> + '_ {
        self.pieces.iter().map(|past| Piece {
            cause: past.cause.name(),
            tokens: past.tokens,
            from: past.from,
            until: past.until,
        })
    }

    /// Spans that the laws dropped: the first request that did not carry them any more, and their
    /// places in the order of the thread's records.
    pub fn dropped(&self) -> impl Iterator<Item = (u64, &[u64])> + '_ {
        self.dropped.iter().map(|(n, spans)| (*n, spans.as_slice()))
    }

    /// All rows, sorted by hour, model and kind of content.
    pub fn totals(&self, thread: &str, session: &str) -> Vec<Total> {
        total::records(&self.rows, self.labels, thread, session)
    }
}

/// A piece of what was sent and no file records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Why it is there, where it can be told: `head` (what the first request had beyond its
    /// spans), `web_search`, `compaction`, `tool_list`, `lost_request`, `reminder`, `unknown`.
    pub cause: &'static str,
    /// Its size.
    pub tokens: u64,
    /// Ordinal of the first request that carried it.
    pub from: u64,
    /// Ordinal of the first request that did not any more. Absent: it stayed.
    pub until: Option<u64>,
}

impl Answered {
    fn billed(&self) -> Billed {
        let [instructions, tools, messages, images, reasoning, unrecorded] = self.classes;
        Billed {
            predicted_tokens: Some(self.predicted),
            law: Some(format!("{}{}", self.law, if self.nearest { "~" } else { "" })),
            explained: self.explained,
            unexplained_tokens: self.unexplained,
            reported_part: self.part,
            context_instructions_tokens: Some(instructions),
            context_tools_tokens: Some(tools),
            context_messages_tokens: Some(messages),
            context_images_tokens: Some(images),
            context_reasoning_tokens: Some(reasoning),
            context_unrecorded_tokens: Some(unrecorded),
            cost_usd: self.cost,
            bucket: None,
        }
    }
}

fn signed(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
