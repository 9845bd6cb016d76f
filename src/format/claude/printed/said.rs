//! What a line of such a log holds, and by what it is known.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::format::{Answer, time, whole};

/// A line, as far as it differs from one of a session.
#[derive(Deserialize)]
pub(super) struct Said<'a> {
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
    #[serde(default, deserialize_with = "fitting")]
    pub(super) message: Option<Message>,
    #[serde(default, deserialize_with = "fitting")]
    pub(super) event: Option<Event>,
    #[serde(default, deserialize_with = "fitting")]
    pub(super) usage: Option<Usage>,
    #[serde(rename = "modelUsage", default, deserialize_with = "fitting")]
    pub(super) model_usage: Option<BTreeMap<String, Usage>>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    #[serde(default, deserialize_with = "fitting")]
    pub(super) usage: Option<Usage>,
}

/// An event of the API's stream.
#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    pub(super) message: Option<Message>,
    #[serde(default, deserialize_with = "fitting")]
    pub(super) usage: Option<Usage>,
}

/// Usage of a message, of a process, or of a model in a process.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    #[serde(alias = "inputTokens", deserialize_with = "count")]
    pub(super) input_tokens: u64,
    #[serde(alias = "cacheReadInputTokens", deserialize_with = "count")]
    pub(super) cache_read_input_tokens: u64,
    #[serde(alias = "cacheCreationInputTokens", deserialize_with = "count")]
    pub(super) cache_creation_input_tokens: u64,
    #[serde(alias = "outputTokens", deserialize_with = "count")]
    pub(super) output_tokens: u64,
}

fn count<'de, D: serde::Deserializer<'de>>(value: D) -> Result<u64, D::Error> {
    Ok(whole(&serde_json::Value::deserialize(value)?))
}

/// Reads a value; one of another shape is as good as none.
fn fitting<'de, D: serde::Deserializer<'de>, T: DeserializeOwned>(
    value: D,
) -> Result<Option<T>, D::Error> {
    let raw = Option::<&RawValue>::deserialize(value)?;
    Ok(raw.and_then(|raw| serde_json::from_str(raw.get()).ok()))
}

impl Usage {
    pub(super) fn parts(self) -> Parts {
        [
            self.input_tokens,
            self.cache_read_input_tokens,
            self.cache_creation_input_tokens,
            self.output_tokens,
        ]
    }
}

/// Input, read from the cache, written to it, output.
pub(super) type Parts = [u64; 4];

/// Which of them the output is.
pub(super) const OUTPUT: usize = 3;

pub(super) fn more(parts: Parts, others: Parts) -> Parts {
    std::array::from_fn(|n| parts[n].saturating_add(others[n]))
}

/// What is left of each part; nothing of a part that is smaller.
pub(super) fn less(parts: Parts, others: Parts) -> Parts {
    std::array::from_fn(|n| parts[n].saturating_sub(others[n]))
}

/// Other agents print lines of the same types: theirs have no tools in the first line, no usage in
/// messages and no costs, or say whose they are.
pub(in crate::format::claude) fn recognise(head: &[&str], complete: bool) -> Answer {
    for said in head
        .iter()
        .filter_map(|line| serde_json::from_str::<Said>(line).ok())
    {
        let session = said
            .session_id
            .as_deref()
            .filter(|_| said.kept_session.is_none());
        match session {
            _ if said.qwen_code_version.is_some() => return Answer::No,
            // Amp.
            Some(id) if id.starts_with("T-") => return Answer::No,
            Some(_) if said.is_own() => return Answer::Yes,
            _ => {}
        }
    }
    if complete {
        Answer::No
    } else {
        Answer::NeedMore
    }
}

impl Said<'_> {
    fn is_own(&self) -> bool {
        let is_answer = |message: &Message| message.id.is_some() && message.usage.is_some();
        match &*self.kind {
            "system" => self.subtype.as_deref() == Some("init") && self.tools.is_some(),
            "assistant" => self.message.as_ref().is_some_and(is_answer),
            "result" => {
                self.model_usage.is_some()
                    || (self.usage.is_some() && self.total_cost_usd.is_some())
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_others_print_are_not_taken() {
        for line in [
            r#"{"type":"system","subtype":"init","session_id":"s","tools":["Bash"]}"#,
            r#"{"type":"assistant","session_id":"s","message":{"id":"m","usage":{"input_tokens":1}}}"#,
            r#"{"type":"result","session_id":"s","modelUsage":{}}"#,
        ] {
            assert_eq!(recognise(&[line], false), Answer::Yes, "{line}");
        }
        for line in [
            r#"{"type":"system","subtype":"init","session_id":"s","model":"m","permissionMode":"default"}"#,
            r#"{"type":"system","subtype":"init","session_id":"T-1","tools":["Bash"]}"#,
            r#"{"type":"system","subtype":"init","session_id":"s","tools":[],"qwen_code_version":"0.24.4"}"#,
            r#"{"type":"assistant","session_id":"s","message":{"role":"assistant","content":[]}}"#,
            r#"{"type":"assistant","sessionId":"s","session_id":"s","message":{"id":"m","usage":{}}}"#,
            r#"{"type":"result","subtype":"success","session_id":"s","result":"Two.","request_id":"r"}"#,
            r#"{"type":"result","usage":{"input_tokens":1}}"#,
        ] {
            assert_eq!(recognise(&[line], true), Answer::No, "{line}");
        }
    }
}
