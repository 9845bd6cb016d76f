//! The kind of task that a message of the user asks for.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of task that a message of the user asks for: a rough guess, made from single English
/// words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// To run or look something up: `list the files`, `grep`.
    Tool,
    /// To write or change code: `fix the bug`.
    Code,
    /// To explain: `how does`.
    Explanation,
    /// To plan: `design`, `propose`.
    Planning,
    /// To review: `audit`, `verify`.
    Review,
    /// None of these words occurs.
    Unknown,
}
