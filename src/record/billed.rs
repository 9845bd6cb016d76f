//! What `tok-usage-join` adds to a request: how its context closes, and what it cost or why nobody
//! knows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addition, Usd, is_zero};

/// Why a counted request has no cost.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Unpriced {
    /// The file names no model.
    NoModel,
    /// The table does not list the model.
    Model,
    /// It lists the model, but not for the request's `service_tier`, or not in that size of
    /// context.
    ServiceTier,
    /// It does not say what the request's `speed` costs.
    Speed,
    /// It does not say what the request's `inference_geo` costs.
    InferenceGeo,
    /// It does not say what a web search costs.
    WebSearches,
    /// It does not say what reading from the cache, or writing to it for an hour, costs.
    Cache,
}

impl Unpriced {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Unpriced::NoModel => "no_model",
            Unpriced::Model => "model",
            Unpriced::ServiceTier => "service_tier",
            Unpriced::Speed => "speed",
            Unpriced::InferenceGeo => "inference_geo",
            Unpriced::WebSearches => "web_searches",
            Unpriced::Cache => "cache",
        }
    }
}

/// What `tok-usage-join` adds to a request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Billed {
    /// What the laws of the model say of the spans in its context, before any report is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_tokens: Option<u64>,
    /// The line of the table of laws that was used; `…~` where none names the model and this is
    /// the nearest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub law: Option<String>,
    /// Whether the step from the report before to this one is as predicted: within 2 tokens, and 64
    /// for each response with reasoning that entered or left where reasoning is reported rounded;
    /// where the provider's encoding is not public, whether it is a plausible measurement. Absent
    /// where there is no step: the first report of a context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained: Option<bool>,
    /// The size of the context as reported (`Request::context_tokens`; of a request with a purpose,
    /// its input) less what the spans and the unrecorded pieces weigh. May be negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexplained_tokens: Option<i64>,
    /// The reported input is one part of so many: some models report the input of a response with
    /// n calls divided by n.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_part: Option<u64>,
    /// Of the context as closed, instructions: base instructions, documents, skills, memory,
    /// environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_instructions_tokens: Option<u64>,
    /// Of these, calls and their outputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_tools_tokens: Option<u64>,
    /// Of these, messages of user and assistant, summaries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_messages_tokens: Option<u64>,
    /// Of these, images and documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_images_tokens: Option<u64>,
    /// Of these, reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_reasoning_tokens: Option<u64>,
    /// Of these, what was sent and no file records (see the events `unrecorded`). The six
    /// `context_*_tokens` and `unexplained_tokens` add up to `input_tokens`, or, where there are
    /// `samplings`, to the input of the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_unrecorded_tokens: Option<u64>,
    /// The model it is charged as, where that is not `model`: what `--model-for` says of a file
    /// that names none, or `--alias` of a model that the table does not list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charged_as: Option<String>,
    /// What it cost at list prices, fees included; absent where it is not counted, or where a price
    /// is not known (see `unpriced`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
    /// Of `cost_usd`, fees for `web_searches`. Absent: none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fee_usd: Usd,
    /// Why it has no cost, where it is counted and has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpriced: Option<Unpriced>,
    /// What `cache_read_tokens` would have cost beyond that, uncached: so much is lost where the
    /// cache in front of them is broken. Absent where nothing was read or the price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_saved_usd: Option<Usd>,
    /// What a plain sum of the file's usage lines makes of it, where that is not `cost_usd`: the
    /// response stands on several lines or on none, or is counted in another file. Absent where the
    /// price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naive_cost_usd: Option<Usd>,
    /// The usage bucket it was joined with: `LEVEL:START` (see [`super::Usage`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
}

impl Addition for Billed {
    const KEYS: &'static [&'static str] = &[
        "predicted_tokens",
        "law",
        "explained",
        "unexplained_tokens",
        "reported_part",
        "context_instructions_tokens",
        "context_tools_tokens",
        "context_messages_tokens",
        "context_images_tokens",
        "context_reasoning_tokens",
        "context_unrecorded_tokens",
        "charged_as",
        "cost_usd",
        "fee_usd",
        "unpriced",
        "cache_saved_usd",
        "naive_cost_usd",
        "bucket",
    ];
}
