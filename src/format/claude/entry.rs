//! The entries of one line for tok-compress: one for each block of a message.

use std::borrow::Cow;

use super::mark;
use super::tools;
use crate::format::entry::{Entry, Field, Speaker, without_tags};
use crate::json;

/// Returns the entries of a line: none if the line was sent to no model; `None` if it is no object.
pub(super) fn entries(line: &str) -> Option<Vec<Entry<'_>>> {
    let names = ["type", "message", "timestamp", "isMeta", "isCompactSummary"];
    let [kind, message, timestamp, meta, summary] = json::members(line, names)?;
    let role = match kind.and_then(json::text).as_deref() {
        Some("assistant") => Speaker::Assistant,
        Some("user") => Speaker::User,
        _ => return Some(Vec::new()),
    };
    let line = MessageLine {
        role,
        is_generated: meta == Some("true") || summary == Some("true"),
        timestamp,
    };
    let Some([Some(content)]) = message.map(|m| json::members(m, ["content"]).unwrap_or_default())
    else {
        return Some(Vec::new());
    };
    let mut entries = Vec::new();
    match json::elements(content) {
        Some(blocks) => {
            for (n, block) in blocks.into_iter().enumerate() {
                entries.extend(line.block(block, &format!("/message/content/{n}")));
            }
        }
        None => entries.extend(line.text(Some(content), "/message/content".into())),
    }
    Some(entries)
}

/// What the blocks of a line share.
struct MessageLine<'a> {
    role: Speaker,
    /// The line says that the program wrote it.
    is_generated: bool,
    timestamp: Option<&'a str>,
}

impl<'a> MessageLine<'a> {
    fn entry(&self, speaker: Speaker) -> Entry<'a> {
        Entry {
            timestamp: self.timestamp,
            ..Entry::new(speaker)
        }
    }

    fn block(&self, block: &'a str, at: &str) -> Option<Entry<'a>> {
        let names = [
            "type",
            "text",
            "id",
            "name",
            "input",
            "tool_use_id",
            "content",
            "is_error",
        ];
        let [kind, text, id, name, input, answers, content, is_error] =
            json::members(block, names)?;
        match &*json::text(kind?)? {
            "text" => self.text(text, format!("{at}/text")),
            "image" | "document" => {
                let mut entry = self.entry(self.speaker());
                image(&mut entry, block, at);
                if entry.texts.is_empty() {
                    return None;
                }
                Some(entry)
            }
            kind if kind.ends_with("tool_use") => {
                let tool = name.and_then(json::text);
                Some(Entry {
                    reads_file: tool.as_deref().is_some_and(tools::reads_file),
                    tool,
                    call_id: id.and_then(json::text),
                    arguments: input,
                    ..self.entry(Speaker::Call)
                })
            }
            kind if kind.ends_with("tool_result") => {
                let mut entry = self.entry(Speaker::Output);
                entry.call_id = answers.and_then(json::text);
                entry.is_error = is_error == Some("true");
                entry.at = Some(at.to_owned());
                result(&mut entry, content?, &format!("{at}/content"));
                Some(entry)
            }
            _ => None,
        }
    }

    fn speaker(&self) -> Speaker {
        if self.is_generated {
            Speaker::System
        } else {
            self.role
        }
    }

    fn text(&self, value: Option<&'a str>, at: String) -> Option<Entry<'a>> {
        let text = json::text(value?)?;
        let mut entry = self.entry(self.speaker());
        if entry.speaker == Speaker::User {
            match typed(&text) {
                Some(typed) if typed.len() < text.len() => entry.said = Some(typed.into_owned()),
                Some(_) => {}
                None => entry.speaker = Speaker::System,
            }
        }
        entry.add(Field::Content, value, at);
        Some(entry)
    }
}

/// The words that the user typed in a text; `None` if the program wrote all of it.
fn typed(text: &str) -> Option<Cow<'_, str>> {
    let rest = without_tags(text)?;
    match mark::source(&rest, false) {
        mark::USER => Some(rest),
        mark::COMMAND => Some(mark::arguments(&rest)?.to_owned().into()),
        _ => None,
    }
}

/// The content of a result: a text, or parts.
fn result<'a>(entry: &mut Entry<'a>, content: &'a str, at: &str) {
    let Some(parts) = json::elements(content) else {
        return entry.add(Field::Output, Some(content), at);
    };
    for (n, part) in parts.into_iter().enumerate() {
        let at = format!("{at}/{n}");
        image(entry, part, &at);
        let text = json::members(part, ["text"]).and_then(|[text]| text);
        entry.add(Field::Output, text, format!("{at}/text"));
    }
}

/// Adds the base64 of an image, if the block is one.
fn image<'a>(entry: &mut Entry<'a>, block: &'a str, at: &str) {
    let Some([Some(source)]) = json::members(block, ["source"]) else {
        return;
    };
    let Some([kind, mime, data]) = json::members(source, ["type", "media_type", "data"]) else {
        return;
    };
    if kind.and_then(json::text).as_deref() != Some("base64") {
        return;
    }
    let texts = entry.texts.len();
    entry.add(Field::Image, data, format!("{at}/source/data"));
    if let Some(text) = entry.texts.get_mut(texts) {
        text.mime = mime.and_then(json::text);
    }
}
