//! `export`: usage of an account, from the file that its provider exports.
//!
//! The provider counts every request of the account, whichever program sent it, and names neither
//! sessions nor projects. So these records are shown next to the figures of the sessions and are
//! never added to them.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The part of the export that a record adds up. Records of different extents add up the same
/// rows.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// The whole export.
    #[default]
    Whole,
    /// A series of minutes without a long pause between them.
    Session,
    /// One day (UTC).
    Day,
    /// One row of the export, which covers a minute.
    Minute,
}

/// One for the whole export, and one for each session, day and minute in it. Minutes without a
/// request are left out everywhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "export")]
pub struct Export {
    /// The part of the export that the record adds up. Never sum records of different extents.
    pub extent: Extent,
    /// Start of the first minute; of a day, midnight (RFC 3339 UTC).
    pub start: String,
    /// End of the last minute, exclusive; of a day, the next midnight.
    pub end: String,
    /// The model, as the provider names it. Absent where the rows name several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Number of sessions in the export; only of extent `whole`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u64>,
    /// Minutes with a request.
    pub minutes: u64,
    /// Minutes whose input exceeds a threshold (`tok-usage-join --high-burn`).
    pub high_burn_minutes: u64,
    /// Requests, as the provider counts them.
    pub requests: u64,
    /// Input tokens of the requests.
    pub input_tokens: u64,
    /// Output tokens of the requests.
    pub output_tokens: u64,
    /// `input_tokens` over `requests`, rounded.
    pub mean_input_tokens: u64,
    /// `input_tokens` over `output_tokens`, rounded to one decimal; absent where there is no
    /// output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_output_ratio: Option<f64>,
    /// The limit for a day that the user gave, input and output together; only of extent `day`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_tokens: Option<u64>,
    /// Input and output over `limit_tokens`, rounded down to six decimals; may be above 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_share: Option<f64>,
}
