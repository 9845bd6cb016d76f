//! Runs: how often the model was run for one response, and what each run was sent.
//!
//! Between two runs a tool of the provider's answers. The first run is sent the context as it
//! stands before the response: it is what the closing looks at. Each later one is sent that again,
//! with what the response has brought until then.

use super::price::Tariff;
use crate::record::count::bounded;
use crate::record::{Request, Sampling, Unpriced};

/// Another run of the model for the same response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Again {
    pub(super) input: u64,
    pub(super) cache_read: u64,
    pub(super) cache_write: u64,
    pub(super) tariff: Option<Tariff>,
}

/// What came in from outside between the runs of the model for one response.
pub(super) fn returned(request: &Request) -> u64 {
    let [first, .., last] = &request.samplings[..] else {
        return 0;
    };
    let grown = last.input_tokens.saturating_sub(first.input_tokens);
    let before = request.samplings.iter().rev().skip(1);
    let said = before.fold(0, |sum: u64, run| sum.saturating_add(run.output_tokens));
    bounded(grown.saturating_sub(said))
}

/// The runs of the model for one response, and what they cost.
pub(super) struct Priced {
    pub(super) first: Request,
    pub(super) tariff: Option<Tariff>,
    pub(super) unpriced: Option<Unpriced>,
    pub(super) again: Vec<Again>,
}

/// The runs of the model for one response.
pub(super) struct Runs {
    /// The one whose context stood there before the response.
    first: Request,
    again: Vec<Request>,
}

impl Runs {
    /// What a later run has beyond the first is the response's own; but where the context shrank in
    /// between, that of the last stands.
    pub(super) fn of(request: &Request) -> Runs {
        let run = |sampling: &Sampling| request.sampled(sampling);
        // The fees of a response are charged once.
        let with_fees = |run: Request| Request {
            web_searches: request.web_searches,
            ..run
        };
        let input = |sampling: Option<&Sampling>| sampling.map(|sampling| sampling.input_tokens);
        match &request.samplings[..] {
            [] => Runs {
                first: request.clone(),
                again: Vec::new(),
            },
            [before @ .., last] if Some(last.input_tokens) < input(before.first()) => Runs {
                first: with_fees(run(last)),
                again: before.iter().map(run).collect(),
            },
            [first, rest @ ..] => Runs {
                first: with_fees(run(first)),
                again: rest.iter().map(run).collect(),
            },
        }
    }

    /// With what they cost; all of them have a price, or none, and then why not. `tariff` answers
    /// nothing where nothing is to be charged.
    pub(super) fn priced(
        self,
        tariff: impl Fn(&Request) -> Option<Result<Tariff, Unpriced>>,
    ) -> Priced {
        let Runs { first, again } = self;
        let count = |tokens: Option<u64>| bounded(tokens.unwrap_or(0));
        let charged: Vec<Option<Result<Tariff, Unpriced>>> = again.iter().map(&tariff).collect();
        let of_first = tariff(&first);
        let unpriced = charged
            .iter()
            .chain([&of_first])
            .find_map(|charged| charged.and_then(Result::err));
        let known = |charged: Option<Result<Tariff, Unpriced>>| {
            charged?.ok().filter(|_| unpriced.is_none())
        };
        let again = again.iter().zip(charged).map(|(run, charged)| Again {
            input: count(run.input_tokens),
            cache_read: count(run.cache_read_tokens),
            cache_write: count(run.cache_write_tokens),
            tariff: known(charged),
        });
        let again = again.collect();
        Priced {
            tariff: known(of_first),
            unpriced,
            first,
            again,
        }
    }
}
