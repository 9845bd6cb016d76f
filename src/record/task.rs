//! What a user asked for, in one of a few words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of task that a user's message gives, as far as its words tell. A rough guess: it is
/// made from single words of English.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
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
    /// To look over: `audit`, `verify`.
    Review,
    /// No word of the others is there.
    Unknown,
}
