//! `span`: a run of content that a model was sent or produced, by reference.
//!
//! Not an OpenTelemetry span (a timed operation): a run of text, as in a compiler's source span. A
//! span carries its place in the session file and numbers about it, never its text (unless
//! `tok-split --text` was asked for, or nobody could read the place again). What tok-measure adds
//! is in [`super::Measured`], what tok-dedup and tok-usage-join add is here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addition, Usd, is_false};

/// Whose turn in the conversation the content is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Base instructions.
    System,
    /// What the agent's program tells the model beside the user.
    Developer,
    /// The user, and what the program says in the user's name.
    #[default]
    User,
    /// What the model produced.
    Assistant,
    /// What a tool returned.
    Tool,
}

/// What kind of content it is.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Plain text.
    #[default]
    Text,
    /// A model's reasoning; often encrypted.
    Reasoning,
    /// A call: its arguments.
    ToolCall,
    /// What the call returned.
    ToolOutput,
    /// An image; `bytes` is its decoded size.
    Image,
    /// An attached document (PDF and the like).
    Document,
    /// Content whose text is not on disk in a readable form (encrypted summaries).
    Opaque,
}

impl Part {
    /// Its name on the wire.
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

/// How the text on disk becomes the text on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A JSON string; what it holds is what is sent.
    #[default]
    Plain,
    /// A JSON string that holds `{"output":…,"metadata":…}`; some models are sent it rewritten
    /// (docs/formats.md 1.16).
    ShellJson,
    /// The bytes at the place are the text itself: a JSON value, or a file of text.
    Raw,
}

/// How a call and its output are framed in a request, where that is not as all other tools are.
/// Readers of formats say it, because they know the tools of their agent; the laws only price it
/// (docs/formats.md 1.15, 1.19 and 3.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// The freeform tool that applies patches.
    Patch,
    /// The program writes an argument into the call that the model had left to its default.
    DefaultArgument,
    /// The provider serves the call: its result is in the request that asked and in no later one.
    ProviderSearch,
    /// The output is sent in other words than those on disk.
    RenderedAnew,
}

/// A run of content, as `tok-split` found it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "span")]
pub struct Span {
    /// Thread it belongs to, see [`super::Session::thread`].
    pub thread: String,
    /// The agent's id of the session.
    pub session: String,
    /// `THREAD.SEQ`: unique in a stream.
    pub id: String,
    /// Place in the order of the thread's records; rises, may have gaps.
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
    /// `status` (what the program says of the state of the system), …
    /// (the list is in tok-record(5)).
    pub source: String,
    /// Ordinal of the request that produced it. Absent: it is input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_by: Option<u64>,
    /// Which document, for instructions: a path or a heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Name of the tool called; outputs repeat that of their call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// MCP server or namespace of the tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Qualified name of the tool on the wire, where it is not `functions.TOOL` or `SERVER.TOOL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wire_name: Option<String>,
    /// Program and verb of a shell call, letters and digits only: `cargo test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Path that the call names; of an address its scheme and host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// How the call and its output are framed. Absent: as the calls of all other tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framing: Option<Framing>,
    /// The agent's id that joins a call and its output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// `commentary` or `final_answer`, where the file says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Copied here from a parent's history: its first cost is the parent's.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inherited: bool,
    /// Line in the file, from 1. Absent where the text was sent otherwise than as the item of its
    /// line: once more, or inside a summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Byte offset in the file of the text as it stands there (inside the quotes of its string).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Bytes in the file from `offset` on, escapes as they are; of reasoning, those of its
    /// `encrypted_content`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// Size of the decoded text; of an image, of the decoded image.
    pub bytes: u64,
    /// BLAKE3 of the decoded text, 32 hex digits (128 bit). Absent where there is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// The file of the place, on every span that has one: a span that `select` took out of the
    /// stream alone can still be shown (`tok-show`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// How the text on disk becomes the text on the wire. Absent: plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// Limit on the wire: longer text is sent cut in the middle to that many bytes
    /// (docs/formats.md 1.7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_bytes: Option<u64>,
    /// Media type of an image or document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Width of an image in pixels, where its header proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u64>,
    /// Height of an image in pixels, where its header proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// What else the source says in a word: an image's `high` or `original`; `ephemeral` for
    /// content that only the next request carries; `replacement` for content that a compaction
    /// brought back; `file` for a text of a file beside the sessions, as it stands today;
    /// `placeholder` for content of which only is known that it was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Why the agent itself dropped it before the thread ended, in a word: `user_turn` (a turn of
    /// the user began). Absent: it stayed, or an event says why it left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<String>,
    /// The text itself: only with `--text`, or where the place cannot be read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// How far apart a copy and its original are.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
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

/// What `tok-dedup` adds to a span that was seen before, in whole or in part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Copied {
    /// Id of the first span with the same text, or of the one that most of the copied blocks
    /// were first seen in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<String>,
    /// The nearest place the text was seen in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_scope: Option<Scope>,
    /// Tokens of this span that were seen before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dup_tokens: Option<u64>,
}

impl Addition for Copied {
    const KEYS: &'static [&'static str] = &["copy_of", "copy_scope", "dup_tokens"];
}

/// How the price of a span is known.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A law predicts it and the reported step confirms it.
    Counted,
    /// The reported step measures it.
    Difference,
    /// Several spans share a measured step.
    Split,
    /// None of these.
    Estimated,
    /// It is that of a file beside the sessions, as the file stands today.
    File,
}

/// What `tok-usage-join` adds to a span: what it cost to carry. Counted requests only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Carried {
    /// Tokens each time it is sent; absent when it never was, or when nothing is known of its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_tokens: Option<u64>,
    /// How `sent_tokens` is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Ordinal of the first counted request that carried it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<u64>,
    /// Ordinal of the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_to: Option<u64>,
    /// How many carried it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_requests: Option<u64>,
    /// `sent_tokens` summed over them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_tokens: Option<u64>,
    /// Of these, read from the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_cache_read_tokens: Option<u64>,
    /// Of these, written to the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_cache_write_tokens: Option<u64>,
    /// Its share of the output of the request that produced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// What carrying it cost at list prices, over the requests of `carried_requests` whose model
    /// has a known price; absent where none has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_cost_usd: Option<Usd>,
    /// Of `input_cost_usd`, for the first request that carried it: the rest is for sending it
    /// again. Absent where that request has no known price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_cost_usd: Option<Usd>,
    /// What `output_tokens` cost; absent where the price is not known.
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

/// What content is about, as findings name it: the command, else the tool (`SERVER.TOOL`), else the
/// source.
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
