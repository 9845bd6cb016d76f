//! The iterations of a response, compared with its total usage (docs/formats.md 3.5).
//!
//! An *iteration* is one run of a model, as the usage lists it. A *sampling* is an iteration of the
//! model that answered. A *fallback* is a run of another model after a model declined.
//!
//! The total usage of a response is the sum of its samplings (measured: all 305 responses with an
//! adviser), or it has the input of the first sampling only (as the API documents). In both cases
//! all samplings are billed. If the samplings match neither, they are ignored and only the total is
//! used. The total leaves out the other iterations: those of an adviser, those that make a summary,
//! and those of a model that wrote output and then declined.

use super::usage::{InputTokens, Iteration, IterationKind};
use crate::record::{Purpose, Sampling};

/// The iterations of a response.
#[derive(Default)]
pub(super) struct Iterations {
    /// The samplings, if there are several and the total usage agrees with them.
    pub(super) samplings: Vec<Sampling>,
    /// The other iterations, in order.
    pub(super) extra: Vec<ExtraInference>,
    /// When the conversation was summarised within the response. Of several summaries the last
    /// counts.
    pub(super) compacted: Option<CompactedWithin>,
}

/// When the provider summarised the conversation within a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CompactedWithin {
    BeforeLastSampling,
    /// After the last sampling, or in a response without samplings.
    AfterLastSampling,
}

/// An iteration that is no sampling, and is billed as a request of its own.
pub(super) struct ExtraInference {
    /// Its index among the iterations.
    pub(super) index: usize,
    pub(super) purpose: Purpose,
    pub(super) model: Option<String>,
    /// Input and output; `None`: no usable numbers.
    pub(super) reported: Option<(InputTokens, u64)>,
}

impl Iterations {
    /// Sorts the iterations of a response. `model`: the model that answered, as the response names
    /// it. `total_input` and `total_output`: the total usage of the response.
    pub(super) fn of(
        iterations: &[Iteration],
        model: Option<&str>,
        total_input: InputTokens,
        total_output: u64,
    ) -> Iterations {
        let are_samplings = are_samplings(iterations, model);
        let last_sampling = are_samplings.iter().rposition(|is_sampling| *is_sampling);
        let mut all = Iterations::default();
        let mut samplings = Vec::new();
        for (index, (iteration, is_sampling)) in iterations.iter().zip(are_samplings).enumerate() {
            if is_sampling {
                samplings.push(iteration.reported);
            } else {
                all.add_extra(index, iteration, model, last_sampling);
            }
        }
        // A single sampling without usable numbers makes all of them useless.
        let samplings: Option<Vec<_>> = samplings.into_iter().collect();
        let samplings = samplings.unwrap_or_default();
        all.samplings = samplings_if_consistent(&samplings, total_input, total_output);
        all
    }

    /// Adds an iteration that is no sampling.
    fn add_extra(
        &mut self,
        index: usize,
        iteration: &Iteration,
        answering_model: Option<&str>,
        last_sampling: Option<usize>,
    ) {
        let mut model = iteration.model.as_deref();
        let purpose = match iteration.kind {
            IterationKind::Advisor => Purpose::Advisor,
            IterationKind::Compaction => {
                // A summary is made by the model that answers.
                model = model.or(answering_model);
                self.compacted = Some(match last_sampling {
                    Some(last) if index < last => CompactedWithin::BeforeLastSampling,
                    _ => CompactedWithin::AfterLastSampling,
                });
                Purpose::Compaction
            }
            // A fallback before the last one declined too.
            IterationKind::Message | IterationKind::Fallback => {
                // A model that declines before it writes anything is not billed.
                if let Some((_, 0)) = iteration.reported {
                    return;
                }
                Purpose::Declined
            }
        };
        self.extra.push(ExtraInference {
            index,
            purpose,
            model: model.map(str::to_owned),
            reported: iteration.reported,
        });
    }
}

/// For each iteration, whether it is a sampling. After a fallback: every answer from the last
/// fallback on, and earlier answers of the same model. Without a fallback: every answer that names
/// no other model. If every answer names another model, the name is an alias: then all answers are
/// samplings. `model`: the model that answered, as the response names it.
fn are_samplings(iterations: &[Iteration], model: Option<&str>) -> Vec<bool> {
    let last_fallback = iterations
        .iter()
        .rposition(|iteration| iteration.kind == IterationKind::Fallback);
    let mut model = model;
    if let Some(index) = last_fallback
        && let Some(named) = &iterations[index].model
    {
        model = Some(named);
    }
    let is_named =
        |iteration: &Iteration| iteration.model.is_some() && iteration.model.as_deref() == model;
    let names_no_other = |iteration: &Iteration| iteration.model.is_none() || is_named(iteration);
    let some_match = iterations
        .iter()
        .any(|iteration| iteration.is_answer() && names_no_other(iteration));
    let mut are_samplings = Vec::with_capacity(iterations.len());
    for (index, iteration) in iterations.iter().enumerate() {
        let is_of_model = match last_fallback {
            Some(fallback) => index >= fallback || is_named(iteration),
            None => names_no_other(iteration) || !some_match,
        };
        are_samplings.push(is_of_model && iteration.is_answer());
    }
    are_samplings
}

/// The samplings, if there are several and the total usage agrees with them: its output is the sum
/// of theirs, and its input the sum of theirs or that of the first.
fn samplings_if_consistent(
    reported: &[(InputTokens, u64)],
    total_input: InputTokens,
    total_output: u64,
) -> Vec<Sampling> {
    let [(first, _), _, ..] = reported else {
        return Vec::new();
    };
    let (mut input_sum, mut output_sum) = (InputTokens::default(), 0_u64);
    let mut samplings = Vec::with_capacity(reported.len());
    for (input, output) in reported {
        input_sum = input_sum.plus(*input);
        output_sum = output_sum.saturating_add(*output);
        samplings.push(Sampling {
            input_tokens: input.input(),
            cache_read_tokens: input.read,
            cache_write_tokens: input.write,
            cache_write_1h_tokens: input.hour,
            output_tokens: *output,
        });
    }
    // `hour` is not compared: it is a part of `write`, and a usage may leave it out.
    let figures = |of: &InputTokens| (of.input(), of.read, of.write);
    let total = figures(&total_input);
    let input_agrees = figures(&input_sum) == total || figures(first) == total;
    if output_sum != total_output || !input_agrees {
        return Vec::new();
    }
    samplings
}
