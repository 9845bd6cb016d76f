//! ox `raw.jsonl`: a header, one entry a line, a footer (entries of user, assistant, system, tool).
//!
//! Each line is one entry. The file has no usage, so nothing in it is a request.

use super::entry::{Entry, Field, Speaker};
use crate::json;

/// The entry of a line; `None` where the line is no object, or where a member is not of its type:
/// then the line must stay as it is.
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
    for text in [kind, content, timestamp, tool, output] {
        if !begins(text, |first| first == '"') {
            return None;
        }
    }
    let is_typed = begins(input, |first| matches!(first, '"' | '{'))
        && matches!(is_error, None | Some("true" | "false"))
        && begins(seq, |first| first == '-' || first.is_ascii_digit());
    if !is_typed {
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
    let tool = tool.and_then(json::text);
    let mut entry = Entry {
        whole: true,
        reads_file: tool.as_deref() == Some("Read"),
        tool,
        arguments: input,
        timestamp,
        is_error: is_error == Some("true"),
        ..Entry::new(speaker)
    };
    entry.add(Field::Content, content, "/content");
    entry.add(Field::Output, output, "/tool_output");
    Some(vec![entry])
}

/// Whether a value begins with such a character; true for a member that is missing.
fn begins(value: Option<&str>, is: fn(char) -> bool) -> bool {
    match value {
        Some(value) => value.starts_with(is),
        None => true,
    }
}
