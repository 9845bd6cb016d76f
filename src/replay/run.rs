//! The runs of the model for one response, and what each run was sent.
//!
//! A provider runs the model again after a tool of the provider has answered. The first run is sent
//! the context before the response; its reported input is compared with the predicted context. Each
//! later run is sent the same again, and what the response has produced so far.

use super::price::Tariff;
use crate::record::count::bounded;
use crate::record::{Request, Unpriced};

/// A further run of the model for the same response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Again {
    pub(super) input: u64,
    pub(super) cache_read: u64,
    pub(super) cache_write: u64,
    pub(super) cache_write_hour: u64,
    pub(super) tariff: Option<Tariff>,
}

/// Returns the tokens that tools of the provider added between the runs for one response: the
/// growth of the input, less what the model produced.
pub(super) fn returned(request: &Request) -> u64 {
    let [first, .., last] = &request.samplings[..] else {
        return 0;
    };
    let grown = last.input_tokens.saturating_sub(first.input_tokens);
    let mut produced: u64 = 0;
    for run in request.samplings.iter().rev().skip(1) {
        produced = produced.saturating_add(run.output_tokens);
    }
    bounded(grown.saturating_sub(produced))
}

/// The runs of the model for one response, and what they cost.
pub(super) struct PricedRuns {
    pub(super) first: Request,
    pub(super) tariff: Option<Tariff>,
    pub(super) unpriced: Option<Unpriced>,
    pub(super) again: Vec<Again>,
}

/// The runs of the model for one response.
pub(super) struct Runs {
    /// The run whose input is compared with the predicted context.
    first: Request,
    again: Vec<Request>,
}

impl Runs {
    /// Divides a request into its runs. The input of the first run is the context before the
    /// response. If the input of the last run is smaller, the context shrank in between, and the
    /// last run counts as the first.
    pub(super) fn of(request: &Request) -> Runs {
        let (first, again) = match &request.samplings[..] {
            [] => {
                return Runs {
                    first: request.clone(),
                    again: Vec::new(),
                };
            }
            [first, middle @ .., last] if last.input_tokens < first.input_tokens => {
                (last, [&[*first], middle].concat())
            }
            [first, rest @ ..] => (first, rest.to_vec()),
        };
        let mut first = request.sampled(first);
        // The fees of a response are charged once.
        first.web_searches = request.web_searches;
        Runs {
            first,
            again: again.iter().map(|run| request.sampled(run)).collect(),
        }
    }

    /// Returns the runs with their costs. If one of them has no price, none of them has, and
    /// `unpriced` says why. `tariff` returns nothing for a request that is not charged.
    pub(super) fn priced(
        self,
        tariff: impl Fn(&Request) -> Option<Result<Tariff, Unpriced>>,
    ) -> PricedRuns {
        let mut priced = PricedRuns {
            first: self.first,
            tariff: None,
            unpriced: None,
            again: Vec::new(),
        };
        for run in &self.again {
            let tariff = priced.note(tariff(run));
            priced.again.push(Again {
                input: bounded(run.input_tokens.unwrap_or(0)),
                cache_read: bounded(run.cache_read_tokens.unwrap_or(0)),
                cache_write: bounded(run.cache_write_tokens.unwrap_or(0)),
                cache_write_hour: bounded(run.cache_write_1h_tokens.unwrap_or(0)),
                tariff,
            });
        }
        priced.tariff = priced.note(tariff(&priced.first));
        if priced.unpriced.is_some() {
            priced.tariff = None;
            for run in &mut priced.again {
                run.tariff = None;
            }
        }
        priced
    }
}

impl PricedRuns {
    /// Returns the tariff of a run; notes the first reason why a run has none.
    fn note(&mut self, charged: Option<Result<Tariff, Unpriced>>) -> Option<Tariff> {
        match charged? {
            Ok(tariff) => Some(tariff),
            Err(why) => {
                self.unpriced.get_or_insert(why);
                None
            }
        }
    }
}
