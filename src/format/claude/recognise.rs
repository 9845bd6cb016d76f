//! Recognises sessions of Claude Code: by messages of its shape, or by lines that only it writes.
//!
//! Other agents write lines of the same types, some because their log format is a fork of this one.
//! The shape of a message distinguishes them (docs/formats.md 3.2, 3.4, 3.6).

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::format::reader::{Answer, Said};

/// Types of lines other than messages that only these files have.
const TYPES: &[&str] = &[
    "system",
    "progress",
    "attachment",
    "queue-operation",
    "last-prompt",
    "ai-title",
    "custom-title",
    "mode",
    "permission-mode",
    "pr-link",
    "agent-name",
    "frame-link",
    "api-request",
    "api-request-shape",
    "api-request-blob",
    "cost-state",
    "tools-used",
    "atis-latch",
];

/// The fields of a line that show which agent wrote it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LineShape<'a> {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    session_id: Option<IgnoredAny>,
    cwd: Option<IgnoredAny>,
    leaf_uuid: Option<IgnoredAny>,
    snapshot: Option<IgnoredAny>,
    /// The name of the session in logs that the program prints for its caller.
    #[serde(rename = "session_id")]
    logged_session: Option<IgnoredAny>,
    /// Only system lines of Qwen Code have it.
    system_payload: Option<IgnoredAny>,
}

/// The fields of `message` that show which agent wrote it.
#[derive(Default, Deserialize)]
struct MessageShape<'a> {
    role: Option<String>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    /// Google's word for content.
    parts: Option<IgnoredAny>,
}

/// A block of content.
#[derive(Deserialize)]
struct BlockShape {
    #[serde(rename = "type")]
    _kind: String,
}

/// The kind of file that a line may be in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// A session.
    Session,
    /// A session, if no other line says anything else.
    Perhaps,
    /// No session.
    No,
    /// Any.
    Nothing,
}

/// Recognises a session by the first lines of a file. Lines of other types may come before the
/// messages of user and assistant, or alone.
pub(super) fn recognise(head: &[&str], complete: bool) -> Answer {
    let mut perhaps = false;
    for line in head {
        match says(line) {
            Says::Session => return Answer::Yes,
            Says::No => return Answer::No,
            Says::Perhaps => perhaps = true,
            Says::Nothing => {}
        }
    }
    match (perhaps, complete) {
        (_, false) => Answer::NeedMore,
        (true, true) => Answer::Yes,
        (false, true) => Answer::No,
    }
}

/// Returns the session that a line names.
pub(super) fn session(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct LineIds {
        session_id: Option<String>,
        uuid: Option<IgnoredAny>,
    }
    let ids: LineIds = serde_json::from_str(line).ok()?;
    let session = ids.session_id?;
    if session.is_empty() || ids.uuid.is_none() {
        return None;
    }
    Some(session)
}

/// Returns the session of a line, and the message of the main conversation that it belongs to.
pub(super) fn said(line: &str) -> Said {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct MainIds<'a> {
        #[serde(rename = "type", borrow, default)]
        kind: Cow<'a, str>,
        #[serde(borrow)]
        session_id: Option<Cow<'a, str>>,
        #[serde(default)]
        is_sidechain: bool,
        #[serde(borrow)]
        message: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct MessageId {
        id: Option<String>,
    }
    let Ok(line) = serde_json::from_str::<MainIds>(line) else {
        return Said::default();
    };
    let mut said = Said {
        session: line.session_id.map(Cow::into_owned),
        message: None,
    };
    if line.kind == "assistant"
        && !line.is_sidechain
        && let Some(message) = line.message
        && let Ok(message) = serde_json::from_str::<MessageId>(message.get())
    {
        said.message = message.id;
    }
    said
}

fn says(line: &str) -> Says {
    let Ok(head) = serde_json::from_str::<LineShape>(line) else {
        return Says::Nothing;
    };
    let message = match head.message {
        Some(message) => serde_json::from_str::<MessageShape>(message.get()).unwrap_or_default(),
        None => MessageShape::default(),
    };
    let is_named = head.session_id.is_some();
    if message.parts.is_some()
        || head.system_payload.is_some()
        || (head.logged_session.is_some() && !is_named)
    {
        return Says::No;
    }
    let is_placed = is_named || head.cwd.is_some();
    let is_own = match &*head.kind {
        "user" | "assistant" if message.is_claude(is_placed) => return Says::Session,
        "summary" => head.leaf_uuid.is_some(),
        "file-history-snapshot" => head.snapshot.is_some(),
        kind => is_named && TYPES.contains(&kind),
    };
    if is_own { Says::Perhaps } else { Says::Nothing }
}

impl MessageShape<'_> {
    /// Whether it has a role and content as Claude Code writes them. `is_placed`: its line names a
    /// session or a folder, as those of hand-made files do, whose messages have no role.
    fn is_claude(&self, is_placed: bool) -> bool {
        let speaks = match self.role.as_deref() {
            Some(role) => matches!(role, "user" | "assistant"),
            None => is_placed,
        };
        let content = self.content.map(RawValue::get).unwrap_or_default();
        speaks
            && (content.starts_with('"')
                || serde_json::from_str::<Vec<BlockShape>>(content).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_claude_are_known_by_their_shape() {
        for line in [
            r#"{"type":"user","message":{"role":"user","content":"Hi"}}"#,
            r#"{"type":"assistant",
                "message":{"role":"assistant","content":[{"type":"text","text":"Hi"}]}}"#,
            r#"{"type":"assistant","message":{"role":"assistant","content":[]},"sessionId":"s"}"#,
            r#"{"type":"user","cwd":"/home/ana/site","message":{"content":"Hi"}}"#,
        ] {
            assert_eq!(recognise(&[line], false), Answer::Yes, "{line}");
        }
        for line in [
            r#"{"type":"user","message":{"content":"Hi"}}"#,
            r#"{"type":"user","message":{"role":"model","content":"Hi"}}"#,
            r#"{"type":"user","message":{"role":"user","content":[{"text":"Hi"}]},
                "sessionId":"s"}"#,
            r#"{"type":"user","message":{"role":"user","content":{"text":"Hi"}},"sessionId":"s"}"#,
            r#"{"type":"user","message":{"role":"user","parts":[{"text":"Hi"}]},"sessionId":"s"}"#,
            r#"{"type":"user","message":{"role":"user","content":"Hi"},"session_id":"s"}"#,
            r#"{"type":"system","subtype":"ui_telemetry","systemPayload":{},"sessionId":"s"}"#,
            r#"{"type":"user","content":"Hi","sessionId":"s"}"#,
            r#"{"role":"user","content":"Hi"}"#,
        ] {
            assert_eq!(recognise(&[line], true), Answer::No, "{line}");
        }
    }

    #[test]
    fn lines_of_its_own_tell_only_where_nothing_else_does() {
        for line in [
            r#"{"type":"summary","summary":"Bread","leafUuid":"u"}"#,
            r#"{"type":"file-history-snapshot","messageId":"m","snapshot":{}}"#,
            r#"{"type":"last-prompt","lastPrompt":"Bread","sessionId":"s"}"#,
        ] {
            assert_eq!(recognise(&[line], false), Answer::NeedMore, "{line}");
            assert_eq!(recognise(&[line], true), Answer::Yes, "{line}");
        }
        assert_eq!(
            recognise(&[r#"{"type":"system","text":"Hi"}"#], true),
            Answer::No
        );
    }
}
