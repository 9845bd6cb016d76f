//! `session`: one thread, that is one agent context in one file.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addition, Usd, is_false};

/// What a thread was run for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person's session.
    #[default]
    Main,
    /// Work handed to another agent by a parent thread.
    Subagent,
    /// A code review, asked for or automatic.
    Review,
    /// A thread that exists to summarise another.
    Compaction,
    /// Memory consolidation.
    Memory,
}

impl Kind {
    /// Returns the kind as records spell it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Main => "main",
            Kind::Subagent => "subagent",
            Kind::Review => "review",
            Kind::Compaction => "compaction",
            Kind::Memory => "memory",
        }
    }
}

/// The first record of a thread; all its other records follow together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "session")]
pub struct Session {
    /// Identity of the thread: 12 hex digits, a hash of the agent's id and the path. Unique in a
    /// stream.
    pub thread: String,
    /// The agent's id of the session. Several threads may have the same (resumed copies, sub-agents
    /// of one session).
    pub session: String,
    /// The agent that wrote the file, by the format of the file.
    pub agent: String,
    /// What the thread was run for.
    pub kind: Kind,
    /// The provider that served the model, where the file names it or the agent has only one:
    /// `openai`, `anthropic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The agent's id of the thread that started this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The parent's call that started this thread, where the prompt of the thread matches one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// The agent's id of the thread at the top of the tree; absent where this thread is the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Name of the project in reports: last component of `cwd`, or, where that lies in a work tree,
    /// of the path of the repository that the tree belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Working directory of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Branch of the repository at the start; in a work tree without a branch, the name of the
    /// tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Version of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The file that the lines and offsets of the thread's records refer to. `-` for standard
    /// input.
    pub file: String,
    /// The names behind the pseudonyms of the thread's records, where `tok-split --anonymize` made
    /// pseudonyms. They are concealed; filters on the same machine need them to open the files and
    /// to count the names of tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pseudonyms: Option<String>,
    /// Usage lines that the file repeats from a parent's file: a plain sum counts them for this
    /// thread, although none of them belongs to its requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed_reports: Option<u64>,
    /// Input that the repeated lines report, cached included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed_input_tokens: Option<u64>,
    /// Part of `replayed_input_tokens` that was read from the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed_cache_read_tokens: Option<u64>,
    /// Output that the repeated lines report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed_output_tokens: Option<u64>,
    /// The file does not say how the agent sends the model's own content back: under one of its
    /// logins it strips reasoning, and its server may count the arguments of calls as they were
    /// written. tok-usage-join decides by the reported growth of the context.
    #[serde(default, skip_serializing_if = "is_false")]
    pub manner_unsure: bool,
    /// Input that the thread used before this file begins, cached included: the running sum in the
    /// file includes it, and no file that was read reports it. It is in none of the requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_input_tokens: Option<u64>,
    /// Output that the thread used before this file begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_output_tokens: Option<u64>,
    /// When the earliest record of the thread was written (RFC 3339 UTC); of a thread without
    /// records, the first instant that the file names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
}

/// The keys that `tok-usage-join` adds to a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Replayed {
    /// Cost that a plain sum of the file's usage lines adds for the lines that repeat a parent's:
    /// charged as requests of average size, at the prices of the thread's first model. Absent where
    /// there are none, or the price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naive_cost_usd: Option<Usd>,
}

impl Addition for Replayed {
    const KEYS: &'static [&'static str] = &["naive_cost_usd"];
}
