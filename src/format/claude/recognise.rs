//! By what a session of Claude Code is known: messages of its shape, or lines that only it writes.
//!
//! Others write lines of the same types, forks of its log format among them: what tells them apart
//! is the shape of the message (docs/formats.md 3.2, 3.4, 3.6).

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::format::Answer;

/// Types of lines that only these files have, but for messages.
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

/// A line, as far as it tells whose it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    session_id: Option<IgnoredAny>,
    cwd: Option<IgnoredAny>,
    leaf_uuid: Option<IgnoredAny>,
    snapshot: Option<IgnoredAny>,
    /// Logs of what the program wrote to its caller name the session so.
    #[serde(rename = "session_id")]
    logged_session: Option<IgnoredAny>,
    /// Qwen Code's system lines have it.
    system_payload: Option<IgnoredAny>,
}

/// `message`: what it must have, and what it must not.
#[derive(Deserialize)]
struct Message<'a> {
    role: Option<String>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    /// Google's word for content.
    parts: Option<IgnoredAny>,
}

/// A block of content.
#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    _kind: String,
}

/// What a line says of the file it is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It is a session.
    Session,
    /// It is one if it holds nothing else.
    Perhaps,
    /// It is none.
    No,
    Nothing,
}

/// A session has messages of user and assistant; other types of lines may stand before them, or
/// alone.
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

/// The session that a line names.
pub(super) fn session(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Line {
        session_id: Option<String>,
        uuid: Option<IgnoredAny>,
    }
    let line: Line = serde_json::from_str(line).ok()?;
    line.session_id
        .filter(|id| !id.is_empty() && line.uuid.is_some())
}

fn says(line: &str) -> Says {
    let Ok(head) = serde_json::from_str::<Head>(line) else {
        return Says::Nothing;
    };
    let message = head
        .message
        .and_then(|message| serde_json::from_str::<Message>(message.get()).ok());
    let is_named = head.session_id.is_some();
    let has_parts = message
        .as_ref()
        .is_some_and(|message| message.parts.is_some());
    if has_parts || head.system_payload.is_some() || (head.logged_session.is_some() && !is_named) {
        return Says::No;
    }
    let is_placed = is_named || head.cwd.is_some();
    let is_own = match &*head.kind {
        "user" | "assistant" if message.as_ref().is_some_and(|m| m.is_claude(is_placed)) => {
            return Says::Session;
        }
        "summary" => head.leaf_uuid.is_some(),
        "file-history-snapshot" => head.snapshot.is_some(),
        kind => is_named && TYPES.contains(&kind),
    };
    if is_own { Says::Perhaps } else { Says::Nothing }
}

impl Message<'_> {
    /// Whether it has a role and content as Claude Code writes them. `is_placed`: its line names a
    /// session or a folder; hand-made files that do so have no role.
    fn is_claude(&self, is_placed: bool) -> bool {
        let speaks = match self.role.as_deref() {
            Some(role) => matches!(role, "user" | "assistant"),
            None => is_placed,
        };
        let content = self.content.map(RawValue::get).unwrap_or_default();
        speaks && (content.starts_with('"') || serde_json::from_str::<Vec<Block>>(content).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_claude_are_known_by_their_shape() {
        for line in [
            r#"{"type":"user","message":{"role":"user","content":"Hi"}}"#,
            r#"{"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"Hi"}]}}"#,
            r#"{"type":"assistant","message":{"role":"assistant","content":[]},"sessionId":"s"}"#,
            r#"{"type":"user","cwd":"/home/ana/site","message":{"content":"Hi"}}"#,
        ] {
            assert_eq!(recognise(&[line], false), Answer::Yes, "{line}");
        }
        for line in [
            r#"{"type":"user","message":{"content":"Hi"}}"#,
            r#"{"type":"user","message":{"role":"model","content":"Hi"}}"#,
            r#"{"type":"user","message":{"role":"user","content":[{"text":"Hi"}]},"sessionId":"s"}"#,
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
