//! `request`: one inference request and what the provider reported for it.
//!
//! It stands after all that it carried and before all that it produced, whatever the layout of
//! the file (FORMATS 1.10).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addition, Usd, is_zero};

/// Why a request is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Uncounted {
    /// The same response is counted in another place.
    Copy,
    /// It lies outside the window asked for.
    Window,
    /// The agent's own estimate, not a report of the provider.
    Estimate,
    /// It happened, but no usage was recorded for it.
    Unreported,
}

impl Uncounted {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Uncounted::Copy => "copy",
            Uncounted::Window => "window",
            Uncounted::Estimate => "estimate",
            Uncounted::Unreported => "unreported",
        }
    }
}

/// Why a counted request has no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unpriced {
    /// The file names no model.
    NoModel,
    /// The table does not list the model.
    Model,
    /// It lists the model, but not for the request's `service_tier`, or not in that size of context.
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

/// An inference request. Token counts are the provider's, in one convention for all providers:
/// `input_tokens` *includes* what was read from and written to the cache (FORMATS 5).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "request")]
pub struct Request {
    /// Thread it belongs to.
    pub thread: String,
    /// The agent's id of the session.
    pub session: String,
    /// `THREAD.SEQ`.
    pub id: String,
    /// Place in the order of the thread's records.
    pub seq: u64,
    /// Ordinal in the thread, from 1.
    pub n: u64,
    /// When its usage was reported (RFC 3339 UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Ordinal of the user's turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// Project of the session, so that requests can be grouped alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Identity of the response: equal keys in two files are one response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Model that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The service tier it was asked for: `priority`, `flex`, `batch`, or as the file has it. Absent:
    /// the standard one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// How fast it was served, where that has a price of its own: `fast`. Absent: standard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<String>,
    /// Where it had to be served: `us`. Absent: anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_geo: Option<String>,
    /// Web searches that the provider made for it and charges by the piece. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_searches: Option<u64>,
    /// Whether it is part of the bill.
    pub counted: bool,
    /// Why not, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncounted: Option<Uncounted>,
    /// All input, cached included. Absent where unreported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Of the input, read from the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read_tokens: Option<u64>,
    /// Of the input, written to the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// Of `cache_write_tokens`, those kept for an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h_tokens: Option<u64>,
    /// All output, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// False where `output_tokens` is a placeholder (FORMATS 3.4). Absent: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_known: Option<bool>,
    /// Of the output, spent on reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
    /// How many lines of the file report this usage, where it is not one: a plain sum of the usage
    /// lines takes it that often. None: the running sum alone has grown by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports: Option<u64>,
    /// What these lines report as output together, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_output_tokens: Option<u64>,
    /// Line of the report in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// Why a plain sum of a file's usage lines is not what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The usage stands on more than one line.
    Repeated,
    /// It stands on none: a running sum has grown by it.
    Unreported,
    /// The response is counted in another file.
    Copy,
    /// The file repeats lines of a parent's.
    Fork,
}

impl Written {
    /// Its name, as the `naive` key of [`super::Summary`] has it.
    pub fn name(self) -> &'static str {
        match self {
            Written::Repeated => "repeated",
            Written::Unreported => "unreported",
            Written::Copy => "copy",
            Written::Fork => "fork",
        }
    }
}

impl Request {
    /// What of it has no price, in words: its model, and the term where it is not the model.
    pub fn without_price(&self, why: Unpriced) -> String {
        let model = self.model.as_deref().unwrap_or("");
        let of = |name: &str, word: &Option<String>| format!("{model} with {name} {}", word.as_deref().unwrap_or(""));
        match why {
            Unpriced::NoModel | Unpriced::Model => model.to_owned(),
            Unpriced::ServiceTier => of("service tier", &self.service_tier),
            Unpriced::Speed => of("speed", &self.speed),
            Unpriced::InferenceGeo => of("geography", &self.inference_geo),
            Unpriced::WebSearches => format!("{model} with web searches"),
            Unpriced::Cache => format!("{model} with its cache"),
        }
    }

    /// The usage as often as lines of the file report it, and on how many lines: what a plain sum takes
    /// for this request, and why. `None` where it is what is counted.
    pub fn as_written(&self) -> Option<(Written, Request, u64)> {
        let lines = self.reports.unwrap_or(1);
        let why = match (self.uncounted, lines) {
            (Some(Uncounted::Copy), _) => Written::Copy,
            _ if !self.counted => return None,
            (_, 0) => Written::Unreported,
            (_, 1) => return None,
            _ => Written::Repeated,
        };
        let times = |tokens: Option<u64>| tokens.map(|tokens| tokens.saturating_mul(lines));
        let written = Request {
            at: self.at.clone(),
            model: self.model.clone(),
            service_tier: self.service_tier.clone(),
            speed: self.speed.clone(),
            inference_geo: self.inference_geo.clone(),
            web_searches: times(self.web_searches),
            input_tokens: times(self.input_tokens),
            cache_read_tokens: times(self.cache_read_tokens),
            cache_write_tokens: times(self.cache_write_tokens),
            cache_write_1h_tokens: times(self.cache_write_1h_tokens),
            output_tokens: self.reported_output_tokens.or(times(self.output_tokens)),
            ..Request::default()
        };
        Some((why, written, lines))
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
    /// Reported input less what the spans and the unrecorded pieces weigh. May be negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexplained_tokens: Option<i64>,
    /// The reported input is one part of so many: some models report the input of a response with
    /// n calls divided by n.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_part: Option<u64>,
    /// Of the context as closed, instructions: base instructions, documents, skills, memory, environment.
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
    /// `context_*_tokens` and `unexplained_tokens` add up to `input_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_unrecorded_tokens: Option<u64>,
    /// The model it is charged as, where that is not `model`: what `--model-for` says of a file that
    /// names none, or `--alias` of a model that the table does not list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charged_as: Option<String>,
    /// What it cost at list prices, fees included; absent where it is not counted, or where a price is
    /// not known (see `unpriced`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
    /// Of `cost_usd`, fees for `web_searches`. Absent: none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fee_usd: Usd,
    /// Why it has no cost, where it is counted and has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpriced: Option<Unpriced>,
    /// What `cache_read_tokens` would have cost beyond that, uncached: so much is lost where the cache
    /// in front of them is broken. Absent where nothing was read or the price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_saved_usd: Option<Usd>,
    /// What a plain sum of the file's usage lines makes of it, where that is not `cost_usd`: the response
    /// stands on several lines or on none, or is counted in another file. Absent where the price is
    /// not known.
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
