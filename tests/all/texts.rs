//! Where the texts of a session stand, whatever the agent: said by the keys of its lines.
//!
//! Names (of tools, files, models, projects) come out of the filters by contract; texts never do
//! unless somebody asks. A test that wants to see a text come out puts one of its own into all the
//! places where texts stand, and looks for it.

use serde_json::{Map, Value};

/// Keys whose strings are names, kinds, ids or instants, though they look like sentences.
const NAMES: &[&str] = &[
    "type",
    "subtype",
    "role",
    "kind",
    "name",
    "tool",
    "tool_name",
    "server",
    "model",
    "requestedModel",
    "requested_model",
    "latest_response_model",
    "claude_code_version",
    "cwd",
    "workdir",
    "path",
    "file_path",
    "filePath",
    "filename",
    "notebook_path",
    "target_file",
    "branch",
    "gitBranch",
    "version",
    "cli_version",
    "originator",
    "source",
    "model_provider",
    "provider",
    "id",
    "uuid",
    "parentUuid",
    "sessionId",
    "session_id",
    "thread_id",
    "conversation_id",
    "call_id",
    "tool_use_id",
    "turn_id",
    "timestamp",
    "at",
    "media_type",
    "mime",
    "mimeType",
    "phase",
    "effort",
    "status",
    "userType",
    "entrypoint",
    "stop_reason",
    "service_tier",
    "requestId",
    "agentId",
    "agent_id",
    "worktree_path",
    "branch_name",
    "file",
    "dir",
    "root",
    "operation",
    "level",
    "approval_policy",
    "sandbox_policy",
    "mode",
    "data",
    "image_url",
    "encrypted_content",
    "signature",
    "hash",
    "subagent_type",
    "hookEvent",
    "hookName",
    "toolUseID",
    "permissionMode",
    "skill",
    "slug",
    "repository_url",
    "commit_hash",
    "end_turn",
    "forked_from_id",
    "nickname",
    "agent_nickname",
    "agent_role",
    "agent_path",
    "pattern",
    "detail",
    "format",
    "reason",
    "trigger",
    "action",
    "event",
    "hook_event_name",
    "inference_geo",
    "speed",
    "parent_thread_id",
];

/// Keys whose strings are text, however short.
const TEXTS: &[&str] = &[
    "text",
    "content",
    "output",
    "message",
    "prompt",
    "thinking",
    "summary",
    "stdout",
    "stderr",
    "aggregated_output",
    "formatted_output",
    "instructions",
    "base_instructions",
    "user_instructions",
    "developer_instructions",
    "query",
    "description",
    "old_string",
    "new_string",
    "last_agent_message",
    "title",
    "question",
    "answer",
    "input",
    "notes",
    "explanation",
    "step",
    "error",
    "rationale",
    "review",
    "result",
    "chars",
    "patch",
    "body",
    "arguments",
];

/// Keys of commands, whose first word is a name.
const COMMANDS: &[&str] = &["command", "cmd"];

/// Whether a string at that key is a name, and may come out.
pub(crate) fn is_name(key: &str) -> bool {
    NAMES.contains(&key) || COMMANDS.contains(&key)
}

/// The line with every text changed by `change`, which is told whether the text is a command; as it
/// is where it is no JSON.
pub(crate) fn changed(line: &[u8], change: &mut dyn FnMut(&str, bool) -> String) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(line) else {
        return line.to_vec();
    };
    walk("", &mut value, change);
    value.to_string().into_bytes()
}

fn walk(key: &str, value: &mut Value, change: &mut dyn FnMut(&str, bool) -> String) {
    match value {
        Value::String(text) => string(key, text, change),
        // The first word of a command is a name.
        Value::Array(values) if COMMANDS.contains(&key) => {
            values
                .iter_mut()
                .skip(1)
                .for_each(|value| walk("", value, change));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| walk(key, value, change)),
        Value::Object(members) => members
            .iter_mut()
            .for_each(|(key, value)| walk(key, value, change)),
        _ => {}
    }
}

fn string(key: &str, text: &mut String, change: &mut dyn FnMut(&str, bool) -> String) {
    // Arguments of calls are JSON within a string.
    if let Ok(mut inner) = serde_json::from_str::<Map<String, Value>>(text) {
        inner
            .iter_mut()
            .for_each(|(key, value)| walk(key, value, change));
        *text = Value::Object(inner).to_string();
    } else if COMMANDS.contains(&key) || is_text(key, text) {
        *text = change(text, COMMANDS.contains(&key));
    }
}

/// Whether the string is text: its key says so, or it is a sentence.
fn is_text(key: &str, text: &str) -> bool {
    let is_sentence = text.contains([' ', '\n']) && !NAMES.contains(&key);
    (TEXTS.contains(&key) || is_sentence) && !text.starts_with("data:")
}
