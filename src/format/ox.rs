//! ox `raw.jsonl`: a header, one entry a line, a footer (entries of user, assistant, system, tool).
//!
//! A line is an entry and an entry is a line. The file has no usage, so nothing in it is a request.

use super::entry::{Entry, Field, Speaker};
use crate::json;

/// The entry of a line; `None` where it is no object, or where a member is not of its type: then
/// nothing may be done to the line.
pub(super) fn entries(line: &str) -> Option<Vec<Entry<'_>>> {
    let names = [
        "type",
        "content",
        "timestamp",
        "tool_name",
        "tool_input",
        "tool_output",
        "is_error",
        "seq",
    ];
    let [kind, content, timestamp, tool, input, output, is_error, seq] =
        json::members(line, names)?;
    let texts = [kind, content, timestamp, tool, output];
    let is_text = |value: &str| value.starts_with('"');
    let is_number = |value: &str| value.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let typed = texts.into_iter().flatten().all(is_text)
        && input.is_none_or(|value| is_text(value) || value.starts_with('{'))
        && is_error.is_none_or(|value| matches!(value, "true" | "false"))
        && seq.is_none_or(is_number);
    if !typed {
        return None;
    }
    let speaker = match kind.and_then(json::text).as_deref() {
        Some("header") => Speaker::Header,
        Some("user") => Speaker::User,
        Some("assistant") => Speaker::Assistant,
        Some("system") => Speaker::System,
        Some("tool") => Speaker::Call,
        _ => Speaker::Other,
    };
    let mut entry = Entry {
        whole: true,
        tool: tool.and_then(json::text),
        arguments: input,
        timestamp,
        is_error: is_error == Some("true"),
        ..Entry::new(speaker)
    };
    entry.add(Field::Content, content, "/content");
    entry.add(Field::Output, output, "/tool_output");
    Some(vec![entry])
}
