//! `summary`: the figures at the beginning of the report.

use std::collections::BTreeMap;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Usd, is_zero};

/// One per stream, before the findings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "summary")]
pub struct Summary {
    /// Threads in the stream.
    pub threads: u64,
    /// By agent, the number of threads of kind `main`.
    pub sessions: BTreeMap<String, u64>,
    /// Time of the earliest counted request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Time of the latest counted request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Counted requests.
    pub requests: u64,
    /// Requests that are not counted, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub uncounted: BTreeMap<String, u64>,
    /// Input of the counted requests, cached included.
    pub input_tokens: u64,
    /// Part of `input_tokens` that was read from the cache.
    pub cache_read_tokens: u64,
    /// Part of `input_tokens` that was written to the cache.
    pub cache_write_tokens: u64,
    /// Output of the counted requests.
    pub output_tokens: u64,
    /// Counted requests whose output is a placeholder (docs/formats.md 3.4).
    pub output_unknown: u64,
    /// Cost of the counted requests at list prices; absent where no price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
    /// Counted requests without a cost (see `unpriced` of requests). Absent where the stream has
    /// not been through tok-usage-join.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpriced: Option<u64>,
    /// Input plus output of the requests without a cost, by model. Where the model itself has a
    /// price, the key names what has none: `gpt-5.4 with service tier scale`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unpriced_tokens: BTreeMap<String, u64>,
    /// The price table, with its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<String>,
    /// Changes of context size between reports that could be compared with a prediction or a
    /// measurement (see `explained` of requests). Absent where the stream has not been through
    /// tok-usage-join.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// How many of `steps` are as predicted or measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps_explained: Option<u64>,
    /// Requests that read less from the cache than was cached (events `cache_break`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_breaks: u64,
    /// Tokens that these requests sent again uncached.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_break_tokens: u64,
    /// Cost of `cache_break_tokens`, less the price of reading them from the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_break_usd: Option<Usd>,
    /// Cost by a plain sum of the files' usage lines. Absent where no price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naive_usd: Option<Usd>,
    /// Why `naive_usd` differs from `cost_usd`, with the number of cases: `repeated` (usage
    /// reported on several lines), `unreported` (usage reported on none), `copy` (responses counted
    /// in another file), `fork` (threads whose file repeats lines of a parent's).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub naive: BTreeMap<String, u64>,
    /// The most expensive thread; where no price is known, the one with most input plus output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dearest: Option<String>,
    /// Input plus output of that thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dearest_tokens: Option<u64>,
    /// Cost of that thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dearest_usd: Option<Usd>,
    /// Input plus output of the counted requests, by the `kind` of their session; requests of a
    /// review inside a thread are under `review`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub who: BTreeMap<String, u64>,
    /// Part of `cost_usd` by the same kinds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub who_usd: BTreeMap<String, Usd>,
    /// Tokens by kind of content, in all requests that sent it and in the responses that produced
    /// it: `tool output`, `tool calls`, `messages`, `reasoning`, `instructions`, `images`, and what
    /// belongs to no span: `unrecorded` and `unexplained`. Together they are `input_tokens` plus
    /// `output_tokens`. Absent where the stream has not been through tok-usage-join.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub content_tokens: BTreeMap<String, i64>,
    /// Part of `cost_usd` by kind of content, sent and produced.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub content_usd: BTreeMap<String, Usd>,
    /// Part of `input_tokens` that was sent although no file records it (from `total` records).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unrecorded_tokens: i64,
    /// Part of `input_tokens` that nothing explains; may be negative.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unexplained_tokens: i64,
    /// Input that was sent for the first time (from `total` records).
    pub first_tokens: i64,
    /// Input that was sent again and read from the cache.
    pub resent_cached_tokens: i64,
    /// Input that was sent again and not read from the cache.
    pub resent_uncached_tokens: i64,
    /// Part of `cost_usd` that was paid for `first_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_usd: Option<Usd>,
    /// Part of `cost_usd` that was paid for `resent_cached_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resent_cached_usd: Option<Usd>,
    /// Part of `cost_usd` that was paid for `resent_uncached_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resent_uncached_usd: Option<Usd>,
    /// Part of `cost_usd` that was paid for `output_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated_usd: Option<Usd>,
    /// Part of `cost_usd` that is fees for web searches. Absent: none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fee_usd: Usd,
    /// Number of findings before `--top` shortened the list.
    pub findings: u64,
    /// Tokens that could be saved, each counted once over all findings: an upper bound.
    pub net_tokens: u64,
    /// Cost of `net_tokens`, less `net_break_usd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_usd: Option<Usd>,
    /// Cost of the remedies themselves, which break caches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_break_usd: Option<Usd>,
}
