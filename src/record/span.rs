//! `span`: a piece of content that was sent to a model or produced by it.
//!
//! The word is used as in the source span of a compiler; it is not a timed operation as in
//! OpenTelemetry. A span holds a location in the session file and numbers about the content. It
//! does not hold the text, unless `tok-split --text` asks for it or the location cannot be read
//! again. The keys that tok-measure adds are in [`super::Measured`]; those of tok-dedup and
//! tok-usage-join are in this file.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addition, Usd, Wait, is_false};

/// Whose turn in the conversation the content is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Base instructions.
    System,
    /// Instructions of the agent's program that are not in the user's name.
    Developer,
    /// The user, and messages that the program generates in the user's name.
    #[default]
    User,
    /// The model.
    Assistant,
    /// A tool.
    Tool,
}

/// What kind of content it is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Plain text.
    #[default]
    Text,
    /// A model's reasoning; often encrypted.
    Reasoning,
    /// The arguments of a tool call.
    ToolCall,
    /// The output of a tool.
    ToolOutput,
    /// An image; `bytes` is its decoded size.
    Image,
    /// An attached document (PDF and the like).
    Document,
    /// Content whose text is not on disk in a readable form (encrypted summaries).
    Opaque,
}

impl Part {
    /// Returns the part as records spell it.
    pub fn name(self) -> &'static str {
        match self {
            Part::Text => "text",
            Part::Reasoning => "reasoning",
            Part::ToolCall => "tool_call",
            Part::ToolOutput => "tool_output",
            Part::Image => "image",
            Part::Document => "document",
            Part::Opaque => "opaque",
        }
    }
}

/// How the text that is sent is obtained from the text on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A JSON string; its value is sent.
    #[default]
    Plain,
    /// A JSON string whose value is `{"output":…,"metadata":…}`; for some models it is rewritten
    /// before it is sent (docs/formats.md 1.16).
    ShellJson,
    /// The bytes at the location are the text: a JSON value, or a text file.
    Raw,
}

/// How a call and its output are framed in a request, where the provider frames them differently
/// from those of all other tools. The readers of formats set it, because they know the tools of
/// their agent; the laws know the sizes (docs/formats.md 1.15, 1.19 and 3.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// The patch tool, whose argument is free text.
    Patch,
    /// The program writes an argument into the call that the model had left to its default.
    DefaultArgument,
    /// The provider runs the tool: only the request that asked for it has its result.
    ProviderSearch,
    /// The output is rewritten before it is sent.
    RenderedAnew,
}

/// A piece of content in a session file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "span")]
pub struct Span {
    /// Thread it belongs to, see [`super::Session::thread`].
    pub thread: String,
    /// The agent's id of the session.
    pub session: String,
    /// `THREAD.SEQ`: unique in a stream.
    pub id: String,
    /// Position in the order of the thread's records; it rises, and numbers may be missing.
    pub seq: u64,
    /// When it was written (RFC 3339 UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Ordinal of the user's turn, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// Whose turn in the conversation the content is.
    pub role: Role,
    /// What kind of content it is.
    pub part: Part,
    /// Where it comes from: `base_instructions`, `project_doc`, `skills`, `memory`,
    /// `environment`, `permissions`, `hook`, `user`, `assistant`, `tool`, `compaction_summary`,
    /// `status` (the program reports the state of the system), …
    /// (the list is in tok-record(5)).
    pub source: String,
    /// Ordinal of the request that produced it. Absent: no request produced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_by: Option<u64>,
    /// Only of instructions: the document, as a path or a heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Name of the tool; an output repeats the name of its call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// MCP server or namespace of the tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Qualified name that the provider is sent for the tool, where it is not `functions.TOOL` or
    /// `SERVER.TOOL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wire_name: Option<String>,
    /// Program and verb of a shell call, letters and digits only: `cargo test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Path that the call names; of a URL only the scheme and the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// How the call and its output are framed. Absent: as those of all other tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framing: Option<Framing>,
    /// Of a call that only waits for something that runs, or may do so: how. Absent: it does more,
    /// or that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// The agent's id that a call and its output share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// `commentary` or `final_answer`, where the file records it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Copied here from the history of a parent thread, which sent it first.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inherited: bool,
    /// Line in the file, from 1. Absent where the text was not sent as the item of its line: it was
    /// sent a second time, or inside a summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Byte offset in the file at which the text begins (after the opening quote of its string).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Number of bytes from `offset` on, with escapes as they are in the file; of reasoning, those
    /// of its `encrypted_content`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// Size of the decoded text; of an image, of the decoded image.
    pub bytes: u64,
    /// BLAKE3 hash of the decoded text, 32 hex digits (128 bits). Absent where there is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// The file that `offset` refers to, on every span that has an offset: so a span that was
    /// selected out of the stream can still be shown (`tok-show`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// How the text that is sent is obtained from the text on disk. Absent: plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// Limit for the text that is sent: a longer one is cut in the middle to this many bytes
    /// (docs/formats.md 1.7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_bytes: Option<u64>,
    /// Media type of an image or document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Width of an image in pixels, where its header can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u64>,
    /// Height of an image in pixels, where its header can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// A property of the content: `high` or `original` of an image; `ephemeral` for content that
    /// only the next request carries; `replacement` for content that a compaction brought back;
    /// `file` for the text of a file outside the sessions, with its present contents;
    /// `placeholder` for content that is known to exist while its text is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Why the agent dropped it before the thread ended, in a word: `user_turn` (a turn of the user
    /// began). Absent: it stayed, or an event says why it left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<String>,
    /// The text: only with `--text`, or where the location cannot be read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// How far apart a copy and its original are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// In the same turn of one thread.
    Turn,
    /// In the same thread.
    Session,
    /// In another thread of the same tree (parent, sub-agents).
    Tree,
    /// In another session.
    Corpus,
}

/// The keys that `tok-dedup` adds to a span whose text occurred before, in whole or in part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Copied {
    /// Id of the first span with the same text; of a partial copy, id of the span in which most of
    /// the copied blocks occurred first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<String>,
    /// How near the text occurred before: the nearest occurrence counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_scope: Option<Scope>,
    /// Tokens of this span that occurred before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dup_tokens: Option<u64>,
}

impl Addition for Copied {
    const KEYS: &'static [&'static str] = &["copy_of", "copy_scope", "dup_tokens"];
}

/// How the size of a span is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A law predicts the size, and the growth between two reports confirms it.
    Counted,
    /// The growth between two reports measures the size.
    Difference,
    /// Several spans share the growth between two reports.
    Split,
    /// The size is neither predicted with confirmation nor measured.
    Estimated,
    /// The size is that of a file outside the sessions, with its present contents.
    File,
}

/// The keys that `tok-usage-join` adds to a span: what carrying it cost, over counted requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Carried {
    /// Tokens each time it is sent; absent where it was never sent or its size is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_tokens: Option<u64>,
    /// How `sent_tokens` is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Ordinal of the first counted request that carried it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<u64>,
    /// Ordinal of the last counted request that carried it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_to: Option<u64>,
    /// Number of counted requests that carried it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_requests: Option<u64>,
    /// `sent_tokens` summed over these requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_tokens: Option<u64>,
    /// Part of `carried_tokens` that was read from the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_cache_read_tokens: Option<u64>,
    /// Part of `carried_tokens` that was written to the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_cache_write_tokens: Option<u64>,
    /// Its share of the output of the request that produced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// Cost of carrying it at list prices, over those of the `carried_requests` whose model has a
    /// known price; absent where none has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_cost_usd: Option<Usd>,
    /// Part of `input_cost_usd` that the first request paid; the rest was paid for sending it
    /// again. Absent where the first request has no known price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_cost_usd: Option<Usd>,
    /// Cost of `output_tokens`; absent where the price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_cost_usd: Option<Usd>,
}

impl Addition for Carried {
    const KEYS: &'static [&'static str] = &[
        "sent_tokens",
        "basis",
        "carried_from",
        "carried_to",
        "carried_requests",
        "carried_tokens",
        "carried_cache_read_tokens",
        "carried_cache_write_tokens",
        "output_tokens",
        "input_cost_usd",
        "first_cost_usd",
        "output_cost_usd",
    ];
}

/// Returns the subject of content for findings: the command, else the tool (`SERVER.TOOL`), else
/// the source.
pub fn subject(
    command: Option<&str>,
    server: Option<&str>,
    tool: Option<&str>,
    source: &str,
) -> String {
    match (command, server, tool) {
        (Some(command), ..) => command.to_owned(),
        (None, Some(server), Some(tool)) => format!("{server}.{tool}"),
        (None, None, Some(tool)) => tool.to_owned(),
        (None, _, None) => source.to_owned(),
    }
}
