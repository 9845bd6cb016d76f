//! `ledger`: what an agent's own ledger says that a session has used, beside what was counted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addition, Usd};

/// One per thread that keeps a ledger of its session, and model: its last state. What of it no line
/// reports is in requests of `reason` ledger; those are in what was counted too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "ledger")]
pub struct Ledger {
    /// Thread in whose file it stands.
    pub thread: String,
    /// The agent's id of the session.
    pub session: String,
    /// The model, as the requests name it.
    pub model: String,
    /// The time from which on the ledger counts (RFC 3339 UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// All input, cached included, of the session and its sub-agents.
    pub input_tokens: u64,
    /// Of the input, read from the cache.
    pub cache_read_tokens: u64,
    /// Of the input, written to the cache.
    pub cache_write_tokens: u64,
    /// Of `cache_write_tokens`, those kept for an hour; absent where the ledger does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h_tokens: Option<u64>,
    /// All output.
    pub output_tokens: u64,
    /// Web searches that are charged by the piece. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_searches: Option<u64>,
    /// What it cost, by the agent's own prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_cost_usd: Option<Usd>,
    /// Requests that were counted: the session's and its sub-agents'.
    pub requests: u64,
    /// Their input: that of the ledger, where all is well.
    pub counted_input_tokens: u64,
    /// Of it, read from the cache.
    pub counted_cache_read_tokens: u64,
    /// Of it, written to the cache.
    pub counted_cache_write_tokens: u64,
    /// Their output.
    pub counted_output_tokens: u64,
    /// Line of the state in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// What `tok-usage-join` adds to a ledger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Checked {
    /// What the ledger's tokens cost at list prices, charged as requests of average size. Where
    /// that is not `agent_cost_usd`, the agent has other prices. Absent where the price is not
    /// known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
}

impl Addition for Checked {
    const KEYS: &'static [&'static str] = &["cost_usd"];
}
