//! One line as entries: what a response item says, by itself.

use super::mark;
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

fn item<'a>(item: &'a str, at: &str) -> Vec<Entry<'a>> {
    let names = [
        "type",
        "role",
        "content",
        "name",
        "arguments",
        "input",
        "action",
        "output",
        "call_id",
    ];
    let Some(
        [
            kind,
            role,
            content,
            name,
            arguments,
            input,
            action,
            output,
            call_id,
        ],
    ) = json::members(item, names)
    else {
        return Vec::new();
    };
    let call_id = call_id.and_then(json::text);
    match kind.and_then(json::text).as_deref() {
        Some("message") => {
            let role = role.and_then(json::text).unwrap_or_default();
            content
                .map(|content| message(&role, content, &format!("{at}/content")))
                .unwrap_or_default()
        }
        Some(
            "function_call" | "custom_tool_call" | "local_shell_call" | "web_search_call"
            | "tool_search_call",
        ) => {
            let arguments = arguments.or(input).or(action);
            vec![Entry {
                tool: name.and_then(json::text),
                call_id,
                arguments,
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

/// Each part of a message by itself: instructions and what the user typed may stand in one.
fn message<'a>(role: &str, content: &'a str, at: &str) -> Vec<Entry<'a>> {
    let speaker = |text: &str| match mark::source(role, text) {
        "assistant" => Speaker::Assistant,
        "user" => Speaker::User,
        _ => Speaker::System,
    };
    let Some(parts) = json::elements(content) else {
        let mut entry = Entry::new(speaker(&json::text(content).unwrap_or_default()));
        entry.add(Field::Content, Some(content), at);
        return vec![entry];
    };
    let of = |(n, part): (usize, &'a str)| {
        let [text] = json::members(part, ["text"])?;
        let mut entry = Entry::new(speaker(&text.and_then(json::text).unwrap_or_default()));
        piece(&mut entry, Field::Content, part, &format!("{at}/{n}"));
        Some(entry).filter(|entry| !entry.texts.is_empty())
    };
    parts.into_iter().enumerate().filter_map(of).collect()
}

/// A text, or a list of texts and images.
fn texts<'a>(entry: &mut Entry<'a>, field: Field, value: Option<&'a str>, at: &str) {
    match value.and_then(json::elements) {
        Some(parts) => {
            for (n, part) in parts.into_iter().enumerate() {
                piece(entry, field, part, &format!("{at}/{n}"));
            }
        }
        None => entry.add(field, value, at),
    }
}

fn piece<'a>(entry: &mut Entry<'a>, field: Field, part: &'a str, at: &str) {
    let Some([text, image]) = json::members(part, ["text", "image_url"]) else {
        return;
    };
    entry.add(field, text, format!("{at}/text"));
    // Its address is a text with `data:` in it, which says by itself what it is.
    entry.add(field, image, format!("{at}/image_url"));
}
