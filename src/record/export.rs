//! `export`: what a provider's own export of an account's usage says.
//!
//! The provider counts every request of the account, whatever sent it, and names neither sessions
//! nor projects. So these records stand beside those of the sessions and are never added to them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a record adds up. Records of different levels add up the same rows.
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
pub enum Extent {
    /// The whole export.
    #[default]
    Whole,
    /// Minutes that follow one another without a long pause.
    Session,
    /// One day (UTC).
    Day,
    /// One row: a minute, as providers write them.
    Minute,
}

/// One for the whole export, one for each session, day and minute in it. Minutes without a request
/// are left out everywhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "export")]
pub struct Export {
    /// What it adds up. Never summed across extents.
    pub extent: Extent,
    /// Start of its first minute; of a day, midnight (RFC 3339 UTC).
    pub start: String,
    /// End of its last minute, exclusive; of a day, the next midnight.
    pub end: String,
    /// The model, as the provider names it, where all its rows name the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Sessions in it; only of the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u64>,
    /// Minutes with a request.
    pub minutes: u64,
    /// Of these, the ones with a high input.
    pub high_burn_minutes: u64,
    /// Requests, as the provider counts them.
    pub requests: u64,
    /// Their input.
    pub input_tokens: u64,
    /// Their output.
    pub output_tokens: u64,
    /// `input_tokens` over `requests`, rounded.
    pub mean_input_tokens: u64,
    /// `input_tokens` over `output_tokens`, rounded to one decimal; absent where there is no
    /// output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_output_ratio: Option<f64>,
    /// Most tokens of a day, input and output together; only of days, where the user named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_tokens: Option<u64>,
    /// Input and output over `limit_tokens`, in millionths, rounded down; may be above 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_share: Option<f64>,
}
