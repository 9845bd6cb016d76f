//! One line as entries: the texts of its response item, read without the lines around it.

use super::prompt_kinds;
use crate::format::call::server_of;
use crate::format::entry::{Entry, Field, Speaker};
use crate::json;

/// The entries of a line: none where no model saw it; `None` where it is no object.
pub(crate) fn entries(line: &str) -> Option<Vec<Entry<'_>>> {
    let [kind, payload, timestamp] = json::members(line, ["type", "payload", "timestamp"])?;
    let mut found = match (kind.and_then(json::text).as_deref(), payload) {
        (Some("response_item"), Some(payload)) => item(payload, "/payload"),
        (Some("session_meta"), Some(_)) => vec![Entry::new(Speaker::Header)],
        (Some(_), None) => item(line, ""),
        _ => Vec::new(),
    };
    for entry in &mut found {
        entry.timestamp = timestamp;
    }
    Some(found)
}

/// The members of a response item that become entries; the last four are those of a call.
const MEMBERS: [&str; 10] = [
    "type",
    "call_id",
    "role",
    "content",
    "output",
    "name",
    "arguments",
    "input",
    "action",
    "namespace",
];

fn item<'a>(item: &'a str, at: &str) -> Vec<Entry<'a>> {
    let Some(members) = json::members(item, MEMBERS) else {
        return Vec::new();
    };
    let [kind, call_id, role, content, output, call @ ..] = members;
    let call_id = call_id.and_then(json::text);
    match kind.and_then(json::text).as_deref() {
        Some("message") => {
            let Some(content) = content else {
                return Vec::new();
            };
            let role = role.and_then(json::text).unwrap_or_default();
            message(&role, content, &format!("{at}/content"))
        }
        Some(
            "function_call" | "custom_tool_call" | "local_shell_call" | "web_search_call"
            | "tool_search_call",
        ) => {
            let [name, arguments, input, action, namespace] = call;
            let tool = name.and_then(json::text);
            let namespace = namespace.and_then(json::text);
            vec![Entry {
                server: server_of(tool.as_deref().map(|tool| (tool, namespace.as_deref()))),
                tool,
                call_id,
                arguments: arguments.or(input).or(action),
                ..Entry::new(Speaker::Call)
            }]
        }
        Some("function_call_output" | "custom_tool_call_output") => {
            let mut entry = Entry {
                call_id,
                ..Entry::new(Speaker::Output)
            };
            texts(&mut entry, Field::Output, output, &format!("{at}/output"));
            vec![entry]
        }
        _ => Vec::new(),
    }
}

/// The entries of a message, one for each part: one message may hold instructions and what the
/// user typed.
fn message<'a>(role: &str, content: &'a str, at: &str) -> Vec<Entry<'a>> {
    let Some(parts) = json::elements(content) else {
        let text = json::text(content).unwrap_or_default();
        let mut entry = Entry::new(speaker(role, &text));
        entry.add(Field::Content, Some(content), at);
        return vec![entry];
    };
    let mut entries = Vec::new();
    for (n, part) in parts.into_iter().enumerate() {
        let Some([text]) = json::members(part, ["text"]) else {
            continue;
        };
        let text = text.and_then(json::text).unwrap_or_default();
        let mut entry = Entry::new(speaker(role, &text));
        piece(&mut entry, Field::Content, part, &format!("{at}/{n}"));
        if !entry.texts.is_empty() {
            entries.push(entry);
        }
    }
    entries
}

fn speaker(role: &str, text: &str) -> Speaker {
    match prompt_kinds::source(role, text) {
        "assistant" => Speaker::Assistant,
        "user" => Speaker::User,
        _ => Speaker::System,
    }
}

/// Adds the texts of a value: one text, or a list of texts and images.
fn texts<'a>(entry: &mut Entry<'a>, field: Field, value: Option<&'a str>, at: &str) {
    let Some(parts) = value.and_then(json::elements) else {
        return entry.add(field, value, at);
    };
    for (n, part) in parts.into_iter().enumerate() {
        piece(entry, field, part, &format!("{at}/{n}"));
    }
}

fn piece<'a>(entry: &mut Entry<'a>, field: Field, part: &'a str, at: &str) {
    let Some([text, image]) = json::members(part, ["text", "image_url"]) else {
        return;
    };
    entry.add(field, text, format!("{at}/text"));
    // The address of an image is a text that begins with `data:` and names its kind.
    entry.add(field, image, format!("{at}/image_url"));
}
