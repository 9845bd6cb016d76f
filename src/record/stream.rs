//! `stream`: the first line, who wrote the records and for which window.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Addition;

/// One per stream, its first line. A stream that has one and no `coverage` was cut off.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "stream")]
pub struct Stream {
    /// Schema version, see [`crate::record::SCHEMA`].
    pub v: u32,
    /// Name and version of the filter that began the stream: `tok-split 0.1.0`.
    pub program: String,
    /// Start of the window asked for (RFC 3339 UTC); requests before it are not `counted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// End of the window, exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What `tok-usage-join` adds to a stream record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Priced {
    /// The price table that costs are made with: its name and version, or the name of the file and
    /// eight hex digits of its BLAKE3 hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<String>,
}

impl Addition for Priced {
    const KEYS: &'static [&'static str] = &["prices"];
}

/// What `tok-usage-join` adds to a stream record where a user has written laws.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PredictedBy {
    /// The file of laws that were asked before those of the table: its name, and eight hex digits
    /// of its BLAKE3 hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub laws: Option<String>,
}

impl Addition for PredictedBy {
    const KEYS: &'static [&'static str] = &["laws"];
}

/// What `tok-measure` adds to a stream record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasuredBy {
    /// Name and version of the filter that counted the tokens of the spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_by: Option<String>,
}

impl Addition for MeasuredBy {
    const KEYS: &'static [&'static str] = &["measured_by"];
}

/// What `tok-dedup` adds to a stream record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DedupedBy {
    /// Name and version of the filter that looked for copies among the spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deduped_by: Option<String>,
}

impl Addition for DedupedBy {
    const KEYS: &'static [&'static str] = &["deduped_by"];
}

/// What `tok-rank` adds to a stream record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RankedBy {
    /// Name and version of the filter that judged the stream: spans that it passed behind its
    /// `summary` are evidence, not all that there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranked_by: Option<String>,
}

impl Addition for RankedBy {
    const KEYS: &'static [&'static str] = &["ranked_by"];
}
