//! `request`: one inference request and what the provider reported for it.
//!
//! It stands after all that it carried and before all that it produced, whatever the layout of
//! the file (docs/formats.md 1.10).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Purpose, Unpriced};

/// Why a request is not counted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
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

/// How it is known what a request held.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ContextBy {
    /// The agent logged it, message by message.
    Log,
    /// The lines before it, and what a snapshot says of the head.
    Snapshot,
    /// Nobody says: only what it cost is known.
    Nobody,
}

/// One time that the model was run for a response: the keys of [`Request`], of this time alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sampling {
    /// All input, cached included.
    pub input_tokens: u64,
    /// Of the input, read from the provider's cache.
    pub cache_read_tokens: u64,
    /// Of the input, written to the provider's cache.
    pub cache_write_tokens: u64,
    /// Of `cache_write_tokens`, those kept for an hour.
    pub cache_write_1h_tokens: u64,
    /// All output.
    pub output_tokens: u64,
}

/// An inference request. Token counts are the provider's, in one convention for all providers:
/// `input_tokens` *includes* what was read from and written to the cache (docs/formats.md 5.2).
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
    /// Why there is a request, where no line reports it: `ledger`, the agent's own ledger has more
    /// than its lines report. It may be several together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The service tier it was asked for: `priority`, `flex`, `batch`, or as the file has it.
    /// Absent: the standard one.
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
    /// Of a compaction that the agent makes by itself: messages are sent cut to so many bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_text_bytes: Option<u64>,
    /// As `cut_text_bytes`, for calls and what tools return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_output_bytes: Option<u64>,
    /// About how many tokens stand in front of it that no file records, where these are not those
    /// of the thread's other requests.
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
    /// Of `cache_write_tokens`, those kept for an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h_tokens: Option<u64>,
    /// All output, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// False where `output_tokens` is a placeholder (docs/formats.md 3.4). Absent: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_known: Option<bool>,
    /// Of the output, spent on reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
    /// What the file reports for the response, where a request of another file counts a part of it
    /// and the figures here are what goes beyond that: input, read from the cache, written to it,
    /// output, reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_reported_tokens: Option<super::Reported>,
    /// How many lines of the file report this usage, where it is not one: a plain sum of the usage
    /// lines takes it that often. None: the running sum alone has grown by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports: Option<u64>,
    /// What these lines report as output together, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_output_tokens: Option<u64>,
    /// What it was for. Absent: its thread's own answer. A request that has a purpose, but for a
    /// review, has a context of its own, whose content is not told, and made none of the thread's
    /// spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// Where the model was run several times for the response (a tool of the provider's ran in
    /// between): each time, in order. They add up to the counts above; the input of the last is the
    /// context.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samplings: Vec<Sampling>,
    /// The provider's own word for why its cache was not read up to the end of the request before:
    /// `model_changed`, `tools_changed`, `system_changed`, `messages_changed`,
    /// `previous_message_not_found`, `unavailable`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_miss_reason: Option<String>,
    /// The provider's estimate of how much it missed: a magnitude, not a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_missed_tokens: Option<u64>,
    /// What the agent said that it had changed in what it offers the model, since the request
    /// before: kinds of notes, in the format's own words (`deferred_tools_delta`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    /// The servers whose tools or instructions came or went with these changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_servers: Vec<String>,
    /// How it is known what it held. Absent: from the lines before it alone, by the agent's rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_by: Option<ContextBy>,
    /// Messages that the agent logged as held, and that nothing on disk is. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unresolved_messages: Option<u64>,
    /// Ids of the spans at whose ends the agent had the provider keep the context in its cache.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cache_marks: Vec<String>,
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
    /// Whether its context is one that the records of its thread tell.
    pub fn is_told(&self) -> bool {
        self.purpose.is_none_or(Purpose::is_told)
    }

    /// Whether it is of a review inside the thread, or of what follows from it.
    pub fn is_of_review(&self) -> bool {
        matches!(
            self.purpose,
            Some(Purpose::Review | Purpose::ReviewFollowUp)
        )
    }

    /// What of it has no price, in words: its model, and the term where it is not the model.
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

    /// How large its thread's context was at the end: the input of its last sampling. `None` where
    /// no usage was reported, and where the context was another than the thread's.
    pub fn context_tokens(&self) -> Option<u64> {
        let own = self.input_tokens.filter(|_| self.is_told());
        own.map(|input| {
            self.samplings
                .last()
                .map_or(input, |last| last.input_tokens)
        })
    }

    /// One of its samplings as a request by itself. Of the list the last one stays, for what
    /// depends on the size of the context.
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

    /// The usage as often as lines of the file report it, and on how many lines: what a plain sum
    /// takes for this request, and why. `None` where it is what is counted.
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
