//! The replay: what each request of a thread carried, and what carrying it cost.
//!
//! A [`History`] is fed in the order of the thread's records: spans, requests, changes of the
//! context. [`History::replay`] walks it once: spans enter a [`Context`], changes take some out,
//! each request is sent what is live, and its reported input is laid over the live spans from the
//! front, since providers cache a prefix. The answer is a [`Bill`].
//!
//! Here a span weighs its plain count of tokens. What the laws of a provider would add (framing,
//! rewritten outputs, reasoning that is kept) is not guessed: reported input less the spans' tokens
//! is the *unrecorded* rest. It stands at the front of the context (where system prompts and tool
//! definitions stand) and is charged to no span; where the spans weigh more than the report, it is
//! negative. So the sums over all rows are the reported sums, exactly.
//!
//! Where the prices of a request's model are known, each of these parts is charged what its tokens
//! cost (`price`), and the sums of money are exact too.
//!
//! This room knows records and prices only: no agent, no file, no line of the stream.

mod cache;
mod context;
mod history;
mod label;
mod output;
mod price;
mod total;

use std::collections::BTreeMap;

use crate::record::{Basis, Billed, Carried, Total, Usd};
use cache::Prefix;
use context::Context;
use history::{Call, Classes, Moment, Span};
pub use history::{Content, History};
use label::Labels;
use price::Paid;
pub use price::Prices;
use total::{Period, Row, Rows};

impl History {
    /// Walks the thread and makes out the bill.
    pub fn replay(&self) -> Bill<'_> {
        let mut walk = Walk {
            spans: &self.spans,
            context: Context::new(&self.spans),
            loads: vec![Load::default(); self.spans.len()],
            requests: Vec::new(),
            rows: Rows::new(self.labels.len()),
            unrecorded: 0,
        };
        for step in &self.steps {
            walk.context.enter_up_to(step.after);
            match &step.what {
                Moment::Request(call) => walk.request(call),
                Moment::Change(change) => walk.context.change(change),
            }
        }
        let Walk { mut loads, requests, mut rows, .. } = walk;
        let calls = self.steps.iter().filter_map(|step| match &step.what {
            Moment::Request(call) => Some(call),
            Moment::Change(_) => None,
        });
        output::share(calls, &self.made, &self.spans, &mut loads, &mut rows);
        Bill { loads, requests, rows: rows.finish(), labels: &self.labels }
    }
}

/// What it cost to carry a span, over all counted requests.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    /// Whether any request carried it, counted or not.
    sent: bool,
    known: bool,
    tokens: u32,
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

impl Load {
    fn carried(&self) -> Carried {
        let mut carried =
            Carried { output_tokens: self.output, output_cost_usd: self.output_cost, ..Carried::default() };
        if self.requests > 0 && self.known {
            let tokens = u64::from(self.tokens);
            carried.sent_tokens = Some(tokens);
            carried.basis = Some(Basis::Estimated);
            carried.carried_from = Some(self.from);
            carried.carried_to = Some(self.to);
            carried.carried_requests = Some(u64::from(self.requests));
            carried.carried_tokens = Some(tokens * u64::from(self.requests));
            carried.carried_cache_read_tokens = Some(self.cache_read);
            carried.carried_cache_write_tokens = Some(self.cache_write);
            carried.input_cost_usd = self.input_cost;
        }
        carried
    }
}

/// What is said of a request: what its context was made of, and what it cost.
#[derive(Clone, Copy, Debug)]
struct Asked {
    context: Classes,
    cost: Option<Usd>,
}

/// The state of a replay.
struct Walk<'h> {
    spans: &'h [Span],
    context: Context<'h>,
    loads: Vec<Load>,
    requests: Vec<Asked>,
    rows: Rows,
    /// What was unrecorded in the latest request that reported its input.
    unrecorded: i64,
}

impl Walk<'_> {
    fn request(&mut self, call: &Call) {
        let cost = call.tariff.zip(call.input).map(|(tariff, input)| tariff.all(input, call.output));
        self.requests.push(Asked { context: self.context.tokens(), cost });
        if let Some(input) = call.input {
            let unrecorded = signed(input) - signed(self.context.tokens().iter().sum());
            if call.counted {
                self.charge(call, unrecorded);
            }
            self.unrecorded = unrecorded;
        }
        if !call.counted {
            self.send_unpaid();
        }
        self.context.sent();
    }

    /// What is live was sent, but nobody is charged here: next time it is not new.
    fn send_unpaid(&mut self) {
        for number in self.context.live() {
            if let Some(load) = self.loads.get_mut(*number as usize) {
                load.sent = true;
            }
        }
    }

    /// Lays the reported input over the context, from the front.
    fn charge(&mut self, call: &Call, unrecorded: i64) {
        let prefix = Prefix::new(call.cache_read, call.cache_write);
        let head = u64::try_from(unrecorded).unwrap_or(0);
        let rows = self.rows.of(call.period);
        let (mut at, mut written_by_spans) = (head, 0);
        for number in self.context.live() {
            let place = *number as usize;
            let (Some(span), Some(load)) = (self.spans.get(place), self.loads.get_mut(place)) else { continue };
            let tokens = u64::from(span.tokens);
            let (cached, written) = prefix.split(at, tokens);
            let sent = call.tariff.map(|tariff| tariff.input(at, tokens));
            at += tokens;
            written_by_spans += written;
            if load.requests == 0 {
                (load.from, load.tokens, load.known) = (call.n, span.tokens, span.known);
            }
            load.to = call.n;
            load.requests += 1;
            load.cache_read += cached;
            load.cache_write += written;
            if let Some(row) = rows.get_mut(span.label as usize) {
                row.sent(tokens, cached, written, !load.sent);
                sent.into_iter().for_each(|sent| row.paid(Paid::sent(sent, !load.sent)));
            }
            if let Some(sent) = sent {
                load.input_cost = Some(load.input_cost.unwrap_or_default().plus(sent.all()));
            }
            load.sent = true;
        }
        if let Some(row) = rows.first_mut() {
            let written = signed(call.cache_write) - signed(written_by_spans);
            row.unrecorded(unrecorded, self.unrecorded, signed(prefix.split(0, head).0), written);
            call.tariff.into_iter().for_each(|tariff| row.paid(tariff.unrecorded(unrecorded, self.unrecorded)));
        }
    }
}

/// What a thread cost: by span and by request in the order they were fed, and in rows.
#[derive(Debug)]
pub struct Bill<'h> {
    loads: Vec<Load>,
    requests: Vec<Asked>,
    rows: BTreeMap<(Period, u32), Row>,
    labels: &'h Labels,
}

impl Bill<'_> {
    /// One for each span.
    pub fn spans(&self) -> impl Iterator<Item = Carried> + '_ {
        self.loads.iter().map(Load::carried)
    }

    /// One for each request, counted or not.
    pub fn requests(&self) -> impl Iterator<Item = Billed> + '_ {
        self.requests.iter().map(|Asked { context, cost }| {
            let [instructions, tools, messages, images, reasoning] = *context;
            Billed {
                predicted_tokens: Some(context.iter().sum()),
                context_instructions_tokens: Some(instructions),
                context_tools_tokens: Some(tools),
                context_messages_tokens: Some(messages),
                context_images_tokens: Some(images),
                context_reasoning_tokens: Some(reasoning),
                cost_usd: *cost,
                bucket: None,
            }
        })
    }

    /// All rows, sorted by hour, model and kind of content.
    pub fn totals(&self, thread: &str, session: &str) -> Vec<Total> {
        total::records(&self.rows, self.labels, thread, session)
    }
}

fn signed(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
