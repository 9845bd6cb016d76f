//! `summary`: what the report says first, as numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One per stream, before the findings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "summary")]
pub struct Summary {
    /// Threads seen.
    pub threads: u64,
    /// Sessions by agent: how many threads of kind `main` each wrote.
    pub sessions: std::collections::BTreeMap<String, u64>,
    /// First instant of a counted request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Last instant of a counted request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Counted requests.
    pub requests: u64,
    /// Requests that are not counted, by reason.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub uncounted: std::collections::BTreeMap<String, u64>,
    /// Input of the counted requests, cached included.
    pub input_tokens: u64,
    /// Of it, read from the cache.
    pub cache_read_tokens: u64,
    /// Of it, written to the cache.
    pub cache_write_tokens: u64,
    /// Output of the counted requests.
    pub output_tokens: u64,
    /// Counted requests whose output is a placeholder (FORMATS 3.4).
    pub output_unknown: u64,
    /// Thread with the largest input and output together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dearest: Option<String>,
    /// That thread's input and output together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dearest_tokens: Option<u64>,
    /// Carried tokens by kind of content: `tool output`, `tool calls`, `messages`, `reasoning`,
    /// `instructions`, `images`; and `unrecorded`, what the spans do not explain of the input.
    pub what: std::collections::BTreeMap<String, i64>,
    /// Input sent for the first time (from `total`).
    pub first_tokens: i64,
    /// Input sent again and read from the cache.
    pub resent_cached_tokens: i64,
    /// Input sent again at full price.
    pub resent_uncached_tokens: i64,
    /// Findings before `--top` cut the list.
    pub findings: u64,
    /// What could be saved, each token counted once over all findings: an upper bound.
    pub net_tokens: u64,
}
