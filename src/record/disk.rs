//! `disk`: how many lines of a kind are in a file although they are never sent to a model.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One per thread and kind of line that is only kept on disk (docs/formats.md 1.3, 3.3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "disk")]
pub struct Disk {
    /// The thread whose file holds the lines.
    pub thread: String,
    /// The agent's id of the session.
    pub session: String,
    /// The kind of line or of part of a line, in the format's own words: `event_msg/token_count`.
    pub kind: String,
    /// Number of such lines, or parts of lines.
    pub lines: u64,
    /// Their size in the file.
    pub bytes: u64,
}
