//! `finding`: a judgement, with the evidence and what to do about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Usd;

/// How much a finding matters: by the share of the input that could be saved, or by what of a limit
/// was reached.
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
pub enum Severity {
    /// Good to know.
    #[default]
    Info,
    /// Worth a change.
    Warn,
    /// A large part of the whole.
    High,
}

/// What of a limit was reached.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// More than was meant for it; nothing stops.
    Over,
    /// The context is to be compacted.
    Compact,
    /// The context is too large for another request.
    Block,
    /// A level of warning.
    Warn,
    /// The limit: what comes next is refused, or has been.
    Hit,
}

/// One per rule and thing found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "finding")]
pub struct Finding {
    /// The rule, in kebab-case; never renamed.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// 16 hex digits of rule, project and tool, command or target: no id and no line, so that
    /// tomorrow's finding of the same thing has the same.
    pub fingerprint: String,
    /// Thread, where the finding lies in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// The agent's id of that session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// What it is about: tool, command, target or document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Ids of the spans, most costly first; at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<String>,
    /// Their places, `FILE:LINE`, in the same order; at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// How many spans or events it rests on.
    pub items: u64,
    /// Bytes of what was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Tokens of the spans, each once.
    pub tokens: u64,
    /// Their tokens times the requests that carried them.
    pub carried_tokens: u64,
    /// Of `carried_tokens`, what could be saved: an upper bound.
    pub waste_tokens: u64,
    /// Of `waste_tokens`, what no finding of a better rank has claimed before.
    pub net_tokens: u64,
    /// What `waste_tokens` cost: of each span, or thread as a whole, the same share of its cost.
    /// Absent where no price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waste_usd: Option<Usd>,
    /// Of `waste_usd`, what `net_tokens` cost, less `break_usd`; not below zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_usd: Option<Usd>,
    /// What the remedy itself costs, once: it takes content out of the middle of a context, and
    /// what stands behind it is sent uncached again. Absent where the remedy breaks no cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_usd: Option<Usd>,
    /// What of a limit was reached; only of rules that hold something against one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached: Option<Reached>,
    /// How much of the limit was used at the most, rounded down; may be above 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<u64>,
    /// What was found, in one line.
    pub message: String,
    /// What to do about it, in one line.
    pub remedy: String,
    /// Place in the order of the findings, from 1.
    pub rank: u64,
}
