//! What `tok-usage-join` adds to a request: what its context consists of, how that compares with
//! the reported input, and what the request cost or why it has no cost.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addition, Usd, is_zero};

/// Why a counted request has no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unpriced {
    /// The file names no model.
    NoModel,
    /// The price table does not list the model.
    Model,
    /// The price table lists the model, but not for the request's `service_tier`, or not for a
    /// context of that size.
    ServiceTier,
    /// The price table has no price for the request's `speed`.
    Speed,
    /// The price table has no price for the request's `inference_geo`.
    InferenceGeo,
    /// The price table has no price for a web search.
    WebSearches,
    /// The price table has no price for reading from the cache, or for writing to it for an hour.
    Cache,
}

impl Unpriced {
    /// Returns the reason as records spell it.
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

/// The keys that `tok-usage-join` adds to a request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Billed {
    /// The size of the spans in its context as the law of the model predicts it, without regard to
    /// any report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_tokens: Option<u64>,
    /// Name of the law that was used; it ends in `~` where no law names the model and this one is
    /// the nearest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub law: Option<String>,
    /// Whether the context grew from the report before to this one as predicted: within 2 tokens,
    /// and 64 more for each response with reasoning that entered or left, where reasoning is
    /// reported rounded. Where the provider's encoding is not public: whether the growth is a
    /// plausible measurement. Absent for the first report of a context, which has none before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained: Option<bool>,
    /// The reported size of the context (`Request::context_tokens`; of a request with a purpose,
    /// its input) less the sizes of its spans and unrecorded blocks. May be negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexplained_tokens: Option<i64>,
    /// Number that the reported input has to be multiplied with: some models report the input of a
    /// response with n calls divided by n.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_part: Option<u64>,
    /// Part of the context that is instructions: base instructions, documents, skills, memory,
    /// environment. This and the next five count the sizes that the report confirmed or corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_instructions_tokens: Option<u64>,
    /// Part of the context that is tool calls and their outputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_tools_tokens: Option<u64>,
    /// Part of the context that is messages of user and assistant, and summaries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_messages_tokens: Option<u64>,
    /// Part of the context that is images and documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_images_tokens: Option<u64>,
    /// Part of the context that is reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_reasoning_tokens: Option<u64>,
    /// Part of the context that was sent although no file records it (see the events
    /// `unrecorded`). The six `context_*_tokens` and `unexplained_tokens` add up to
    /// `input_tokens`, or, where there are `samplings`, to the input of the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_unrecorded_tokens: Option<u64>,
    /// The model whose prices are charged, where that is not `model`: named by `--model-for` for a
    /// file that names no model, or by `--alias` for a model that the table does not list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charged_as: Option<String>,
    /// Cost of the request at list prices, fees included. Absent where the request is not counted,
    /// or where a price is not known (see `unpriced`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
    /// Part of `cost_usd` that is fees for `web_searches`. Absent: none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fee_usd: Usd,
    /// Why a counted request has no cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpriced: Option<Unpriced>,
    /// Part of `cost_usd` that is for `cache_read_tokens`. Absent where nothing was read or the
    /// price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read_usd: Option<Usd>,
    /// What `cache_read_tokens` would have cost in addition if they had not been cached: a broken
    /// cache loses this amount. Absent where nothing was read or the price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_saved_usd: Option<Usd>,
    /// The cost that a plain sum of the file's usage lines gives for the request, where it differs
    /// from `cost_usd`: the response is reported on several lines or on none, or is counted in
    /// another file. Absent where the price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naive_cost_usd: Option<Usd>,
    /// The usage bucket that the request falls into: `LEVEL:START` (see [`super::Usage`]).
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
        "cache_read_usd",
        "cache_saved_usd",
        "naive_cost_usd",
        "bucket",
    ];
}
