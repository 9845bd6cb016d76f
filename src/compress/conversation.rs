//! Conversation mode: keeps the messages, and one mark with a description for each tool call.
//!
//! Messages of the user and the assistant stay as they are. Headers and texts of the program are
//! dropped. A tool call becomes a mark with the description among its arguments; a call without one
//! is dropped. Equal marks in a row become one mark with a count, also where something was dropped
//! between them.
//!
//! The mode does not know the agent's format: it sees entries.

use anyhow::Result;

use super::image;
use super::mode::{Compress, InputLine, Mode};
use super::output::Output;
use crate::format::entry::{Entry, Field, Speaker, Text};
use crate::json;

/// Line of the table of modes.
pub(super) const MODE: Mode = Mode {
    name: "conversation",
    make: |_| Ok(Box::<Conversation>::default()),
};

/// A longer description is cut.
const MOST_BYTES: usize = 200;

/// Bytes of a description that is cut, before the `…`.
const KEPT_BYTES: usize = 197;

#[derive(Default)]
struct Conversation {
    /// The mark that is pending, because an equal one may follow.
    mark: Option<Mark>,
}

/// Equal tool calls in a row.
struct Mark {
    description: String,
    count: u64,
}

impl Compress for Conversation {
    fn take(&mut self, line: &InputLine, out: &mut Output) -> Result<()> {
        let Some(entries) = &line.entries else {
            out.stats.entries_in += 1;
            return self.emit(line.bytes, out);
        };
        for entry in entries {
            // An output belongs to its call: it is neither counted nor written.
            if entry.speaker == Speaker::Output {
                continue;
            }
            out.stats.entries_in += 1;
            match entry.speaker {
                Speaker::Header => out.stats.header_dropped += 1,
                Speaker::System => out.stats.system_dropped += 1,
                Speaker::Call => self.call(entry, out)?,
                _ if entry.whole => self.emit(line.bytes, out)?,
                _ => self.emit(composed(entry).as_bytes(), out)?,
            }
        }
        Ok(())
    }

    fn settle(&mut self, out: &mut Output) -> Result<()> {
        let Some(Mark { description, count }) = self.mark.take() else {
            return Ok(());
        };
        let description = json::quoted(&description);
        let mut line = format!("{{\"type\":\"tool_mark\",\"description\":{description}");
        if count > 1 {
            line.push_str(&format!(",\"count\":{count}"));
        }
        line.push('}');
        out.put(line.as_bytes())
    }

    fn pending(&self) -> u64 {
        u64::from(self.mark.is_some())
    }
}

impl Conversation {
    /// Writes a line after the pending mark.
    fn emit(&mut self, line: &[u8], out: &mut Output) -> Result<()> {
        self.settle(out)?;
        out.put(line)
    }

    fn call(&mut self, entry: &Entry, out: &mut Output) -> Result<()> {
        out.stats.tools_marked += 1;
        let Some(description) = entry.description() else {
            out.stats.system_dropped += 1;
            return Ok(());
        };
        let description = short(description);
        match &mut self.mark {
            Some(mark) if mark.description == description => {
                mark.count += 1;
                out.stats.tools_batched += 1;
            }
            _ => {
                self.settle(out)?;
                self.mark = Some(Mark {
                    description,
                    count: 1,
                });
            }
        }
        Ok(())
    }
}

/// Cuts a description that is too long, between two characters.
fn short(mut description: String) -> String {
    if description.len() > MOST_BYTES {
        description.truncate(description.floor_char_boundary(KEPT_BYTES));
        description.push('…');
    }
    description
}

/// Returns a message as an entry of the plain format. Its text stays as it is written; an image
/// becomes a label.
fn composed(entry: &Entry) -> String {
    let kind = if entry.speaker == Speaker::User {
        "user"
    } else {
        "assistant"
    };
    let content = match (&entry.said, entry.texts.as_slice()) {
        (Some(said), _) => json::quoted(said),
        (None, [text]) => content(text),
        (None, _) => "\"\"".to_owned(),
    };
    let mut line = format!("{{\"type\":\"{kind}\",\"content\":{content}");
    if let Some(at) = entry.timestamp {
        line.push_str(&format!(",\"timestamp\":{at}"));
    }
    line.push('}');
    line
}

/// Returns the JSON string that the content of an entry is.
fn content(text: &Text) -> String {
    if text.field == Field::Image {
        let mime = text.mime.as_deref().unwrap_or("image");
        return json::quoted(&image::label(mime, text.literal.len() - 2));
    }
    if text.literal.starts_with("\"data:image/")
        && let Some(url) = json::text(text.literal)
        && let Some(label) = image::elided(&url)
    {
        return json::quoted(&label);
    }
    text.literal.to_owned()
}
