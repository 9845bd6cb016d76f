//! `stream`: the first line, who wrote the records and for which window.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
