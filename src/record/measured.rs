//! What `tok-measure` adds to a `span`: everything that later filters need to know of its text, as
//! numbers.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addition, Task};

/// A part of a text between two content-defined cuts; blocks with equal hashes are the same text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Block {
    /// First 64 bits of the block's BLAKE3 hash, 16 hex digits.
    pub hash: String,
    /// Byte offset of the block in the decoded text.
    pub offset: u64,
    /// Size of the block in the decoded text, in bytes.
    pub bytes: u64,
    /// Tokens of the block; the tokens of all blocks add up to those of the span.
    pub tokens: u64,
    /// Line of the decoded text at which the block begins, from 1; only of instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// Remarkable features of the text, in numbers; a feature that it does not have has no key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Shape {
    /// Terminal escape sequences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escapes: Option<u64>,
    /// Bytes in unbroken base64 runs of 256 bytes and more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64_bytes: Option<u64>,
    /// Bytes of the terminal escape sequences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escape_bytes: Option<u64>,
    /// Bytes that a carriage return later in their line overwrote, as progress bars are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overwritten_bytes: Option<u64>,
    /// Bytes of lines over 1,000 bytes with less than one blank in 50 bytes that are neither JSON
    /// nor beyond ASCII: minified code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dense_bytes: Option<u64>,
    /// Rows, where the whole text is JSON: objects in an array or on lines of their own, or an
    /// object with such arrays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json_rows: Option<u64>,
    /// Tokens of the text if the rows stood there as lines of values under one line of keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_tokens: Option<u64>,
    /// Bytes of the longest line, where it is over 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_line: Option<u64>,
}

/// The keys that `tok-measure` adds to a span.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Measured {
    /// Tokens of the text or image at the span's location; absent where they cannot be counted or
    /// estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// How `tokens` was determined: an encoding (`o200k_base`), a provider's image rule, or
    /// `encrypted_length`. It ends in `~` where a part of the tokens is an estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_by: Option<String>,
    /// Tokens of the rewritten form that is sent to some models (docs/formats.md 1.16), where there
    /// is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rendered_tokens: Option<u64>,
    /// Tokens of the qualified tool name: `wire_name`, `SERVER.TOOL` or `functions.TOOL`
    /// (docs/formats.md 1.15).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_tokens: Option<u64>,
    /// Bytes by character class: letters, digits, blanks, newlines, punctuation, other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<[u64; 6]>,
    /// Number of the letter bytes that are capitals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capital_bytes: Option<u64>,
    /// The blocks of the text; only of instructions and long texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Vec<Block>>,
    /// Remarkable features of the text; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
    /// The kind of task that a message of the user asks for.
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
