//! `usage`: the usage of an account during a period, from a ledger that an agent keeps outside its
//! sessions.

use std::collections::BTreeMap;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The period that a record covers. Records of different levels are never summed
/// (docs/formats.md 2.6).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
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
    /// The part of the ledger between the first and the last request of the stream: the last usage
    /// record, which repeats the amounts of the others.
    Ledger,
}

/// One per bucket (period) of the ledger that a counted request falls into. Buckets of a stream
/// never overlap: the amounts of a finer bucket are subtracted from the coarser one (an entry that
/// matches a request from its hour, an hour from its day). So the sum over buckets is the sum over
/// the ledger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "usage")]
pub struct Usage {
    /// Account the ledger belongs to.
    pub account: String,
    /// Length of the bucket.
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
    /// Counted requests of the sessions that fall into the bucket.
    pub requests: u64,
    /// Input plus output of these requests.
    pub session_tokens: u64,
    /// Share of the bucket that the sessions account for: `session_tokens` over input plus output,
    /// at most 1.
    pub share: f64,
    /// Only of level `ledger`: tokens of the ledger that no session reports, from programs that
    /// keep no sessions and from sessions that were not read. Compactions of an agent may be
    /// missing on both sides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_only_tokens: Option<u64>,
    /// Only of level `ledger`: responses with a separate entry in the ledger that no session
    /// reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_only_entries: Option<u64>,
    /// Only of level `ledger`: tokens of counted requests that the ledger does not include.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_only_tokens: Option<u64>,
    /// `share` by session (the agent's id): the values add up to at most `share`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shares: BTreeMap<String, f64>,
}
