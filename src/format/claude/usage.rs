//! The usage of a line: its report of tokens, and the iterations that it lists (docs/formats.md
//! 3.4, 3.5).
//!
//! As in the file, the three parts of the input are disjoint; [`InputTokens::input`] adds them. A
//! count is a whole number from 0 to 2^53. A report with anything else in its input is unusable,
//! because a bill must be complete. Only the output may be missing: then it is unknown.
//!
//! An iteration is one run of a model. What the iterations of a response mean is decided in
//! `iterations`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::record::count::MOST;

/// The input of one report, or of one iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct InputTokens {
    uncached: u64,
    pub(super) read: u64,
    pub(super) write: u64,
    /// The part of `write` that is kept for an hour.
    pub(super) hour: u64,
}

/// The report of one line.
#[derive(Clone, Debug)]
pub(super) struct UsageReport {
    pub(super) tokens: InputTokens,
    /// `None`: no usable number.
    pub(super) output: Option<u64>,
    pub(super) thinking: Option<u64>,
    pub(super) iterations: Vec<Iteration>,
}

/// One entry of `iterations`.
#[derive(Clone, Debug)]
pub(super) struct Iteration {
    pub(super) kind: IterationKind,
    pub(super) model: Option<String>,
    /// Input and output; `None`: no usable numbers.
    pub(super) reported: Option<(InputTokens, u64)>,
}

/// The purpose of an entry of `iterations`, by the API's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IterationKind {
    /// `message`: the model was run.
    Message,
    /// `fallback_message`: another model was run, because those before it declined.
    Fallback,
    /// `advisor_message`.
    Advisor,
    /// `compaction`.
    Compaction,
}

impl InputTokens {
    /// All input.
    pub(super) fn input(&self) -> u64 {
        self.uncached
            .saturating_add(self.write)
            .saturating_add(self.read)
    }

    /// Whether no part is less than in `other`. The parts are: uncached, read, written for five
    /// minutes, written for an hour.
    pub(super) fn covers(&self, other: &InputTokens) -> bool {
        self.uncached >= other.uncached
            && self.read >= other.read
            && self.write.saturating_sub(self.hour) >= other.write.saturating_sub(other.hour)
            && self.hour >= other.hour
    }

    pub(super) fn plus(self, other: InputTokens) -> InputTokens {
        InputTokens {
            uncached: self.uncached.saturating_add(other.uncached),
            read: self.read.saturating_add(other.read),
            write: self.write.saturating_add(other.write),
            hour: self.hour.saturating_add(other.hour),
        }
    }
}

impl UsageReport {
    /// Reads the usage of a line; `None` if it is no object, if its input has an unusable number,
    /// or if it reports nothing at all.
    pub(super) fn read(usage: Option<&RawValue>) -> Option<UsageReport> {
        let text = usage?.get();
        let usage = match serde_json::from_str::<Fields>(text) {
            Ok(fields) => fields.usage()?,
            Err(_) => Fields::read_repeated(text)?,
        };
        let has_tokens = usage.tokens.input() > 0 || usage.output.unwrap_or(0) > 0;
        if !has_tokens && usage.iterations.is_empty() {
            return None;
        }
        Some(usage)
    }
}

/// The fields of a usage, each of any type.
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
struct CacheCreation<'a> {
    #[serde(borrow)]
    ephemeral_1h_input_tokens: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct OutputDetails<'a> {
    #[serde(borrow)]
    thinking_tokens: Option<&'a RawValue>,
}

impl Fields<'_> {
    /// Reads a usage that has a key twice: the last one counts, as in a map (docs/faults.md 17).
    fn read_repeated(text: &str) -> Option<UsageReport> {
        let map: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
        let text = serde_json::Value::Object(map).to_string();
        serde_json::from_str::<Fields>(&text).ok()?.usage()
    }

    fn usage(&self) -> Option<UsageReport> {
        Some(UsageReport {
            tokens: self.tokens()?,
            output: self.output(),
            thinking: self.thinking(),
            iterations: self.iterations(),
        })
    }

    /// The input. Its cached parts may be missing, the rest may not.
    fn tokens(&self) -> Option<InputTokens> {
        let write = count_or_zero(self.cache_creation_input_tokens)?;
        Some(InputTokens {
            uncached: count(self.input_tokens?)?,
            read: count_or_zero(self.cache_read_input_tokens)?,
            write,
            hour: self.hour().unwrap_or(0).min(write),
        })
    }

    fn hour(&self) -> Option<u64> {
        let creation = serde_json::from_str::<CacheCreation>(self.cache_creation?.get()).ok()?;
        count(creation.ephemeral_1h_input_tokens?)
    }

    fn output(&self) -> Option<u64> {
        count(self.output_tokens?)
    }

    fn thinking(&self) -> Option<u64> {
        let details = self.output_tokens_details?.get();
        let details = serde_json::from_str::<OutputDetails>(details).ok()?;
        count(details.thinking_tokens?)
    }

    /// The iterations. If there is a single one, of the response itself, it is left out.
    fn iterations(&self) -> Vec<Iteration> {
        let Some(raw) = self.iterations else {
            return Vec::new();
        };
        let mut iterations = Vec::new();
        for entry in serde_json::from_str::<Vec<Fields>>(raw.get()).unwrap_or_default() {
            iterations.extend(entry.iteration());
        }
        if let [only] = &*iterations
            && only.is_answer()
        {
            iterations.clear();
        }
        iterations
    }

    fn iteration(&self) -> Option<Iteration> {
        let kind = match text(self.kind?)?.as_ref() {
            "message" => IterationKind::Message,
            "fallback_message" => IterationKind::Fallback,
            "advisor_message" => IterationKind::Advisor,
            "compaction" => IterationKind::Compaction,
            _ => return None,
        };
        let model = match self.model {
            Some(model) => text(model).map(Cow::into_owned),
            None => None,
        };
        let reported = match (self.tokens(), self.output()) {
            (Some(tokens), Some(output)) => Some((tokens, output)),
            _ => None,
        };
        Some(Iteration {
            kind,
            model,
            reported,
        })
    }
}

impl Iteration {
    /// Whether a model was run for the response itself.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self.kind, IterationKind::Message | IterationKind::Fallback)
    }
}

fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct JsonText<'a>(#[serde(borrow)] Cow<'a, str>);
    let JsonText(text) = serde_json::from_str(raw.get()).ok()?;
    Some(text)
}

/// Returns a number as a count; `None` if it is none (docs/faults.md 18).
pub(super) fn count(raw: &RawValue) -> Option<u64> {
    match raw.get().parse::<u64>() {
        Ok(number) if number <= MOST => Some(number),
        Ok(_) => None,
        Err(_) => crate::format::value::count(&serde_json::from_str(raw.get()).ok()?),
    }
}

/// A part that is missing is 0; `None` if it is no count.
fn count_or_zero(raw: Option<&RawValue>) -> Option<u64> {
    match raw {
        Some(raw) => count(raw),
        None => Some(0),
    }
}
