//! `usage`: a bucket of a ledger that an agent keeps outside its sessions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How fine the ledger is at that time. Never summed across levels (docs/formats.md 2.6).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// One response.
    #[default]
    Entry,
    /// One hour.
    Hour,
    /// One day (UTC).
    Day,
    /// One month (UTC).
    Month,
    /// All of the ledger that lies between the first and the last request of the stream: one
    /// record, the last. It repeats what the others tell.
    Ledger,
}

/// One per bucket that a counted request fell into. Buckets of a stream never overlap: what a finer
/// one tells is taken out of the coarser (an entry that a request matched out of its hour, an hour
/// out of its day), so their sums are sums over the ledger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "usage")]
pub struct Usage {
    /// Account the ledger belongs to.
    pub account: String,
    /// How fine it is.
    pub level: Level,
    /// Start of the bucket, or the instant of the entry (RFC 3339 UTC).
    pub start: String,
    /// End of the bucket, exclusive; absent for an entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// All input, cached included.
    pub input_tokens: u64,
    /// Of the input, read from the cache.
    pub cache_read_tokens: u64,
    /// All output, reasoning included.
    pub output_tokens: u64,
    /// Of the output, reasoning.
    pub reasoning_tokens: u64,
    /// Counted requests of the sessions that fall into it.
    pub requests: u64,
    /// Their input and output together.
    pub session_tokens: u64,
    /// What of the bucket the sessions explain, 0 to 1: `session_tokens` over input and output,
    /// never more than 1.
    pub share: f64,
    /// Of a whole ledger: its tokens that no session has. Requests of programs that keep no
    /// session, and of sessions that were not read; compactions of an agent may be in neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_only_tokens: Option<u64>,
    /// Responses that the ledger notes one by one and no session has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_only_entries: Option<u64>,
    /// Tokens of counted requests that the ledger does not have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_only_tokens: Option<u64>,
    /// The same by session (the agent's id): they add up to no more than `share`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shares: BTreeMap<String, f64>,
}
