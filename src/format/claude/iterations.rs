//! The iterations of a response, compared with its usage as a whole (docs/formats.md 3.5).
//!
//! The samplings of the response itself are those of the model that answered. The usage of the
//! response is their sum (so in all of 305 advised responses of one collection), or has the input
//! of the first of them only (so the API's documentation); in both cases all of them are billed. If
//! they have any other numbers, the usage as a whole counts alone. Only the iterations report the
//! rest: an adviser, a summary, and the output of a model that then declined. A model that declines
//! before it writes anything is not billed.

use super::usage::{InputTokens, Iteration, IterationKind};
use crate::record::{Purpose, Sampling};

/// The iterations of a response.
#[derive(Default)]
pub(super) struct Iterations {
    /// The samplings of the response itself, if there are several and the usage agrees with them.
    pub(super) samplings: Vec<Sampling>,
    /// The other inferences, in order.
    pub(super) extra: Vec<ExtraInference>,
    /// When the conversation was summarised within the response.
    pub(super) compacted: Option<CompactedWithin>,
}

/// When the provider summarised the conversation: before the last sampling of the response itself,
/// or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CompactedWithin {
    Before,
    After,
}

/// An inference that is no sampling of the response itself.
pub(super) struct ExtraInference {
    /// Its index among the iterations.
    pub(super) index: usize,
    pub(super) purpose: Purpose,
    pub(super) model: Option<String>,
    /// Input and output; `None`: no usable numbers.
    pub(super) reported: Option<(InputTokens, u64)>,
}

impl Iterations {
    /// The iterations of a response of that model, whose usage as a whole is `tokens` and `output`.
    pub(super) fn of(
        iterations: &[Iteration],
        model: Option<&str>,
        tokens: InputTokens,
        output: u64,
    ) -> Iterations {
        let own = OwnSamplings::of(iterations, model);
        let mut all = Iterations::default();
        // The samplings of the response itself; `None`: one has no usable numbers.
        let mut samplings = Some(Vec::new());
        let last = (0..iterations.len()).rfind(|index| own.has(iterations, *index));
        for (index, iteration) in iterations.iter().enumerate() {
            if !own.has(iterations, index) {
                all.add_extra(index, iteration, model, last);
                continue;
            }
            match (&mut samplings, iteration.reported) {
                (Some(samplings), Some(reported)) => samplings.push(reported),
                _ => samplings = None,
            }
        }
        all.samplings = agreeing(&samplings.unwrap_or_default(), tokens, output);
        all
    }

    /// Adds an inference that is no sampling of the response itself. `last`: the index of the last
    /// such sampling.
    fn add_extra(
        &mut self,
        index: usize,
        iteration: &Iteration,
        model: Option<&str>,
        last: Option<usize>,
    ) {
        let purpose = match iteration.kind {
            IterationKind::Advisor => Purpose::Advisor,
            IterationKind::Compaction => Purpose::Compaction,
            IterationKind::Message | IterationKind::Fallback => Purpose::Declined,
        };
        let mut named = iteration.model.as_deref();
        if purpose == Purpose::Compaction {
            // A summary is made by the model that answers.
            named = named.or(model);
            self.compacted = Some(match last {
                Some(last) if index < last => CompactedWithin::Before,
                _ => CompactedWithin::After,
            });
        }
        if purpose == Purpose::Declined
            && let Some((_, 0)) = iteration.reported
        {
            return;
        }
        self.extra.push(ExtraInference {
            index,
            purpose,
            model: named.map(str::to_owned),
            reported: iteration.reported,
        });
    }
}

/// Tells the samplings of the model that answered from the other iterations: if models declined,
/// they are those from the last fallback on and those of its model; else all but those that name
/// another model.
struct OwnSamplings<'a> {
    /// The index of the last fallback.
    fallback: Option<usize>,
    /// The name of the model that answered.
    model: Option<&'a str>,
    /// Some sampling may be of that model by its name.
    any_named: bool,
}

impl<'a> OwnSamplings<'a> {
    fn of(iterations: &'a [Iteration], model: Option<&'a str>) -> OwnSamplings<'a> {
        let fallback = iterations
            .iter()
            .rposition(|iteration| iteration.kind == IterationKind::Fallback);
        let mut own = OwnSamplings {
            fallback,
            model,
            any_named: false,
        };
        if let Some(index) = fallback
            && let Some(Iteration {
                model: Some(model), ..
            }) = iterations.get(index)
        {
            own.model = Some(model);
        }
        own.any_named = iterations.iter().any(|iteration| {
            iteration.is_answer() && (iteration.model.is_none() || own.is_named(iteration))
        });
        own
    }

    fn is_named(&self, iteration: &Iteration) -> bool {
        iteration.model.is_some() && iteration.model.as_deref() == self.model
    }

    fn has(&self, iterations: &[Iteration], index: usize) -> bool {
        let Some(iteration) = iterations.get(index) else {
            return false;
        };
        let own = match self.fallback {
            Some(last) => index >= last || self.is_named(iteration),
            // The model may have two names; a response has at least one sampling of its own.
            None => iteration.model.is_none() || self.is_named(iteration) || !self.any_named,
        };
        own && iteration.is_answer()
    }
}

/// The samplings, if there are several, and the usage as a whole is their sum, or the input of the
/// first with the output of all.
fn agreeing(own: &[(InputTokens, u64)], tokens: InputTokens, output: u64) -> Vec<Sampling> {
    let [(first, _), _, ..] = own else {
        return Vec::new();
    };
    let (mut all, mut produced) = (InputTokens::default(), 0_u64);
    let mut samplings = Vec::with_capacity(own.len());
    for (tokens, output) in own {
        all = all.plus(*tokens);
        produced = produced.saturating_add(*output);
        samplings.push(Sampling {
            input_tokens: tokens.input(),
            cache_read_tokens: tokens.read,
            cache_write_tokens: tokens.write,
            cache_write_1h_tokens: tokens.hour,
            output_tokens: *output,
        });
    }
    let figures = |of: &InputTokens| (of.input(), of.read, of.write);
    let is_whole = figures(&all) == figures(&tokens) || figures(first) == figures(&tokens);
    if produced != output || !is_whole {
        return Vec::new();
    }
    samplings
}
