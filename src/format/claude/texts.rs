//! Texts by what they say: how a text of the request log is found again in the lines of a thread.
//!
//! The log repeats texts that stand in lines of their own (prompts, reminders, parts of the system
//! prompt), alone or several in one text (docs/formats.md 3.9). All were written by the same hand,
//! so that equal texts are equal bytes: a text is known by the hash of its literal, and is looked
//! for within a longer one wherever a line of that begins as the text does.

use std::collections::HashMap;
use std::ops::Range;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

use crate::format::history::Handle;
use crate::format::lines::Line;
use crate::format::literal::line_feeds;
use crate::record::{Role, Span};

/// A text, by the hash of its literal and by who says it.
pub(super) type Text = u128;

/// A shorter text may stand within a longer one by chance.
const LEAST_BYTES: usize = 16;
/// A line feed as it stands in a literal.
pub(super) const FEED: &[u8] = b"\\n";
/// What the agent puts around a text that is sent with others.
pub(super) const TAGS: [&str; 2] = ["<system-reminder>", "</system-reminder>"];

/// The texts of a thread.
#[derive(Default)]
pub(super) struct Texts {
    /// The spans that hold a text, in the order of the file.
    spans: HashMap<Text, Vec<Handle>>,
    /// Texts without a line of their own, as the spans that they will be.
    templates: HashMap<Text, Span>,
    /// Texts by their first line: length and hash.
    firsts: HashMap<u64, Vec<(usize, Text)>>,
    /// Bytes of the texts without a line of their own, as they stand in the file.
    pub(super) own_bytes: usize,
}

/// A part of a longer text.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    /// A text that is known.
    Known(Text),
    /// What lies between such.
    Rest(Range<usize>),
}

/// The literal of a span in its line.
pub(super) fn literal<'a>(line: &Line<'a>, span: &Span) -> Option<&'a [u8]> {
    let from = usize::try_from(span.offset?.checked_sub(line.offset)?).ok()?;
    let length = usize::try_from(span.length?).ok()?;
    line.bytes.get(from..from.checked_add(length)?)
}

/// The name of a text. What the model says is another text than the same words of the user's, and a
/// part of the system prompt than the same words of a reminder.
fn name(literal: &[u8], role: Role) -> Text {
    let who = match role {
        Role::System => 2,
        Role::Assistant => 1,
        _ => 0,
    };
    xxh3_128_with_seed(literal, who)
}

impl Texts {
    /// A span holds this text.
    pub(super) fn add(&mut self, line: &Line, span: &Span, handle: Handle) {
        if let Some(literal) = literal(line, span) {
            let text = self.learn(literal, span.role);
            self.spans.entry(text).or_default().push(handle);
        }
    }

    /// A text has no line of its own: this is the span that it will be. Returns its name.
    pub(super) fn keep(&mut self, line: &Line, span: Span) -> Option<Text> {
        let literal = literal(line, &span)?;
        let text = self.learn(literal, span.role);
        if !self.templates.contains_key(&text) {
            self.own_bytes += literal.len();
            self.templates.insert(text, span);
        }
        Some(text)
    }

    /// A span was made of a text that had none.
    pub(super) fn made(&mut self, text: Text, handle: Handle) {
        self.spans.entry(text).or_default().push(handle);
    }

    /// The spans that hold a text.
    pub(super) fn spans(&self, text: Text) -> &[Handle] {
        self.spans.get(&text).map_or(&[], Vec::as_slice)
    }

    /// The span that a text without one will be.
    pub(super) fn template(&self, text: Text) -> Option<&Span> {
        self.templates.get(&text)
    }

    /// Whether a text is known.
    pub(super) fn known(&self, literal: &[u8], role: Role) -> Option<Text> {
        let text = name(literal, role);
        (self.spans.contains_key(&text) || self.templates.contains_key(&text)).then_some(text)
    }

    fn learn(&mut self, literal: &[u8], role: Role) -> Text {
        let text = name(literal, role);
        let firsts = self.firsts.entry(xxh3_64(first_line(literal))).or_default();
        if literal.len() >= LEAST_BYTES && !firsts.iter().any(|(_, known)| *known == text) {
            // The longest first.
            let at = firsts.partition_point(|(length, _)| *length > literal.len());
            firsts.insert(at, (literal.len(), text));
        }
        text
    }

    /// Takes a text apart into texts that are known and what lies between them; empty where it is
    /// one itself, or holds none.
    pub(super) fn pieces(&self, literal: &[u8], role: Role) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let (mut at, mut rest) = (0, 0);
        while at < literal.len() {
            let line = first_line(literal.get(at..).unwrap_or_default());
            let Some((length, text)) = self.begins(literal, at, line, role) else {
                at += line.len() + FEED.len();
                continue;
            };
            pieces.extend((rest < at).then_some(Piece::Rest(rest..at)));
            pieces.push(Piece::Known(text));
            at += length;
            rest = at;
            at += FEED.len();
        }
        if rest > 0 && rest < literal.len() {
            pieces.push(Piece::Rest(rest..literal.len()));
        }
        pieces
    }

    /// The longest text that stands at a place, up to the end of a line there.
    fn begins(&self, literal: &[u8], at: usize, line: &[u8], role: Role) -> Option<(usize, Text)> {
        let stands = |(length, text): &&(usize, Text)| {
            let Some(part) = literal.get(at..at + length) else {
                return false;
            };
            let end = literal.get(at + length..).unwrap_or_default();
            (end.is_empty() || end.starts_with(FEED)) && name(part, role) == *text
        };
        self.firsts
            .get(&xxh3_64(line))?
            .iter()
            .find(stands)
            .copied()
    }
}

/// A literal up to its first line feed.
fn first_line(literal: &[u8]) -> &[u8] {
    let end = line_feeds(literal)
        .next()
        .map_or(literal.len(), |end| end.saturating_sub(FEED.len()));
    literal.get(..end).unwrap_or(literal)
}

/// Whether a text says nothing: blanks, and what the agent puts around others.
pub(super) fn is_frame(text: &str) -> bool {
    let mut text = text.trim();
    while let Some(rest) = TAGS.iter().find_map(|tag| text.strip_prefix(tag)) {
        text = rest.trim_start();
    }
    text.is_empty()
}
