//! `stream`: which filters wrote the records, and for which time range. The first line of a stream.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Addition;

/// One per stream, its first line. A stream that begins with it and has no `coverage` at its end
/// was cut off.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "stream")]
pub struct Stream {
    /// Schema version, see [`crate::record::SCHEMA`].
    pub v: u32,
    /// Name and version of the filter that began the stream: `tok-split 0.1.0`.
    pub program: String,
    /// Start of the time range that was asked for (RFC 3339 UTC); earlier requests are not
    /// `counted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// End of the time range, exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// The keys that `tok-usage-join` adds to a stream record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Priced {
    /// The price table that costs are computed with: its name and version, or the name of the file
    /// and eight hex digits of its BLAKE3 hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<String>,
}

impl Addition for Priced {
    const KEYS: &'static [&'static str] = &["prices"];
}

/// The key that `tok-usage-join` adds to a stream record where the user supplies laws.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct PredictedBy {
    /// The file of laws that take precedence over the built-in ones: its name, and eight hex digits
    /// of its BLAKE3 hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub laws: Option<String>,
}

impl Addition for PredictedBy {
    const KEYS: &'static [&'static str] = &["laws"];
}

/// The key that `tok-measure` adds to a stream record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct MeasuredBy {
    /// Name and version of the filter that counted the tokens of the spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_by: Option<String>,
}

impl Addition for MeasuredBy {
    const KEYS: &'static [&'static str] = &["measured_by"];
}

/// The key that `tok-dedup` adds to a stream record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct DedupedBy {
    /// Name and version of the filter that looked for copies among the spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deduped_by: Option<String>,
}

impl Addition for DedupedBy {
    const KEYS: &'static [&'static str] = &["deduped_by"];
}

/// The key that `tok-rank` adds to a stream record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct RankedBy {
    /// Name and version of the filter that judged the stream. The spans after its `summary` are
    /// evidence for findings, not all spans of the threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranked_by: Option<String>,
}

impl Addition for RankedBy {
    const KEYS: &'static [&'static str] = &["ranked_by"];
}
