//! Conversation mode: what was said, and for each call of a tool what it said it would do.
//!
//! User and assistant stay as they are. Headers and the program's own texts go. A call becomes a
//! mark with its description; equal marks that follow one another are one with a count, whatever
//! was dropped between them; a call without a description goes.

use anyhow::Result;

use super::{Compress, Line, Mode, Output, image};
use crate::format::entry::{Entry, Field, Speaker, Text};
use crate::json;

/// The table line.
pub(super) const MODE: Mode = Mode {
    name: "conversation",
    make: |_| Ok(Box::<Conversation>::default()),
};

/// A description is no longer than this.
const MOST_BYTES: usize = 200;

/// What stays of one that is, before the `…`.
const KEPT_BYTES: usize = 197;

#[derive(Default)]
struct Conversation {
    mark: Option<Mark>,
}

struct Mark {
    description: String,
    count: u64,
}

impl Compress for Conversation {
    fn take(&mut self, line: &Line, out: &mut Output) -> Result<()> {
        let Some(entries) = &line.entries else {
            out.stats.entries_in += 1;
            return self.emit(line.bytes, out);
        };
        for entry in entries
            .iter()
            .filter(|entry| entry.speaker != Speaker::Output)
        {
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
        let count = if count > 1 {
            format!(",\"count\":{count}")
        } else {
            String::new()
        };
        out.put(
            format!(
                "{{\"type\":\"tool_mark\",\"description\":{}{count}}}",
                json::quoted(&description)
            )
            .as_bytes(),
        )
    }

    fn pending(&self) -> u64 {
        u64::from(self.mark.is_some())
    }
}

impl Conversation {
    fn emit(&mut self, line: &[u8], out: &mut Output) -> Result<()> {
        self.settle(out)?;
        out.put(line)
    }

    fn call(&mut self, entry: &Entry, out: &mut Output) -> Result<()> {
        out.stats.tools_marked += 1;
        let Some(description) = entry.description().map(short) else {
            out.stats.system_dropped += 1;
            return Ok(());
        };
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

/// The description, cut between two characters where it is too long.
fn short(mut description: String) -> String {
    if description.len() > MOST_BYTES {
        description.truncate(description.floor_char_boundary(KEPT_BYTES));
        description.push('…');
    }
    description
}

/// What somebody said, as an entry of the plain format: the texts as they stand, images named.
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
    let timestamp = entry
        .timestamp
        .map(|at| format!(",\"timestamp\":{at}"))
        .unwrap_or_default();
    format!("{{\"type\":\"{kind}\",\"content\":{content}{timestamp}}}")
}

fn content(text: &Text) -> String {
    if text.field == Field::Image {
        let payload = text.literal.len() - 2;
        return json::quoted(&image::label(
            text.mime.as_deref().unwrap_or("image"),
            payload,
        ));
    }
    let whole_image = text
        .literal
        .starts_with("\"data:image/")
        .then(|| json::text(text.literal))
        .flatten();
    match whole_image.and_then(|url| image::elided(&url)) {
        Some(label) => json::quoted(&label),
        None => text.literal.to_owned(),
    }
}
