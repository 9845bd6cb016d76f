//! `skip`: a file or a line that could not be read.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One per file or line that a reader had to leave out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "skip")]
pub struct Skip {
    /// The file.
    pub file: String,
    /// Line in the file, from 1; absent where the whole file was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Why it could not be read: lower case, no full stop.
    pub why: String,
}
