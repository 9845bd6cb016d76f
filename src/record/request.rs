//! `request`: one inference request and what the provider reported for it.
//!
//! In a stream it comes after all spans that it sent and before all spans that it produced,
//! whatever the layout of the session file (docs/formats.md 1.10).

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Purpose, Unpriced};

/// Why a request is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Uncounted {
    /// The same response is counted in another place.
    Copy,
    /// It lies outside the time range of `--since` and `--until`.
    Window,
    /// Its usage is an estimate of the agent, not a report of the provider.
    Estimate,
    /// It happened, but no usage was recorded for it.
    Unreported,
}

impl Uncounted {
    /// Returns the reason as records spell it.
    pub fn name(self) -> &'static str {
        match self {
            Uncounted::Copy => "copy",
            Uncounted::Window => "window",
            Uncounted::Estimate => "estimate",
            Uncounted::Unreported => "unreported",
        }
    }
}

/// How it is known which content a request sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContextBy {
    /// The agent logged the request, message by message.
    Log,
    /// From the lines before it, and from a snapshot of its system prompt and tool definitions.
    Snapshot,
    /// It is not known; only the usage is.
    Nobody,
}

/// One run of the model for a response. The keys mean the same as in [`Request`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Sampling {
    /// All input, cached included.
    pub input_tokens: u64,
    /// Of the input, read from the provider's cache.
    pub cache_read_tokens: u64,
    /// Of the input, written to the provider's cache.
    pub cache_write_tokens: u64,
    /// Of `cache_write_tokens`, those cached for an hour.
    pub cache_write_1h_tokens: u64,
    /// All output.
    pub output_tokens: u64,
}

/// An inference request. Token counts are the provider's, in one convention for all providers:
/// `input_tokens` *includes* what was read from and written to the cache (docs/formats.md 5.2).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "request")]
pub struct Request {
    /// Thread it belongs to.
    pub thread: String,
    /// The agent's id of the session.
    pub session: String,
    /// `THREAD.SEQ`.
    pub id: String,
    /// Position in the order of the thread's records.
    pub seq: u64,
    /// Ordinal of the request in the thread, from 1.
    pub n: u64,
    /// When its usage was reported (RFC 3339 UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Ordinal of the user's turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// Project of the session, repeated here so that requests can be grouped without the session
    /// records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Identity of the response: equal keys in two files are one response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Model that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Why the request is assumed although no line of the file reports it: `ledger` (the agent's
    /// ledger has more usage than its lines report). It may stand for several requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Service tier that was asked for: `priority`, `flex`, `batch`, or as the file spells it.
    /// Absent: the standard one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Speed of the service, where it has a separate price: `fast`. Absent: standard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<String>,
    /// Region that had to serve it: `us`. Absent: any region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_geo: Option<String>,
    /// Web searches that the provider made for it, each of which has a fee. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_searches: Option<u64>,
    /// Whether it is part of the bill.
    pub counted: bool,
    /// Why it is not part of the bill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncounted: Option<Uncounted>,
    /// Only of a compaction that the agent itself performs: messages are sent cut to this many
    /// bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_text_bytes: Option<u64>,
    /// As `cut_text_bytes`, for tool calls and their outputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_output_bytes: Option<u64>,
    /// Approximate size of the system prompt and tool definitions that no file records, where it
    /// differs from that of the thread's other requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_tokens: Option<u64>,
    /// All input, cached included. Absent where unreported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Of the input, read from the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read_tokens: Option<u64>,
    /// Of the input, written to the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// Of `cache_write_tokens`, those cached for an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h_tokens: Option<u64>,
    /// All output, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// False where `output_tokens` is a placeholder (docs/formats.md 3.4). Absent: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_known: Option<bool>,
    /// Part of the output that is reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
    /// The counts that the file reports for the response, where a request of another file counts a
    /// part of them and the counts of this record are only the difference: input, read from the
    /// cache, written to it, output, reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_reported_tokens: Option<super::Reported>,
    /// Number of lines of the file that report this usage, where it is not one: a plain sum of the
    /// usage lines counts it that often. 0: only a running sum includes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports: Option<u64>,
    /// Sum of the output over these lines, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_output_tokens: Option<u64>,
    /// What it was for. Absent: it is an answer in its thread. A request with a purpose other than
    /// the two of reviews has a separate context, whose content no record describes, and produced
    /// none of the thread's spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// The runs of the model, in order, where there were several for the response (a tool of the
    /// provider ran between them). They add up to the counts above; the input of the last one is
    /// the size of the context.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samplings: Vec<Sampling>,
    /// Why the cache was not read up to the end of the request before, in the provider's words:
    /// `model_changed`, `tools_changed`, `system_changed`, `messages_changed`,
    /// `previous_message_not_found`, `unavailable`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_miss_reason: Option<String>,
    /// The provider's rough estimate of the tokens that were not read from the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_missed_tokens: Option<u64>,
    /// What the agent changed since the request before in what it offers the model: kinds of notes,
    /// as the format spells them (`deferred_tools_delta`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    /// The servers whose tools or instructions were added or removed by these changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_servers: Vec<String>,
    /// How it is known which content it sent. Absent: only from the lines before it, by the rules
    /// of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_by: Option<ContextBy>,
    /// Messages that the agent logged as sent and that no file holds. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unresolved_messages: Option<u64>,
    /// Ids of the spans after which the agent set a cache mark: the provider caches the context up
    /// to there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cache_marks: Vec<String>,
    /// Line of the report in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// Why a plain sum of a file's usage lines differs from what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The usage is reported on more than one line.
    Repeated,
    /// The usage is reported on no line; only a running sum includes it.
    Unreported,
    /// The response is counted in another file.
    Copy,
    /// The file repeats lines of a parent's file.
    Fork,
}

impl Written {
    /// Returns the reason as the `naive` key of [`super::Summary`] spells it.
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
    /// Whether the records of its thread describe its context.
    pub fn has_recorded_context(&self) -> bool {
        match self.purpose {
            Some(purpose) => purpose.has_recorded_context(),
            None => true,
        }
    }

    /// Whether it belongs to a review inside the thread, or to a turn that such a review started.
    pub fn is_of_review(&self) -> bool {
        matches!(
            self.purpose,
            Some(Purpose::Review | Purpose::ReviewFollowUp)
        )
    }

    /// Returns what has no price, in words: the model, and the term of service unless the model
    /// itself has no price.
    pub fn without_price(&self, why: Unpriced) -> String {
        let model = self.model.as_deref().unwrap_or("");
        let of = |name: &str, word: &Option<String>| {
            format!("{model} with {name} {}", word.as_deref().unwrap_or(""))
        };
        match why {
            Unpriced::NoModel | Unpriced::Model => model.to_owned(),
            Unpriced::ServiceTier => of("service tier", &self.service_tier),
            Unpriced::Speed => of("speed", &self.speed),
            Unpriced::InferenceGeo => of("geography", &self.inference_geo),
            Unpriced::WebSearches => format!("{model} with web searches"),
            Unpriced::Cache => format!("{model} with its cache"),
        }
    }

    /// Returns the size of its thread's context: the input of its last sampling. `None` where no
    /// usage was reported, or where no record describes the context.
    pub fn context_tokens(&self) -> Option<u64> {
        if !self.has_recorded_context() {
            return None;
        }
        let input = self.input_tokens?;
        match self.samplings.last() {
            Some(last) => Some(last.input_tokens),
            None => Some(input),
        }
    }

    /// Returns one of its samplings as a separate request. The last sampling stays in its list,
    /// because prices may depend on the size of the context.
    pub fn sampled(&self, sampling: &Sampling) -> Request {
        Request {
            samplings: self.samplings.last().copied().into_iter().collect(),
            input_tokens: Some(sampling.input_tokens),
            cache_read_tokens: Some(sampling.cache_read_tokens),
            cache_write_tokens: Some(sampling.cache_write_tokens),
            cache_write_1h_tokens: Some(sampling.cache_write_1h_tokens),
            output_tokens: Some(sampling.output_tokens),
            web_searches: None,
            ..self.clone()
        }
    }

    /// Returns what a plain sum of the file's usage lines counts for this request: why that differs
    /// from what is counted, the usage, and the number of lines. `None` where it does not differ.
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
