//! `ledger`: the usage of a session by the agent's own account, and by the counted requests.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addition, Usd};

/// One per thread whose file keeps a ledger of its session, and per model; it holds the last state
/// of the ledger. Usage that only the ledger reports is in requests of `reason` ledger, which are
/// among the counted requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "ledger")]
pub struct Ledger {
    /// The thread whose file holds the ledger.
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
    /// Web searches, each of which has a fee. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_searches: Option<u64>,
    /// Cost by the agent's own prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_cost_usd: Option<Usd>,
    /// Counted requests of the session and its sub-agents.
    pub requests: u64,
    /// Input of the counted requests; equal to `input_tokens` where nothing is missing.
    pub counted_input_tokens: u64,
    /// Of `counted_input_tokens`, read from the cache.
    pub counted_cache_read_tokens: u64,
    /// Of `counted_input_tokens`, written to the cache.
    pub counted_cache_write_tokens: u64,
    /// Output of the counted requests.
    pub counted_output_tokens: u64,
    /// Line of the ledger's last state in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// The keys that `tok-usage-join` adds to a ledger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Checked {
    /// Cost of the ledger's tokens at list prices, charged as requests of average size. Where it
    /// differs from `agent_cost_usd`, the agent uses other prices. Absent where the price is not
    /// known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
}

impl Addition for Checked {
    const KEYS: &'static [&'static str] = &["cost_usd"];
}
