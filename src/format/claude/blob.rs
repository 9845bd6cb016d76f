//! Blobs of the request log: messages that are no line of the conversation, split into texts and
//! calls that lines hold, and the rest (docs/formats.md 3.9).
//!
//! This file does not know which requests list a blob.

use std::ops::Range;

use super::content::ContentReader;
use super::known::KnownMessages;
use super::mark;
use super::texts::{TextId, TextPiece, is_frame};
use crate::format::lines::Line;
use crate::format::literal::Literal;
use crate::format::reader::Wants;
use crate::json;
use crate::record::{Role, Span};

/// A message of the log, split into its parts.
#[derive(Debug, Default)]
pub(super) struct Blob {
    /// The parts of each block.
    pub(super) blocks: Vec<Vec<BlobPart>>,
}

/// A part of a block.
#[derive(Debug)]
pub(super) enum BlobPart {
    Text(TextId),
    /// The call with this id.
    Call(String),
    /// The result of the call with this id.
    Result(String),
    /// Reasoning without a text.
    Thought,
}

/// Reads the blob of a line.
pub(super) struct BlobReader<'l, 'k> {
    pub(super) line: &'l Line<'l>,
    pub(super) wants: Wants,
    pub(super) known: &'k mut KnownMessages,
}

impl BlobReader<'_, '_> {
    /// Reads a message.
    pub(super) fn read(&mut self, message: &str) -> Blob {
        let [role, content] = json::members(message, ["role", "content"]).unwrap_or_default();
        let role = if role == Some("\"assistant\"") {
            Role::Assistant
        } else {
            Role::User
        };
        let content = content.unwrap_or_default();
        let mut blob = Blob::default();
        for block in json::elements(content).unwrap_or(vec![content]) {
            blob.blocks.push(self.read_block(block, role));
        }
        blob
    }

    fn read_block(&mut self, block: &str, role: Role) -> Vec<BlobPart> {
        if block.starts_with('"') {
            return self.read_text(block, role);
        }
        let names = ["type", "text", "id", "tool_use_id", "thinking"];
        let [kind, text, id, answers, thinking] = json::members(block, names).unwrap_or_default();
        let kind = kind.and_then(json::text).unwrap_or_default();
        match &*kind {
            "text" => match text {
                Some(text) => self.read_text(text, role),
                None => Vec::new(),
            },
            "thinking" | "redacted_thinking" => match thinking {
                Some(thinking) if thinking.len() > 2 => self.read_text(thinking, role),
                _ => vec![BlobPart::Thought],
            },
            kind if kind.ends_with("tool_use") => match self.known_call(id, false) {
                Some(id) => vec![BlobPart::Call(id)],
                None => self.read_unknown(block, role),
            },
            kind if kind.ends_with("tool_result") => match self.known_call(answers, true) {
                Some(id) => vec![BlobPart::Result(id)],
                None => self.read_unknown(block, role),
            },
            _ => self.read_unknown(block, role),
        }
    }

    /// The id of a call, if a line holds the call (or its result).
    fn known_call(&self, id: Option<&str>, is_result: bool) -> Option<String> {
        let id = json::text(id?)?;
        if self.known.call(&id, is_result).is_empty() {
            return None;
        }
        Some(id.into_owned())
    }

    /// Reads a text into the texts in it that lines hold, and the rest.
    fn read_text(&mut self, text: &str, role: Role) -> Vec<BlobPart> {
        let Some(whole) = Literal::of(self.line, text) else {
            return Vec::new();
        };
        let Some(literal) = self.line.bytes.get(whole.range()) else {
            return Vec::new();
        };
        let from = whole.range().start;
        let mut parts = Vec::new();
        for piece in self.known.texts.split(literal, role) {
            let text = match piece {
                TextPiece::Known(text) => Some(text),
                TextPiece::Rest(range) => {
                    self.read_rest(from + range.start..from + range.end, role)
                }
            };
            parts.extend(text.map(BlobPart::Text));
        }
        parts
    }

    fn read_rest(&mut self, range: Range<usize>, role: Role) -> Option<TextId> {
        let literal = Literal::inside(self.line, range)?;
        if is_frame(&literal.text) {
            return None;
        }
        let source = if role == Role::Assistant {
            "assistant"
        } else {
            mark::source(&literal.text, true)
        };
        let mut span = Span {
            role,
            source: source.into(),
            ..Span::default()
        };
        literal.fill(&mut span, self.wants.text);
        self.known.texts.add_template(self.line, span)
    }

    /// Reads a block that no line holds.
    fn read_unknown(&mut self, block: &str, role: Role) -> Vec<BlobPart> {
        let Ok(block) = serde_json::from_str(block) else {
            return Vec::new();
        };
        let mut template = Span {
            role,
            ..Span::default()
        };
        if role == Role::Assistant {
            template.source = "assistant".into();
        }
        let mut content = ContentReader {
            line: self.line,
            wants: self.wants,
            template,
            found: Vec::new(),
        };
        content.read_block(&block, true, &|_| None);
        let mut parts = Vec::new();
        for span in content.found {
            let text = self.known.texts.add_template(self.line, span);
            parts.extend(text.map(BlobPart::Text));
        }
        parts
    }
}
