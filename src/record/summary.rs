//! `summary`: what the report says first, as numbers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Usd, is_zero};

/// One per stream, before the findings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "summary")]
pub struct Summary {
    /// Threads seen.
    pub threads: u64,
    /// Sessions by agent: how many threads of kind `main` each wrote.
    pub sessions: BTreeMap<String, u64>,
    /// First instant of a counted request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Last instant of a counted request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Counted requests.
    pub requests: u64,
    /// Requests that are not counted, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub uncounted: BTreeMap<String, u64>,
    /// Input of the counted requests, cached included.
    pub input_tokens: u64,
    /// Of it, read from the cache.
    pub cache_read_tokens: u64,
    /// Of it, written to the cache.
    pub cache_write_tokens: u64,
    /// Output of the counted requests.
    pub output_tokens: u64,
    /// Counted requests whose output is a placeholder (docs/formats.md 3.4).
    pub output_unknown: u64,
    /// What the counted requests cost at list prices; absent where no price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
    /// Counted requests that have no cost (see `unpriced` of requests). Absent where
    /// nobody has looked for prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpriced: Option<u64>,
    /// Input and output of these together, by model; where it is not the model that has no price,
    /// with the term that has none: `gpt-5.4 with service tier scale`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unpriced_tokens: BTreeMap<String, u64>,
    /// The price table, with its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<String>,
    /// Steps from a report to the next that can be predicted or measured (see `explained` of
    /// requests). Absent where nobody has replayed the sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// Of these, explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps_explained: Option<u64>,
    /// Requests that read less from the cache than stood there (events `cache_break`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_breaks: u64,
    /// Tokens that were sent again for that.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_break_tokens: u64,
    /// What these cost beyond the price of reading them from the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_break_usd: Option<Usd>,
    /// What a plain sum of the files' usage lines would say that all cost. Absent where no price is
    /// known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naive_usd: Option<Usd>,
    /// Why it is off, how many of each: `repeated` (usages that stand on more than one line),
    /// `unreported` (that stand on none), `copy` (responses counted in another file), `fork`
    /// (threads whose file repeats a parent's lines).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub naive: BTreeMap<String, u64>,
    /// Thread that cost most; where no price is known, the one with the largest input and output
    /// together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dearest: Option<String>,
    /// That thread's input and output together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dearest_tokens: Option<u64>,
    /// What that thread cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dearest_usd: Option<Usd>,
    /// Input and output of the counted requests, by what their threads were run for (`kind` of
    /// sessions); a review inside a thread is a `review`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub who: BTreeMap<String, u64>,
    /// Of `cost_usd`, what these cost.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub who_usd: BTreeMap<String, Usd>,
    /// What each kind of content came to, sent (each time) and produced: `tool output`, `tool
    /// calls`, `messages`, `reasoning`, `instructions`, `images`; and what no span owns:
    /// `unrecorded`, which no file holds, and `unexplained`. Together they are `input_tokens` and
    /// `output_tokens`. Absent where nobody has looked what requests were made of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub content_tokens: BTreeMap<String, i64>,
    /// Of `cost_usd`, what each kind of content cost, sent and produced.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub content_usd: BTreeMap<String, Usd>,
    /// Of `input_tokens`, what was sent and no file records (from `total`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unrecorded_tokens: i64,
    /// Of `input_tokens`, what nothing explains; may be negative.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unexplained_tokens: i64,
    /// Input sent for the first time (from `total`).
    pub first_tokens: i64,
    /// Input sent again and read from the cache.
    pub resent_cached_tokens: i64,
    /// Input sent again at full price.
    pub resent_uncached_tokens: i64,
    /// Of `cost_usd`, for `first_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_usd: Option<Usd>,
    /// Of `cost_usd`, for `resent_cached_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resent_cached_usd: Option<Usd>,
    /// Of `cost_usd`, for `resent_uncached_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resent_uncached_usd: Option<Usd>,
    /// Of `cost_usd`, for `output_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated_usd: Option<Usd>,
    /// Of `cost_usd`, fees for web searches. Absent: none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fee_usd: Usd,
    /// Findings before `--top` cut the list.
    pub findings: u64,
    /// What could be saved, each token counted once over all findings: an upper bound.
    pub net_tokens: u64,
    /// What `net_tokens` cost, less what the remedies themselves cost by breaking caches
    /// (`net_break_usd`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_usd: Option<Usd>,
    /// What was deducted for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_break_usd: Option<Usd>,
}
