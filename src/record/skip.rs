//! `skip`: a place that could not be read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One per place that a reader had to leave out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "skip")]
pub struct Skip {
    /// The file.
    pub file: String,
    /// Line in it, from 1; absent where it is the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What is wrong, lower case, no full stop.
    pub why: String,
}
