//! What `tok-measure` adds to a `span`: all that later stages need of its text, as numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addition, Task};

/// A piece of a text between two content-defined cuts; pieces of equal hash are the same text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// First 64 bits of the BLAKE3 of the piece, 16 hex digits.
    pub hash: String,
    /// Where it begins in the decoded text.
    pub offset: u64,
    /// Its size in the decoded text.
    pub bytes: u64,
    /// Its tokens; those of all blocks add up to the span's.
    pub tokens: u64,
}

/// What the text looks like, in numbers; only what is there has a key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shape {
    /// Terminal escape sequences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escapes: Option<u64>,
    /// Bytes in unbroken base64 runs of 256 bytes and more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64_bytes: Option<u64>,
    /// Rows, where the whole text is a JSON array of objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json_rows: Option<u64>,
    /// Bytes of the longest line, where it is over 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_line: Option<u64>,
}

/// What `tok-measure` adds to a span.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// Tokens of the text at the place (or of the image); absent where nothing can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// How `tokens` was made: an encoding (`o200k_base`), a provider's image rule, or
    /// `encrypted_length`; `…~` where a part was estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_by: Option<String>,
    /// Tokens in the form that some models are sent (docs/formats.md 1.16), where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rendered_tokens: Option<u64>,
    /// Tokens of the qualified tool name: `wire_name`, `SERVER.TOOL` or `functions.TOOL`
    /// (docs/formats.md 1.15).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_tokens: Option<u64>,
    /// Bytes by character class: letters, digits, blanks, newlines, punctuation, other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<[u64; 6]>,
    /// Of the letters, the bytes that are capitals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capital_bytes: Option<u64>,
    /// Content-defined pieces, of instructions and long texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Vec<Block>>,
    /// What the text looks like; absent where nothing is remarkable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
    /// What a message of the user asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
}

impl Addition for Measured {
    const KEYS: &'static [&'static str] = &[
        "tokens",
        "tokens_by",
        "rendered_tokens",
        "tool_tokens",
        "classes",
        "capital_bytes",
        "blocks",
        "shape",
        "task",
    ];
}
