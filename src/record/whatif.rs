//! `whatif`: what requests would have cost under a policy; `whatif_request`: the same for one
//! request.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fix, Usd, is_false, is_zero};

/// What the requests of a thread, or of all threads of a stream, would have cost under a policy.
///
/// Keys without `after_` are what was reported, those with it are under the policy. The arithmetic
/// is exact; that a model would have done the same with another context is assumed, so a saving is
/// an upper bound.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "whatif")]
pub struct WhatIf {
    /// The policy as it was asked for: `NAME=VALUE@TOOL`, several joined by `+`.
    pub policy: String,
    /// The presets that the policy is of: settings of agents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub presets: Vec<String>,
    /// What the preset does, in a few words in the imperative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// The thread. Absent on the record of all threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// The agent's id of the session. Absent on the record of all threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The agent. Absent on a record of several agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Project of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Threads that the policy was applied to.
    pub threads: u64,
    /// Threads in which it changed anything.
    pub threads_changed: u64,
    /// Counted requests.
    pub requests: u64,
    /// Their input, cached included.
    pub input_tokens: u64,
    /// Of the input, read from the cache.
    pub cache_read_tokens: u64,
    /// Of the input, written to the cache.
    pub cache_write_tokens: u64,
    /// Of the input, neither.
    pub uncached_tokens: u64,
    /// Their output.
    pub output_tokens: u64,
    /// Their cost, of those with a known price before and after. Absent where none has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
    /// Requests without a known price.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unpriced_requests: u64,
    /// Requests under the policy.
    pub after_requests: u64,
    /// As `input_tokens`.
    pub after_input_tokens: u64,
    /// As `cache_read_tokens`.
    pub after_cache_read_tokens: u64,
    /// As `cache_write_tokens`.
    pub after_cache_write_tokens: u64,
    /// As `uncached_tokens`.
    pub after_uncached_tokens: u64,
    /// As `output_tokens`.
    pub after_output_tokens: u64,
    /// As `cost_usd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_cost_usd: Option<Usd>,
    /// `input_tokens` less `after_input_tokens`; negative where the policy sends more.
    pub saved_tokens: i64,
    /// `cost_usd` less `after_cost_usd`; negative where the policy costs more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved_usd: Option<Usd>,
    /// On the record of a preset that is suggested: what it saves in addition to those suggested
    /// before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_usd: Option<Usd>,
    /// Tokens that the policy keeps from being read from the cache, because something before them
    /// has changed since the request before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub broken_cache_tokens: u64,
    /// What sending these tokens costs beyond reading them: part of `after_cost_usd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken_cache_usd: Option<Usd>,
    /// Requests that only the policy sends (summaries): part of `after_requests`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub added_requests: u64,
    /// What these cost: part of `after_cost_usd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added_usd: Option<Usd>,
    /// Requests that the policy does not send.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub removed_requests: u64,
    /// Requests whose tokens or cost the policy changes.
    pub changed_requests: u64,
    /// Spans that enter with fewer tokens.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub spans_cut: u64,
    /// Spans that leave, or are shortened, after they were sent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub spans_dropped: u64,
    /// Of both, messages of the user.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub prompts_dropped: u64,
    /// Requests that no longer carry the latest message of the user.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub requests_without_prompt: u64,
    /// Instructions were cut or dropped.
    #[serde(default, skip_serializing_if = "is_false")]
    pub instructions_dropped: bool,
    /// Of the outputs that were cut or dropped, those whose call comes again later: the risk that
    /// what is gone is asked for again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub outputs_asked_again: u64,
    /// What is not measured, in words: `summary_size`, `output_size`, `price_of_model`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub estimated: Vec<String>,
    /// What to set, type or paste for it; only of presets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<Fix>,
}

/// A request under a policy (`tok-whatif --per-request`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "whatif_request")]
pub struct WhatIfRequest {
    /// The policy, as in [`WhatIf`].
    pub policy: String,
    /// Thread of the request.
    pub thread: String,
    /// The agent's id of the session.
    pub session: String,
    /// Ordinal of the request; of one that only the policy sends, of the request after it.
    pub n: u64,
    /// Only the policy sends it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub added: bool,
    /// The policy does not send it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
    /// All input as reported; 0 for one that only the policy sends.
    pub input_tokens: u64,
    /// Of the input, read from the cache.
    pub cache_read_tokens: u64,
    /// Of the input, written to the cache.
    pub cache_write_tokens: u64,
    /// Its output.
    pub output_tokens: u64,
    /// What it cost; absent where the price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
    /// As `input_tokens`, under the policy.
    pub after_input_tokens: u64,
    /// As `cache_read_tokens`.
    pub after_cache_read_tokens: u64,
    /// As `cache_write_tokens`.
    pub after_cache_write_tokens: u64,
    /// As `output_tokens`.
    pub after_output_tokens: u64,
    /// As `cost_usd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_cost_usd: Option<Usd>,
}
