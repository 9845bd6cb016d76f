//! How a tool call waits.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a tool call waits for something that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// It only lets time pass, or asks a running program for its next output.
    Pause,
    /// It only looks at the state of something: the same call again waits for a change.
    Look,
}
