//! The lines of a printed log: their fields, and how they are recognised.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::format::reader::Answer;
use crate::format::value::read_whole;
use crate::format::{object, time};

/// The fields of a line of a log that differ from those of a session, or that sessions do not have.
#[derive(Deserialize)]
pub(super) struct PrintedLine<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) subtype: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) session_id: Option<Cow<'a, str>>,
    #[serde(rename = "sessionId", borrow)]
    pub(super) kept_session: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) parent_tool_use_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) uuid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) claude_code_version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    qwen_code_version: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    total_cost_usd: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) tool_use_result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "time::field")]
    pub(super) timestamp: Option<Cow<'a, str>>,
    #[serde(
        rename = "_audit_timestamp",
        borrow,
        default,
        deserialize_with = "time::field"
    )]
    pub(super) audit_timestamp: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "object::lenient")]
    pub(super) message: Option<PrintedMessage>,
    #[serde(default, deserialize_with = "object::lenient")]
    pub(super) event: Option<StreamEvent>,
    #[serde(default, deserialize_with = "object::lenient")]
    pub(super) usage: Option<PrintedUsage>,
    #[serde(rename = "modelUsage", default, deserialize_with = "object::lenient")]
    pub(super) model_usage: Option<BTreeMap<String, PrintedUsage>>,
}

#[derive(Deserialize)]
pub(super) struct PrintedMessage {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    #[serde(default, deserialize_with = "object::lenient")]
    pub(super) usage: Option<PrintedUsage>,
}

/// An event of the API's stream.
#[derive(Deserialize)]
pub(super) struct StreamEvent {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    pub(super) message: Option<PrintedMessage>,
    #[serde(default, deserialize_with = "object::lenient")]
    pub(super) usage: Option<PrintedUsage>,
}

/// Usage of a message, of a process, or of a model in a process.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct PrintedUsage {
    #[serde(alias = "inputTokens", deserialize_with = "read_whole")]
    pub(super) input_tokens: u64,
    #[serde(alias = "cacheReadInputTokens", deserialize_with = "read_whole")]
    pub(super) cache_read_input_tokens: u64,
    #[serde(alias = "cacheCreationInputTokens", deserialize_with = "read_whole")]
    pub(super) cache_creation_input_tokens: u64,
    #[serde(alias = "outputTokens", deserialize_with = "read_whole")]
    pub(super) output_tokens: u64,
}

impl PrintedUsage {
    pub(super) fn parts(self) -> UsageParts {
        [
            self.input_tokens,
            self.cache_read_input_tokens,
            self.cache_creation_input_tokens,
            self.output_tokens,
        ]
    }
}

/// Input, read from the cache, written to it, output.
pub(super) type UsageParts = [u64; 4];

/// The index of the output.
pub(super) const OUTPUT: usize = 3;

/// Adds each part.
pub(super) fn sum(parts: UsageParts, others: UsageParts) -> UsageParts {
    std::array::from_fn(|n| parts[n].saturating_add(others[n]))
}

/// Subtracts each part; a negative difference is 0.
pub(super) fn difference(parts: UsageParts, others: UsageParts) -> UsageParts {
    std::array::from_fn(|n| parts[n].saturating_sub(others[n]))
}

/// Recognises a log by its first lines. Other agents print lines of the same types, but have no
/// tools in the first line, no usage in messages and no costs, or they name the agent.
pub(in crate::format::claude) fn recognise(head: &[&str], complete: bool) -> Answer {
    for line in head {
        let Ok(line) = serde_json::from_str::<PrintedLine>(line) else {
            continue;
        };
        if line.qwen_code_version.is_some() {
            return Answer::No;
        }
        let Some(session) = &line.session_id else {
            continue;
        };
        if line.kept_session.is_some() {
            continue;
        }
        // Amp.
        if session.starts_with("T-") {
            return Answer::No;
        }
        if line.is_own() {
            return Answer::Yes;
        }
    }
    if complete {
        Answer::No
    } else {
        Answer::NeedMore
    }
}

impl PrintedLine<'_> {
    /// Whether only Claude Code prints such a line.
    fn is_own(&self) -> bool {
        match &*self.kind {
            "system" => self.subtype.as_deref() == Some("init") && self.tools.is_some(),
            "assistant" => match &self.message {
                Some(message) => message.id.is_some() && message.usage.is_some(),
                None => false,
            },
            "result" => {
                self.model_usage.is_some()
                    || (self.usage.is_some() && self.total_cost_usd.is_some())
            }
            _ => false,
        }
    }

    /// The time of the line.
    pub(super) fn at(&self) -> Option<String> {
        let time = self.timestamp.as_ref().or(self.audit_timestamp.as_ref());
        time::instant(time?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_others_print_are_not_taken() {
        for line in [
            r#"{"type":"system","subtype":"init","session_id":"s","tools":["Bash"]}"#,
            r#"{"type":"assistant","session_id":"s",
                "message":{"id":"m","usage":{"input_tokens":1}}}"#,
            r#"{"type":"result","session_id":"s","modelUsage":{}}"#,
        ] {
            assert_eq!(recognise(&[line], false), Answer::Yes, "{line}");
        }
        for line in [
            r#"{"type":"system","subtype":"init","session_id":"s",
                "model":"m","permissionMode":"default"}"#,
            r#"{"type":"system","subtype":"init","session_id":"T-1","tools":["Bash"]}"#,
            r#"{"type":"system","subtype":"init","session_id":"s",
                "tools":[],"qwen_code_version":"0.24.4"}"#,
            r#"{"type":"assistant","session_id":"s",
                "message":{"role":"assistant","content":[]}}"#,
            r#"{"type":"assistant","sessionId":"s","session_id":"s",
                "message":{"id":"m","usage":{}}}"#,
            r#"{"type":"result","subtype":"success","session_id":"s",
                "result":"Two.","request_id":"r"}"#,
            r#"{"type":"result","usage":{"input_tokens":1}}"#,
        ] {
            assert_eq!(recognise(&[line], true), Answer::No, "{line}");
        }
    }
}
