//! A request as the replay keeps it.
//!
//! It knows its own report, law and tariff, and neither the spans that it carries nor the requests
//! before it.

use super::cache_report::CacheReport;
use super::law::{Law, Sizing};
use super::price::Tariff;
use super::run::Again;
use super::total::HourAndModel;
use crate::record::count::bounded;
use crate::record::{Purpose, Request, Unpriced, Usd};

/// What is kept of a request.
#[derive(Clone, Debug)]
pub(super) struct ModelCall {
    pub(super) n: u64,
    /// When it was sent (RFC 3339 UTC).
    pub(super) at: Option<Box<str>>,
    /// Its line in the file.
    pub(super) line: Option<u64>,
    /// Another file records it too, and it is counted there.
    pub(super) copied: bool,
    pub(super) counted: bool,
    pub(super) period: HourAndModel,
    /// What it was for, where it is no ordinary request of the thread.
    pub(super) purpose: Option<Purpose>,
    pub(super) input: Option<u64>,
    pub(super) cache_read: u64,
    pub(super) cache_write: u64,
    /// Of what it wrote, the part for an hour.
    pub(super) cache_write_hour: u64,
    /// Some of what it wrote to the cache is kept for an hour.
    pub(super) lasting: bool,
    pub(super) output: u64,
    pub(super) reasoning: Option<u64>,
    /// Whether the output is a report and not a placeholder.
    pub(super) output_known: bool,
    /// Whether the input is a report: not 0, and no estimate.
    pub(super) reported: bool,
    /// The other runs, where the model was run several times for the response. Input and cache
    /// above are then those of one run, with the context as it was before the response.
    pub(super) again: Vec<Again>,
    /// The input of the last run: what the provider can have cached.
    pub(super) sent: u64,
    /// Tokens that the provider's tools returned between the runs.
    pub(super) returned: u64,
    pub(super) cache_report: Option<Box<CacheReport>>,
    /// How the context was sent, where the request asks for a summary of it.
    pub(super) summary: Option<Summarised>,
    pub(super) law: &'static Law,
    /// The law is that of the nearest model: no line names this one.
    pub(super) nearest: bool,
    /// What its tokens cost, where it is counted and the price is known.
    pub(super) tariff: Option<Tariff>,
    /// Why they have no cost, where it is counted and the price is not known.
    pub(super) unpriced: Option<Unpriced>,
    /// What a plain sum over the file's lines makes of it.
    pub(super) naive: Option<Usd>,
    /// Every member of its context is known: nothing else was sent.
    pub(super) exact: bool,
    /// The file does not say what its context was.
    pub(super) apart: bool,
    /// Only the agent's ledger reports it; no line of the file does.
    pub(super) by_ledger: bool,
    /// Its system prompt and tool definitions are known, except for the provider's framing.
    pub(super) headed: bool,
    /// Ends of the prefixes that it asks the provider to cache, each as the `seq` of a span.
    pub(super) marks: Vec<u64>,
}

/// How an agent sends a context to be summarised: with long texts cut, and with another system
/// prompt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Summarised {
    pub(super) text_bytes: u64,
    pub(super) output_bytes: u64,
    pub(super) head_tokens: u64,
}

impl Summarised {
    pub(super) fn of(request: &Request) -> Option<Summarised> {
        Some(Summarised {
            text_bytes: request.cut_text_bytes?,
            output_bytes: request.cut_output_bytes?,
            head_tokens: bounded(request.head_tokens.unwrap_or(0)),
        })
    }
}

impl ModelCall {
    /// Another run of the same call, as a call that produced nothing.
    pub(super) fn once_more(&self, again: &Again) -> ModelCall {
        ModelCall {
            input: Some(again.input),
            cache_read: again.cache_read,
            cache_write: again.cache_write,
            cache_write_hour: again.cache_write_hour,
            tariff: again.tariff,
            output: 0,
            again: Vec::new(),
            ..self.clone()
        }
    }

    /// What it cost, all runs of the model together; `None` where it has no price.
    pub(super) fn cost(&self) -> Option<Usd> {
        let mut cost = self.tariff?.all(self.input?, self.output);
        for again in &self.again {
            if let Some(tariff) = again.tariff {
                cost = cost.plus(tariff.all(again.input, 0));
            }
        }
        Some(cost)
    }

    /// What it would have cost beyond that, had nothing been read from the cache.
    pub(super) fn saved(&self) -> Option<Usd> {
        self.of_all_runs(Tariff::saved)
    }

    /// The part of the cost that is for what was read from the cache.
    pub(super) fn reading(&self) -> Option<Usd> {
        self.of_all_runs(Tariff::reading)
    }

    /// The sum of an amount over all runs of the model; `None` where none has it.
    fn of_all_runs(&self, amount: fn(&Tariff) -> Option<Usd>) -> Option<Usd> {
        let mut sum = self.tariff.as_ref().and_then(amount);
        for again in &self.again {
            if let Some(more) = again.tariff.as_ref().and_then(amount) {
                sum = Some(sum.unwrap_or(Usd::ZERO).plus(more));
            }
        }
        sum
    }

    /// Whether what it sent is in no file.
    pub(super) fn is_unrecorded(&self) -> bool {
        if self.is_aside() {
            return false;
        }
        match self.purpose {
            Some(purpose) => self.apart || !purpose.has_recorded_context(),
            None => self.apart,
        }
    }

    /// Whether its context is not the thread's, so that nothing of the thread is charged for it and
    /// nothing of it enters the thread.
    pub(super) fn is_aside(&self) -> bool {
        self.purpose == Some(Purpose::Coordinator) || self.summary.is_some()
    }

    /// Whether the report may be a part of what was sent, if the response has this many calls.
    pub(super) fn divides(&self, calls: u64) -> bool {
        match &self.law.rule {
            Sizing::Framed(frame) => frame.divides && calls > 1,
            Sizing::Measured(_) => false,
        }
    }

    /// The most that was sent, by the report; unlimited without one.
    pub(super) fn most(&self, calls: u64) -> u64 {
        match self.input {
            Some(input) if self.reported && self.divides(calls) => {
                input.saturating_add(1).saturating_mul(calls)
            }
            Some(input) if self.reported => input,
            _ => u64::MAX,
        }
    }

    /// Where the parts of the input end that were read from the cache, written to it for an hour,
    /// and written in all. None goes beyond the input.
    pub(super) fn cached(&self) -> [u64; 3] {
        if let Some(tariff) = &self.tariff {
            return tariff.ends();
        }
        let input = self.input.unwrap_or(0);
        let read = self.cache_read.min(input);
        let written = self.cache_write.min(input - read);
        let hour = self.cache_write_hour.min(written);
        [read, read + hour, read + written]
    }

    /// How much the rate of each of these parts is above that of the next; 0 where there is no
    /// price.
    pub(super) fn steps(&self) -> [i64; 3] {
        match &self.tariff {
            Some(tariff) => tariff.steps(),
            None => [0; 3],
        }
    }
}
