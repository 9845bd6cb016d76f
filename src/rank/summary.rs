//! The `summary` record: the sums of the whole stream, added up while the records pass.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::credit::Net;
use super::thread::{Thread, Threads};
use super::view::SpanView;
use crate::record::count::{bounded, plus, signed};
use crate::record::{
    Billed, Event, Kind, Priced, Replayed, Request, Session, Summary, Total, UNEXPLAINED,
    UNRECORDED, Unpriced, Usd, What, Written,
};

/// Adds up a stream.
#[derive(Debug, Default)]
pub(super) struct StreamTally {
    summary: Summary,
    /// Tokens by kind of content, from `total` records; `None` where the stream has none.
    charged: Option<BTreeMap<String, i64>>,
    /// Tokens by kind of content, from the carried and produced tokens of spans.
    carried: BTreeMap<String, i64>,
    /// The carried tokens among these.
    carried_tokens: i64,
    /// Price tables that made the costs: several only where streams were joined.
    prices: BTreeSet<String>,
    unpriced: u64,
    /// Kinds of the threads that are not main threads, by id.
    kinds: BTreeMap<String, Kind>,
}

impl StreamTally {
    /// Takes a `stream` record.
    pub(super) fn stream(&mut self, priced: Priced) {
        self.prices.extend(priced.prices);
    }

    /// Takes a `session` record.
    pub(super) fn session(&mut self, session: &Session, replayed: &Replayed) {
        if session.replayed_reports.is_some() {
            self.naive(Written::Fork, replayed.naive_cost_usd);
        }
        if session.kind != Kind::Main {
            self.kinds.insert(session.thread.clone(), session.kind);
        } else {
            *self
                .summary
                .sessions
                .entry(session.agent.clone())
                .or_default() += 1;
        }
    }

    /// Takes a `request` record and what it cost.
    pub(super) fn request(&mut self, request: &Request, billed: &Billed) {
        let cost = billed.cost_usd;
        match request.as_written() {
            None => spend(&mut self.summary.naive_usd, cost),
            Some((why, ..)) => self.naive(why, billed.naive_cost_usd),
        }
        let sums = &mut self.summary;
        if !request.counted {
            let why = match request.uncounted {
                Some(why) => why.name(),
                None => "unknown",
            };
            *sums.uncounted.entry(why.to_owned()).or_default() += 1;
            return;
        }
        sums.requests += 1;
        if billed.predicted_tokens.is_some() {
            *sums.steps.get_or_insert_default() += u64::from(billed.explained.is_some());
            *sums.steps_explained.get_or_insert_default() +=
                u64::from(billed.explained == Some(true));
        }
        spend(&mut sums.cost_usd, cost);
        let kind = self.kinds.get(&request.thread).copied().unwrap_or_default();
        let kind = if request.is_of_review() {
            Kind::Review
        } else {
            kind
        };
        let tokens = plus(
            request.input_tokens.unwrap_or(0),
            request.output_tokens.unwrap_or(0),
        );
        let sum = sums.who.entry(kind.name().to_owned()).or_default();
        *sum = plus(*sum, tokens);
        if let Some(cost) = cost {
            let sum = sums.who_usd.entry(kind.name().to_owned()).or_default();
            *sum = sum.plus(cost);
        }
        if cost.is_none() {
            self.unpriced += 1;
            let why = billed.unpriced.unwrap_or(Unpriced::Model);
            let sum = sums
                .unpriced_tokens
                .entry(request.without_price(why))
                .or_default();
            *sum = plus(*sum, tokens);
        }
        let add = |sum: &mut u64, tokens: Option<u64>| *sum = plus(*sum, tokens.unwrap_or(0));
        add(&mut sums.input_tokens, request.input_tokens);
        add(&mut sums.cache_read_tokens, request.cache_read_tokens);
        add(&mut sums.cache_write_tokens, request.cache_write_tokens);
        add(&mut sums.output_tokens, request.output_tokens);
        sums.output_unknown += u64::from(request.output_known == Some(false));
        if let Some(at) = &request.at {
            // All instants have one shape, so comparing their letters compares the instants.
            if sums.first.as_ref().is_none_or(|first| at < first) {
                sums.first = Some(at.clone());
            }
            if sums.last.as_ref().is_none_or(|last| at > last) {
                sums.last = Some(at.clone());
            }
        }
    }

    /// Adds what a plain sum of the usage lines counts as one more request.
    fn naive(&mut self, why: Written, cost: Option<Usd>) {
        *self.summary.naive.entry(why.name().to_owned()).or_default() += 1;
        spend(&mut self.summary.naive_usd, cost);
    }

    /// Takes an `event` record.
    pub(super) fn event(&mut self, event: &Event) {
        if event.what == What::CacheBreak {
            let sums = &mut self.summary;
            sums.cache_breaks += 1;
            sums.cache_break_tokens = plus(sums.cache_break_tokens, event.tokens.unwrap_or(0));
            spend(&mut sums.cache_break_usd, event.cost_usd);
        }
    }

    /// Takes a `span` record.
    pub(super) fn span(&mut self, span: &SpanView) {
        self.carried_tokens = self
            .carried_tokens
            .saturating_add(signed(bounded(span.carried())));
        let tokens = signed(plus(span.carried(), span.output_tokens.unwrap_or(0)));
        if tokens > 0 {
            add(
                &mut self.carried,
                span.part.class(&span.source).name(),
                tokens,
            );
        }
    }

    /// Takes a `total` record.
    pub(super) fn total(&mut self, total: &Total) {
        let sums = &mut self.summary;
        sums.first_tokens = sums.first_tokens.saturating_add(total.first_tokens);
        sums.resent_cached_tokens = sums
            .resent_cached_tokens
            .saturating_add(total.resent_cached_tokens);
        sums.resent_uncached_tokens = sums
            .resent_uncached_tokens
            .saturating_add(total.resent_uncached_tokens);
        for (content, row) in total.contents() {
            let tokens = row.input_tokens().saturating_add(row.output_tokens);
            add(self.charged.get_or_insert_default(), content, tokens);
            if let Some(cost) = row.cost_usd {
                self.pay(&row, content, cost);
            }
            let unowned = match content {
                UNRECORDED => &mut self.summary.unrecorded_tokens,
                UNEXPLAINED => &mut self.summary.unexplained_tokens,
                _ => continue,
            };
            *unowned = unowned.saturating_add(row.input_tokens());
        }
    }

    /// Adds the cost of a kind of content.
    fn pay(&mut self, row: &Total, content: &str, cost: Usd) {
        let sums = &mut self.summary;
        spend(&mut sums.first_usd, Some(row.first_cost_usd));
        spend(
            &mut sums.resent_cached_usd,
            Some(row.resent_cached_cost_usd),
        );
        spend(
            &mut sums.resent_uncached_usd,
            Some(row.resent_uncached_cost_usd),
        );
        spend(&mut sums.generated_usd, Some(row.output_cost_usd));
        sums.fee_usd = sums.fee_usd.plus(row.fee_cost_usd);
        if cost != Usd::ZERO {
            let sum = sums.content_usd.entry(content.to_owned()).or_default();
            *sum = sum.plus(cost);
        }
    }

    /// Counted input so far.
    pub(super) fn input_tokens(&self) -> u64 {
        self.summary.input_tokens
    }

    /// What the counted requests cost so far; `None` where no price is known.
    pub(super) fn cost_usd(&self) -> Option<Usd> {
        self.summary.cost_usd
    }

    /// The stream has ended.
    pub(super) fn end(mut self, threads: &Threads, findings: u64, net: Net) -> Summary {
        let content = self.charged.unwrap_or_else(|| {
            let mut content = self.carried;
            let mut known: i64 = 0;
            for tokens in content.values() {
                known = known.saturating_add(*tokens);
            }
            let all = signed(plus(self.summary.input_tokens, self.summary.output_tokens));
            // Where no span carries anything, the stream was not joined, and nothing is known.
            if known > 0 {
                self.summary.unrecorded_tokens =
                    signed(self.summary.input_tokens).saturating_sub(self.carried_tokens);
                if known != all {
                    add(&mut content, UNRECORDED, all.saturating_sub(known));
                }
            }
            content
        });
        let sought = !self.prices.is_empty();
        let names_unpriced = sought || self.summary.cost_usd.is_some();
        let dearest = most_expensive(threads);
        Summary {
            threads: threads.all().count() as u64,
            dearest: dearest.map(|thread| thread.id.to_string()),
            dearest_tokens: dearest.map(|thread| thread.tokens()),
            dearest_usd: dearest.and_then(|thread| thread.cost_usd),
            unpriced: if names_unpriced {
                Some(self.unpriced)
            } else {
                None
            },
            unpriced_tokens: if names_unpriced {
                self.summary.unpriced_tokens
            } else {
                BTreeMap::new()
            },
            prices: if sought {
                Some(Vec::from_iter(self.prices).join(", "))
            } else {
                None
            },
            content_tokens: content,
            findings,
            net_tokens: net.tokens,
            net_usd: self.summary.cost_usd.map(|_| net.usd),
            net_break_usd: match net.broken {
                Usd::ZERO => None,
                cost => Some(cost),
            },
            ..self.summary
        }
    }
}

/// The thread with the highest cost, or with the most tokens where no cost is known; of equal ones
/// the first.
fn most_expensive(threads: &Threads) -> Option<&Thread> {
    let mut with_tokens: Vec<&Thread> = threads.all().collect();
    with_tokens.retain(|thread| thread.tokens() > 0);
    with_tokens
        .into_iter()
        .max_by_key(|thread| (thread.cost_usd, thread.tokens(), Reverse(thread.index)))
}

fn spend(sum: &mut Option<Usd>, cost: Option<Usd>) {
    if let Some(cost) = cost {
        *sum = Some(sum.unwrap_or_default().plus(cost));
    }
}

fn add(sums: &mut BTreeMap<String, i64>, class: &str, tokens: i64) {
    let sum = sums.entry(class.to_owned()).or_default();
    *sum = sum.saturating_add(tokens);
}
