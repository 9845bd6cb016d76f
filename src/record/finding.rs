//! `finding`: a problem that a rule found, with its evidence and a remedy.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Usd;

/// How much a finding matters: by the share of the input that could be saved, or by how far a limit
/// was used.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    #[default]
    Info,
    /// Worth a change.
    Warn,
    /// A large part of all tokens.
    High,
}

/// The level of a limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// The budget is exceeded, without consequences.
    Over,
    /// The context should be compacted.
    Compact,
    /// The context is too large for another request.
    Block,
    /// The limit is close.
    Warn,
    /// The limit: further requests are refused, or have been.
    Hit,
}

/// One change that a person can make: a setting, a flag, a command to type, or words to paste.
/// Exactly one of `key`, `flag`, `command` and `text` is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Fix {
    /// The file that the key or the text goes into: `~/.codex/config.toml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// A key of that file, with dots between its parts: `env.MAX_MCP_OUTPUT_TOKENS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value of the key, as the file spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// A flag of the agent, or of the command that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// A command to type, in the agent or in a shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Words to paste: a line of an instruction document, or a parameter of a tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What else the change does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side_effect: Option<String>,
}

impl Fix {
    /// Returns what to paste or type: `bashOutputMaxChars = 8000`, `/compact`.
    pub fn paste(&self) -> String {
        match (&self.key, &self.value) {
            (Some(key), Some(value)) => format!("{key} = {value}"),
            _ => {
                let typed = self.flag.as_ref().or(self.command.as_ref());
                typed.or(self.text.as_ref()).cloned().unwrap_or_default()
            }
        }
    }
}

/// One per rule, agent, project and subject.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "finding")]
pub struct Finding {
    /// The rule, in kebab-case; never renamed.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// 16 hex digits, a hash of rule, agent, project, and tool, command or target; of findings that
    /// agree in all these, the second and further ones add their number. It contains no id and no
    /// line, so a later finding about the same subject has the same fingerprint.
    pub fingerprint: String,
    /// The thread, where the finding is about a single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// The agent's id of the session of `thread`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The agent of the sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The project of the sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// What it is about: tool, command, target or document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Ids of the spans, most costly first; at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<String>,
    /// Locations of these spans, `FILE:LINE`, in the same order; at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// Number of spans or events that are its evidence.
    pub items: u64,
    /// Size of these spans or files, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Tokens of the spans, each span counted once.
    pub tokens: u64,
    /// Tokens of each span times the number of requests that carried it, summed.
    pub carried_tokens: u64,
    /// Part of `carried_tokens` that could be saved: an upper bound.
    pub waste_tokens: u64,
    /// Part of `waste_tokens` that no finding of a better rank counts.
    pub net_tokens: u64,
    /// Cost of `waste_tokens`: the wasted share of a span's tokens, or of a thread's, is charged
    /// the same share of its cost. Absent where no price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waste_usd: Option<Usd>,
    /// Cost of `net_tokens`, less `break_usd`; not below zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_usd: Option<Usd>,
    /// Cost of the remedy itself, once: it removes content from the middle of a context, so that
    /// the content after it is sent uncached again. Absent where the remedy breaks no cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_usd: Option<Usd>,
    /// The level that was reached; only of rules that compare something with a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached: Option<Reached>,
    /// The highest percentage of the limit that was used, rounded down; may be above 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<u64>,
    /// What to do about it, in a few words in the imperative. Absent where the rule is a user's
    /// own and the table of remedies does not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// What was found, in one line.
    pub message: String,
    /// What to do about it, in one line.
    pub remedy: String,
    /// What exactly to set, type or paste, the best first; empty where nothing specific is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<Fix>,
    /// Position in the order of the findings, from 1.
    pub rank: u64,
}
