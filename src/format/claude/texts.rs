//! Index of the texts of a thread: finds the lines that hold a text of the request log.
//!
//! The log repeats texts of other lines (prompts, reminders, parts of the system prompt), alone or
//! several in one text (docs/formats.md 3.9). The same program wrote all of them, so equal texts
//! are equal bytes: a text is identified by the hash of its *literal*, its bytes in the JSON of a
//! line. Inside a longer text it is looked for at each line that equals its first line.

use std::collections::HashMap;
use std::ops::Range;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

use crate::format::history::Handle;
use crate::format::lines::Line;
use crate::format::literal::line_feeds;
use crate::record::{Role, Span};

/// Identifies a text: the hash of its literal and of the role that wrote it.
pub(super) type TextId = u128;

/// Shorter texts are not looked for inside others, where they may occur by chance.
const LEAST_BYTES: usize = 16;
/// A line feed in a literal.
pub(super) const FEED: &[u8] = b"\\n";
/// The tags that the agent puts around a text that is sent with others.
pub(super) const TAGS: [&str; 2] = ["<system-reminder>", "</system-reminder>"];

/// The texts of a thread.
#[derive(Default)]
pub(super) struct Texts {
    /// The spans that hold a text, in the order of the file.
    spans: HashMap<TextId, Vec<Handle>>,
    /// Texts that no line of the conversation holds, as templates of their spans.
    templates: HashMap<TextId, Span>,
    /// Texts with their lengths, the longest first, by the hash of their first line.
    by_first_line: HashMap<u64, Vec<(usize, TextId)>>,
    /// The bytes of the literals of the texts that no line of the conversation holds.
    pub(super) own_bytes: usize,
}

/// A part of a longer text.
#[derive(Debug, PartialEq)]
pub(super) enum TextPiece {
    /// A text of the index.
    Known(TextId),
    /// Bytes between such texts.
    Rest(Range<usize>),
}

/// Returns the literal of a span in its line.
pub(super) fn literal<'a>(line: &Line<'a>, span: &Span) -> Option<&'a [u8]> {
    let from = usize::try_from(span.offset?.checked_sub(line.offset)?).ok()?;
    let length = usize::try_from(span.length?).ok()?;
    line.bytes.get(from..from.checked_add(length)?)
}

/// The id of a text. The same words of the model, of the user and of the system prompt are three
/// texts.
fn text_id(literal: &[u8], role: Role) -> TextId {
    let seed = match role {
        Role::System => 2,
        Role::Assistant => 1,
        _ => 0,
    };
    xxh3_128_with_seed(literal, seed)
}

impl Texts {
    /// Adds the text of a span.
    pub(super) fn add(&mut self, line: &Line, span: &Span, handle: Handle) {
        if let Some(literal) = literal(line, span) {
            let text = self.index_text(literal, span.role);
            self.spans.entry(text).or_default().push(handle);
        }
    }

    /// Adds a text that no line of the conversation holds. `span`: the template of its spans.
    pub(super) fn add_template(&mut self, line: &Line, span: Span) -> Option<TextId> {
        let literal = literal(line, &span)?;
        let text = self.index_text(literal, span.role);
        if !self.templates.contains_key(&text) {
            self.own_bytes += literal.len();
            self.templates.insert(text, span);
        }
        Some(text)
    }

    /// Adds a generated span of a text.
    pub(super) fn add_generated(&mut self, text: TextId, handle: Handle) {
        self.spans.entry(text).or_default().push(handle);
    }

    /// Returns the spans that hold a text.
    pub(super) fn spans(&self, text: TextId) -> &[Handle] {
        match self.spans.get(&text) {
            Some(spans) => spans,
            None => &[],
        }
    }

    /// Returns the template for the spans of a text that no line of the conversation holds.
    pub(super) fn template(&self, text: TextId) -> Option<&Span> {
        self.templates.get(&text)
    }

    fn index_text(&mut self, literal: &[u8], role: Role) -> TextId {
        let text = text_id(literal, role);
        let candidates = self
            .by_first_line
            .entry(xxh3_64(first_line(literal)))
            .or_default();
        if literal.len() >= LEAST_BYTES && !candidates.iter().any(|(_, known)| *known == text) {
            let at = candidates.partition_point(|(length, _)| *length > literal.len());
            candidates.insert(at, (literal.len(), text));
        }
        text
    }

    /// Splits a text into texts of the index and the bytes between them. A text of the index is one
    /// piece, and so is a text that contains none.
    pub(super) fn split(&self, literal: &[u8], role: Role) -> Vec<TextPiece> {
        let text = text_id(literal, role);
        if self.spans.contains_key(&text) || self.templates.contains_key(&text) {
            return vec![TextPiece::Known(text)];
        }
        let mut pieces = Vec::new();
        let (mut at, mut rest) = (0, 0);
        while at < literal.len() {
            let line = first_line(literal.get(at..).unwrap_or_default());
            let Some((length, text)) = self.longest_at(literal, at, line, role) else {
                at += line.len() + FEED.len();
                continue;
            };
            if rest < at {
                pieces.push(TextPiece::Rest(rest..at));
            }
            pieces.push(TextPiece::Known(text));
            at += length;
            rest = at;
            at += FEED.len();
        }
        if rest < literal.len() || pieces.is_empty() {
            pieces.push(TextPiece::Rest(rest..literal.len()));
        }
        pieces
    }

    /// The longest text of the index that begins at a byte and ends at the end of a line. `line`:
    /// the line at that byte.
    fn longest_at(
        &self,
        literal: &[u8],
        at: usize,
        line: &[u8],
        role: Role,
    ) -> Option<(usize, TextId)> {
        for (length, text) in self.by_first_line.get(&xxh3_64(line))? {
            let Some((part, end)) = literal.get(at..)?.split_at_checked(*length) else {
                continue;
            };
            if (end.is_empty() || end.starts_with(FEED)) && text_id(part, role) == *text {
                return Some((*length, *text));
            }
        }
        None
    }
}

/// A literal up to its first line feed.
fn first_line(literal: &[u8]) -> &[u8] {
    let end = match line_feeds(literal).next() {
        Some(end) => end.saturating_sub(FEED.len()),
        None => literal.len(),
    };
    literal.get(..end).unwrap_or(literal)
}

/// Whether a text is blank except for the tags that the agent puts around other texts.
pub(super) fn is_frame(text: &str) -> bool {
    let mut text = text.trim();
    while let Some(rest) = TAGS.iter().find_map(|tag| text.strip_prefix(tag)) {
        text = rest.trim_start();
    }
    text.is_empty()
}
