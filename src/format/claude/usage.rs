//! What a line's usage says: one report, and the samplings that it is made of (docs/formats.md 3.4,
//! 3.5).
//!
//! The three parts of the input are disjoint here as they are in the file; [`Tokens::input`] adds
//! them. A count is a whole number from 0 to 2^53; a report whose input holds anything else is not
//! one, for a bill with a hole in it is no bill. Output alone may be missing: it is unknown then.
//!
//! `iterations` tells how often a model was run for the response, and which: what the numbers of
//! the response as a whole leave out is billed too (see [`Iterations`]).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::record::{Purpose, Sampling};

/// What one line, or one sampling, reports as input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    uncached: u64,
    pub(super) read: u64,
    pub(super) write: u64,
    /// Of what was written, for an hour.
    pub(super) hour: u64,
}

/// What one line reports.
#[derive(Clone, Debug)]
pub(super) struct Usage {
    pub(super) tokens: Tokens,
    /// `None`: no usable number.
    pub(super) output: Option<u64>,
    pub(super) thinking: Option<u64>,
    pub(super) iterations: Vec<Iteration>,
}

/// One entry of `iterations`.
#[derive(Clone, Debug)]
pub(super) struct Iteration {
    kind: Kind,
    model: Option<String>,
    /// Input and output; `None`: no usable numbers.
    said: Option<(Tokens, u64)>,
}

/// What an entry is for; the names are the API's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `message`: the model was run.
    Message,
    /// `fallback_message`: another model was run, because those before it declined.
    Fallback,
    /// `advisor_message`.
    Advisor,
    /// `compaction`.
    Compaction,
}

impl Tokens {
    /// All input.
    pub(super) fn input(&self) -> u64 {
        self.uncached
            .saturating_add(self.write)
            .saturating_add(self.read)
    }

    /// Uncached, read, written for five minutes, for an hour.
    fn parts(&self) -> [u64; 4] {
        [
            self.uncached,
            self.read,
            self.write.saturating_sub(self.hour),
            self.hour,
        ]
    }

    /// Whether it says no less than the other in any part.
    pub(super) fn covers(&self, other: &Tokens) -> bool {
        self.parts()
            .iter()
            .zip(other.parts())
            .all(|(mine, its)| *mine >= its)
    }

    fn plus(self, other: Tokens) -> Tokens {
        Tokens {
            uncached: self.uncached.saturating_add(other.uncached),
            read: self.read.saturating_add(other.read),
            write: self.write.saturating_add(other.write),
            hour: self.hour.saturating_add(other.hour),
        }
    }
}

impl Usage {
    /// Reads the usage of a line; `None` where it is of another type, or no number of it can be
    /// used. A report of nothing at all is none.
    pub(super) fn read(usage: Option<&RawValue>) -> Option<Usage> {
        let text = usage?.get();
        let fields = serde_json::from_str::<Fields>(text).ok();
        let usage = match fields {
            Some(fields) => fields.usage(),
            // Of a key that is there twice the last one counts (docs/faults.md 17): that is how a
            // map is read.
            None => {
                let map = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text)
                    .ok()?;
                let text = serde_json::Value::Object(map).to_string();
                serde_json::from_str::<Fields>(&text).ok()?.usage()
            }
        }?;
        let nothing = usage.tokens.input() == 0 && usage.output.unwrap_or(0) == 0;
        (!nothing || !usage.iterations.is_empty()).then_some(usage)
    }
}

/// The fields as they stand, each of whatever type.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    input_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_creation_input_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_read_input_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    output_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_creation: Option<&'a RawValue>,
    #[serde(borrow)]
    output_tokens_details: Option<&'a RawValue>,
    #[serde(borrow)]
    iterations: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Creation<'a> {
    #[serde(borrow)]
    ephemeral_1h_input_tokens: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Details<'a> {
    #[serde(borrow)]
    thinking_tokens: Option<&'a RawValue>,
}

impl Fields<'_> {
    fn usage(&self) -> Option<Usage> {
        let details = self
            .output_tokens_details
            .and_then(|raw| serde_json::from_str::<Details>(raw.get()).ok());
        Some(Usage {
            tokens: self.tokens()?,
            output: self.output_tokens.and_then(count),
            thinking: details
                .and_then(|details| details.thinking_tokens)
                .and_then(count),
            iterations: self.iterations(),
        })
    }

    /// The input; the parts that are cached may be left out, the rest not.
    fn tokens(&self) -> Option<Tokens> {
        let part = |raw: Option<&RawValue>| raw.map_or(Some(0), count);
        let write = part(self.cache_creation_input_tokens)?;
        let creation = self
            .cache_creation
            .and_then(|raw| serde_json::from_str::<Creation>(raw.get()).ok());
        let hour = creation
            .and_then(|creation| creation.ephemeral_1h_input_tokens)
            .and_then(count);
        Some(Tokens {
            uncached: count(self.input_tokens?)?,
            read: part(self.cache_read_input_tokens)?,
            write,
            hour: hour.unwrap_or(0).min(write),
        })
    }

    /// A single sampling that is named nothing else is the response itself.
    fn iterations(&self) -> Vec<Iteration> {
        let entries = self
            .iterations
            .and_then(|raw| serde_json::from_str::<Vec<Fields>>(raw.get()).ok());
        let read = |entries: Vec<Fields>| entries.iter().filter_map(Fields::iteration).collect();
        let mut iterations: Vec<Iteration> = entries.map(read).unwrap_or_default();
        if let [
            Iteration {
                kind: Kind::Message | Kind::Fallback,
                ..
            },
        ] = iterations[..]
        {
            iterations.clear();
        }
        iterations
    }

    fn iteration(&self) -> Option<Iteration> {
        let kind = match text(self.kind?)?.as_ref() {
            "message" => Kind::Message,
            "fallback_message" => Kind::Fallback,
            "advisor_message" => Kind::Advisor,
            "compaction" => Kind::Compaction,
            _ => return None,
        };
        let model = self.model.and_then(text).map(Cow::into_owned);
        Some(Iteration {
            kind,
            model,
            said: self.tokens().zip(self.output_tokens.and_then(count)),
        })
    }
}

fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    serde_json::from_str::<Text>(raw.get())
        .ok()
        .map(|text| text.0)
}

/// A number as a count; `None` for what is none (docs/faults.md 18).
pub(super) fn count(raw: &RawValue) -> Option<u64> {
    match raw.get().parse::<u64>() {
        Ok(number) => Some(number).filter(|number| *number < 1 << 53),
        Err(_) => crate::format::count(&serde_json::from_str(raw.get()).ok()?),
    }
}

/// What the iterations of a response come to, beside its usage as a whole.
///
/// Its own samplings are those of the model that answered. The usage of the response is their sum
/// (so in all of 305 advised responses of one collection), or tells the input of the first of them
/// only (so the API's documentation): in both cases all of them are billed. Where they say anything
/// else the usage as a whole stands alone. The rest is told by the iterations only: an adviser, a
/// summary, and what a model had written that then declined. Who declines before he writes is not
/// billed.
#[derive(Default)]
pub(super) struct Iterations {
    /// The own samplings, where there are several that the usage agrees with.
    pub(super) samplings: Vec<Sampling>,
    /// What else there was, in order.
    pub(super) beside: Vec<Beside>,
    /// The conversation was summarised before the last own sampling, or after it.
    pub(super) compacted: Option<Compacted>,
}

/// When the provider summarised the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compacted {
    Before,
    After,
}

/// An inference beside the response's own.
pub(super) struct Beside {
    /// Its place among the iterations.
    pub(super) place: usize,
    pub(super) purpose: Purpose,
    pub(super) model: Option<String>,
    /// Input and output; `None`: no usable numbers.
    pub(super) said: Option<(Tokens, u64)>,
}

impl Iterations {
    /// Of a response of that model, whose usage as a whole is `tokens` and `output`.
    pub(super) fn of(
        iterations: &[Iteration],
        model: Option<&str>,
        tokens: Tokens,
        output: u64,
    ) -> Iterations {
        let own = own(iterations, model);
        let last = own.iter().rposition(|own| *own);
        let mut all = Iterations::default();
        for (place, iteration) in iterations.iter().enumerate() {
            let purpose = match iteration.kind {
                _ if own.get(place) == Some(&true) => continue,
                Kind::Advisor => Purpose::Advisor,
                Kind::Compaction => Purpose::Compaction,
                Kind::Message | Kind::Fallback => Purpose::Declined,
            };
            if purpose == Purpose::Compaction {
                let before = last.is_some_and(|last| place < last);
                all.compacted = Some(if before {
                    Compacted::Before
                } else {
                    Compacted::After
                });
            }
            if purpose == Purpose::Declined && iteration.said.is_some_and(|(_, output)| output == 0)
            {
                continue;
            }
            // A summary is the work of the model that answers.
            let named = iteration
                .model
                .as_deref()
                .or(model.filter(|_| purpose == Purpose::Compaction));
            let model = named.map(str::to_owned);
            all.beside.push(Beside {
                place,
                purpose,
                model,
                said: iteration.said,
            });
        }
        let samplings: Option<Vec<_>> = iterations
            .iter()
            .zip(own)
            .filter(|(_, own)| *own)
            .map(|(iteration, _)| iteration.said)
            .collect();
        all.samplings = agreeing(&samplings.unwrap_or_default(), tokens, output);
        all
    }
}

/// Which of the iterations are samplings of the model that answered: where others declined, those
/// from the last fallback on and those of its model; else all but those that name another model.
fn own(iterations: &[Iteration], model: Option<&str>) -> Vec<bool> {
    let is_answer =
        |iteration: &Iteration| matches!(iteration.kind, Kind::Message | Kind::Fallback);
    let fallback = iterations
        .iter()
        .rposition(|iteration| iteration.kind == Kind::Fallback);
    let answered = fallback
        .and_then(|place| iterations.get(place)?.model.as_deref())
        .or(model);
    let is_named =
        |iteration: &Iteration| iteration.model.is_some() && iteration.model.as_deref() == answered;
    let any = iterations.iter().any(|iteration| {
        is_answer(iteration) && (iteration.model.is_none() || is_named(iteration))
    });
    let is_own = |(place, iteration): (usize, &Iteration)| {
        let own = match fallback {
            Some(last) => place >= last || is_named(iteration),
            // The model may have two names; a response has at least one sampling of its own.
            None => iteration.model.is_none() || is_named(iteration) || !any,
        };
        own && is_answer(iteration)
    };
    iterations.iter().enumerate().map(is_own).collect()
}

/// The samplings, if there are several and the usage as a whole is their sum, or the first one's
/// input with the output of all.
fn agreeing(own: &[(Tokens, u64)], tokens: Tokens, output: u64) -> Vec<Sampling> {
    let (Some((first, _)), true) = (own.first(), own.len() > 1) else {
        return Vec::new();
    };
    let all = own
        .iter()
        .fold(Tokens::default(), |sum, (tokens, _)| sum.plus(*tokens));
    let produced = own
        .iter()
        .fold(0, |sum: u64, (_, output)| sum.saturating_add(*output));
    let is_whole = |said: Tokens| {
        (said.input(), said.read, said.write) == (tokens.input(), tokens.read, tokens.write)
    };
    if produced != output || !(is_whole(all) || is_whole(*first)) {
        return Vec::new();
    }
    let sampling = |(tokens, output): &(Tokens, u64)| Sampling {
        input_tokens: tokens.input(),
        cache_read_tokens: tokens.read,
        cache_write_tokens: tokens.write,
        cache_write_1h_tokens: tokens.hour,
        output_tokens: *output,
    };
    own.iter().map(sampling).collect()
}
