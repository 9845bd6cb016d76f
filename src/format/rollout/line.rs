//! Lines of a rollout: the envelope, and the payloads that change how later lines are read.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::format::time;

/// The envelope of a line.
#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "time::field")]
    pub(super) timestamp: Option<Cow<'a, str>>,
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    pub(super) ordinal: Option<u64>,
    #[serde(borrow)]
    pub(super) payload: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) record_type: Option<&'a RawValue>,
}

/// The message of an event line.
#[derive(Deserialize)]
pub(super) struct EventMessage<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) info: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) msg: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) rate_limits: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) codex_error_info: Option<&'a RawValue>,
    pub(super) num_turns: Option<u64>,
    pub(super) thread_settings: Option<Settings>,
    pub(super) service_tier: Option<Value>,
}

/// The settings in a `thread_settings_applied` event.
#[derive(Deserialize)]
pub(super) struct Settings {
    pub(super) service_tier: Option<Value>,
}

/// The payload of a `turn_context` line.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct TurnContext {
    pub(super) model: Option<String>,
    pub(super) service_tier: Option<Value>,
    pub(super) truncation_policy: Option<Truncation>,
}

/// To what size tool outputs are cut.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Truncation {
    pub(super) mode: String,
    pub(super) limit: u64,
}

/// A response item with the fields that matter; the others are skipped.
#[derive(Deserialize)]
pub(super) struct ResponseItem<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) role: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) namespace: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) action: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) output: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) tools: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) encrypted_content: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) call_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) phase: Option<Cow<'a, str>>,
}

/// A part of a message's or an output's content.
#[derive(Deserialize)]
pub(super) struct ContentPart<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) text: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) image_url: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) encrypted_content: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) detail: Option<Cow<'a, str>>,
}

impl Truncation {
    /// The limit on the wire in bytes: the budget and a fifth (docs/formats.md 1.7).
    pub(super) fn bytes(&self) -> Option<u64> {
        let budget = match self.mode.as_str() {
            "bytes" => self.limit,
            "tokens" => self.limit.checked_mul(4)?,
            _ => return None,
        };
        let bytes = budget / 5 * 6;
        if bytes == 0 {
            return None;
        }
        Some(bytes)
    }
}
