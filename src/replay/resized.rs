//! A request as it is sent under the plans of a rerun: its report with the numbers of the rerun.

use super::price::Prices;
use super::rerun_result::{RerunSent, RunKind};
use super::run::{PricedRuns, Runs};
use crate::record::count::bounded;
use crate::record::{Request, Sampling, Unpriced, Usd};

/// Returns a request with the sizes that its runs have in a rerun. Where nothing was changed, the
/// result is the request.
pub fn resized(request: &Request, runs: &[RerunSent]) -> Request {
    let mut resized = request.clone();
    for run in runs {
        let RunKind::Own(number) = run.kind else {
            continue;
        };
        let at = sampling_of(&request.samplings, number);
        let reported = request.samplings.get(at).copied();
        let before = within(reported.unwrap_or_else(|| whole(request)));
        let by = |before: u64, after: u64, value: &mut Option<u64>| {
            if before != after {
                let sum = value.unwrap_or(0).saturating_add(after);
                *value = Some(sum.saturating_sub(before));
            }
        };
        by(before.input_tokens, run.input, &mut resized.input_tokens);
        by(
            before.cache_read_tokens,
            run.cache_read,
            &mut resized.cache_read_tokens,
        );
        by(
            before.cache_write_tokens,
            run.cache_write,
            &mut resized.cache_write_tokens,
        );
        by(
            before.cache_write_1h_tokens,
            run.cache_write_hour,
            &mut resized.cache_write_1h_tokens,
        );
        if let Some(sampling) = resized.samplings.get_mut(at) {
            let after = Sampling {
                input_tokens: run.input,
                cache_read_tokens: run.cache_read,
                cache_write_tokens: run.cache_write,
                cache_write_1h_tokens: run.cache_write_hour,
                ..before
            };
            if after != before {
                *sampling = after;
            }
        }
    }
    resized
}

/// The place of a run among the samplings: [`Runs::of`] puts the last first where the context
/// shrank.
fn sampling_of(samplings: &[Sampling], run: usize) -> usize {
    match samplings {
        [first, .., last] if last.input_tokens < first.input_tokens => match run.checked_sub(1) {
            Some(before) => before,
            None => samplings.len() - 1,
        },
        _ => run,
    }
}

/// The only run of a request.
fn whole(request: &Request) -> Sampling {
    Sampling {
        input_tokens: request.input_tokens.unwrap_or(0),
        cache_read_tokens: request.cache_read_tokens.unwrap_or(0),
        cache_write_tokens: request.cache_write_tokens.unwrap_or(0),
        cache_write_1h_tokens: request.cache_write_1h_tokens.unwrap_or(0),
        output_tokens: request.output_tokens.unwrap_or(0),
    }
}

/// A run with its parts no larger than its input, as it is on the tape.
fn within(run: Sampling) -> Sampling {
    let input = bounded(run.input_tokens);
    let read = bounded(run.cache_read_tokens).min(input);
    let written = bounded(run.cache_write_tokens).min(input - read);
    Sampling {
        input_tokens: input,
        cache_read_tokens: read,
        cache_write_tokens: written,
        cache_write_1h_tokens: bounded(run.cache_write_1h_tokens).min(written),
        output_tokens: run.output_tokens,
    }
}

impl Prices {
    /// Returns what a request costs, all its runs together, each at the rates for the size of its
    /// context.
    ///
    /// # Errors
    /// The reason why it has no cost.
    pub fn cost_of_runs(&self, request: &Request) -> Result<Usd, Unpriced> {
        let PricedRuns {
            first,
            tariff,
            unpriced,
            again,
        } = Runs::of(request).priced(|run| Some(self.tariff(run)));
        let Some(tariff) = tariff else {
            return Err(unpriced.unwrap_or(Unpriced::Model));
        };
        let output = request.output_tokens.map_or(0, bounded);
        let input = bounded(first.input_tokens.unwrap_or(0));
        let mut cost = tariff.all(input, output);
        for again in &again {
            if let Some(tariff) = again.tariff {
                cost = cost.plus(tariff.all(again.input, 0));
            }
        }
        Ok(cost)
    }
}
