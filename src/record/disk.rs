//! `disk`: lines that no model ever saw, summed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One per thread and kind of line that is on disk only (docs/formats.md 1.3, 3.3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "disk")]
pub struct Disk {
    /// Thread it belongs to.
    pub thread: String,
    /// The agent's id of the session.
    pub session: String,
    /// The kind of line or of part of a line, in the format's own words: `event_msg/token_count`.
    pub kind: String,
    /// How many.
    pub lines: u64,
    /// How large together, as they stand in the file.
    pub bytes: u64,
}
