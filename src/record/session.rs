//! `session`: one thread, that is one agent context in one file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addition, Usd, is_false};

/// What a thread was run for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
    /// Its name on the wire.
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "session")]
pub struct Session {
    /// Identity of the thread: 12 hex digits, a hash of the agent's id and the path. Unique in a
    /// stream.
    pub thread: String,
    /// The agent's own id of the session. May recur (resumed copies, sub-agents of one session).
    pub session: String,
    /// The format that was recognised: which agent wrote the file.
    pub agent: String,
    /// What the thread was run for.
    pub kind: Kind,
    /// Who served the model, where the file says or the agent has only one: `openai`, `anthropic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The agent's id of the thread that started this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The call of the parent that started it, where the text of its errand tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// The agent's id at the top of the tree of threads; absent where the thread is the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// How reports name the project: last component of `cwd`, or, where that lies in a work tree,
    /// of the repository that the tree belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Working directory of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Branch of the repository at the start; in a work tree without a branch the tree's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Version of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The file the places of the thread's records refer to. `-` for standard input.
    pub file: String,
    /// What the pseudonyms of the thread's records stand for, where `tok-split --anonymize` made
    /// them: concealed, for filters on the same machine to open the files and to count the names of
    /// tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pseudonyms: Option<String>,
    /// Usage lines that the file repeats from a parent's: a plain sum takes them for the thread's
    /// own, though none of them is one of its requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed_reports: Option<u64>,
    /// Input that these lines report, cached included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed_input_tokens: Option<u64>,
    /// Of it, read from the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed_cache_read_tokens: Option<u64>,
    /// Output that these lines report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed_output_tokens: Option<u64>,
    /// The file does not say how the agent sends back what the model made: under one of its logins
    /// it strips reasoning, and its server may count arguments of calls as they were written. The
    /// reported steps are to tell.
    #[serde(default, skip_serializing_if = "is_false")]
    pub manner_unsure: bool,
    /// Input that the thread used before this file begins, cached included: its running sum has it,
    /// and no file read. It is in none of the requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_input_tokens: Option<u64>,
    /// Output that goes with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_output_tokens: Option<u64>,
    /// When the earliest of its records was written (RFC 3339 UTC); of a thread without any, the
    /// first instant the file names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
}

/// What `tok-usage-join` adds to a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Replayed {
    /// What a plain sum of the file's usage lines adds for those that repeat a parent's: they are
    /// charged as requests of average size, by the prices of the thread's first model. Absent where
    /// there are none, or the price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naive_cost_usd: Option<Usd>,
}

impl Addition for Replayed {
    const KEYS: &'static [&'static str] = &["naive_cost_usd"];
}
