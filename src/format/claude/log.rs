//! The request log: what was sent, message by message (docs/formats.md 3.9).
//!
//! Three kinds of lines, written only while a switch of the agent's is on. `api-request-shape`
//! holds a system prompt and the tools, under a hash. `api-request-blob` holds, under its hash, a
//! message that no line of the conversation is: mostly a repetition of several. `api-request`
//! lists, by their hashes, the messages that a request adds to those it keeps of an earlier one,
//! its base; the lines of its answer name it.
//!
//! Shapes and blobs are held as they stand until a request is answered, because lines that they
//! repeat may come after them; then they are taken apart into texts that are known and texts that
//! are nowhere else. What is not what its hash says is left out. What a request held is read
//! off all this at the end (`arrange`).

use std::collections::HashMap;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::canonical::{self, Hash};
use super::content::{Content, source};
use super::head::{Head, Heads, Shape};
use super::known::Known;
use super::texts::{Piece, Text, is_frame};
use crate::format::Wants;
use crate::format::lines::{Line, Why};
use crate::format::literal::Literal;
use crate::json;
use crate::record::{Role, Span};

/// The fields of the three kinds of lines.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logged<'a> {
    id: Option<String>,
    base: Option<String>,
    #[serde(default)]
    keep: usize,
    #[serde(default)]
    tail: Vec<String>,
    shape_hash: Option<String>,
    #[serde(borrow)]
    shape: Option<&'a RawValue>,
    hash: Option<String>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    cache_control: Vec<Marked<'a>>,
}

/// Where a request has the provider keep what stands up to there.
#[derive(Deserialize)]
struct Marked<'a> {
    #[serde(borrow)]
    path: Option<&'a RawValue>,
}

/// A request, as its line lists it.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) base: Option<String>,
    /// So many messages of the base come first.
    pub(super) keep: usize,
    /// Then these. `None`: what stands there is no hash.
    pub(super) tail: Vec<Option<Hash>>,
    pub(super) shape: Option<Hash>,
    pub(super) breaks: Vec<Break>,
    pub(super) line: u64,
}

/// Up to where the provider is to keep the context.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Break {
    /// The end of the tools.
    Tools,
    /// The end of a block of the system prompt.
    System(usize),
    /// The end of a block of a message.
    Message(usize, usize),
}

/// A message of the log, taken apart.
#[derive(Debug, Default)]
pub(super) struct Blob {
    /// For each block what it holds.
    pub(super) blocks: Vec<Vec<Held>>,
}

/// What a block holds.
#[derive(Debug)]
pub(super) enum Held {
    Text(Text),
    Call(String),
    Result(String),
    /// Reasoning of which no text is left.
    Thought,
}

/// A line that is held as it stands.
struct Kept {
    number: u64,
    offset: u64,
    json: Box<str>,
    is_shape: bool,
}

/// What the log of a thread says.
#[derive(Default)]
pub(super) struct Log {
    waiting: Vec<Kept>,
    pub(super) shapes: HashMap<Hash, Head>,
    pub(super) blobs: HashMap<Hash, Blob>,
    pub(super) requests: HashMap<String, Sent>,
}

impl Log {
    /// Takes a line of one of the three kinds; returns whether it is held as it stands.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn take(&mut self, line: &Line) -> Result<bool, Why> {
        let logged: Logged = super::parse(line.json)?;
        let holds = logged.shape.is_some() || logged.message.is_some();
        if holds {
            let is_shape = logged.shape.is_some();
            self.waiting.push(Kept {
                number: line.number,
                offset: line.offset,
                json: line.json.into(),
                is_shape,
            });
        } else if let Some(id) = logged.id {
            let tail = logged
                .tail
                .iter()
                .map(|hash| canonical::parse(hash))
                .collect();
            let breaks = logged
                .cache_control
                .iter()
                .filter_map(|marked| Break::of(marked.path?.get()))
                .collect();
            let shape = logged.shape_hash.as_deref().and_then(canonical::parse);
            let (base, keep) = (logged.base, logged.keep);
            self.requests.insert(
                id,
                Sent {
                    base,
                    keep,
                    tail,
                    shape,
                    breaks,
                    line: line.number,
                },
            );
            return Ok(false);
        }
        Ok(holds)
    }

    /// A request is answered: what was held for it is taken apart. Calls `repeats` with the bytes
    /// of each line that stand elsewhere too, or are no text; and whether it is a shape.
    pub(super) fn settle(
        &mut self,
        known: &mut Known,
        wants: Wants,
        mut repeats: impl FnMut(bool, usize),
    ) {
        for Kept {
            number,
            offset,
            json,
            is_shape,
        } in std::mem::take(&mut self.waiting)
        {
            let line = Line {
                number,
                offset,
                bytes: json.as_bytes(),
                json: &json,
            };
            let before = known.texts.own_bytes;
            self.apart(&line, known, wants);
            repeats(
                is_shape,
                json.len().saturating_sub(known.texts.own_bytes - before),
            );
        }
    }

    /// Whether a request lists a message that neither the log nor the lines of the conversation
    /// hold.
    pub(super) fn lacks(&self, known: &Known) -> bool {
        let all = self.requests.values().flat_map(|sent| &sent.tail).flatten();
        all.into_iter()
            .any(|hash| !self.blobs.contains_key(hash) && known.messages(hash).is_empty())
    }

    fn apart(&mut self, line: &Line, known: &mut Known, wants: Wants) {
        let Ok(logged) = super::parse::<Logged>(line.json) else {
            return;
        };
        let named = |hash: &Option<String>| hash.as_deref().and_then(canonical::parse);
        if let (Some(shape), Some(hash)) = (logged.shape, named(&logged.shape_hash))
            && canonical::value(shape.get()) == hash
            && let Ok(shape) = super::parse::<Shape>(shape.get())
        {
            let head = Heads {
                line,
                wants,
                texts: &mut known.texts,
            }
            .shape(&shape);
            self.shapes.insert(hash, head);
        }
        if let (Some(message), Some(hash)) = (logged.message, named(&logged.hash))
            && canonical::message(message.get()) == Some(hash)
        {
            self.blobs
                .insert(hash, Apart { line, wants, known }.message(message.get()));
        }
    }
}

impl Break {
    /// Reads a path: `["system",1]`, `["messages",7,"content",0]`, `["tools",3]`.
    fn of(path: &str) -> Option<Break> {
        let steps = json::elements(path)?;
        let number = |at: usize| steps.get(at)?.parse::<usize>().ok();
        match json::text(steps.first()?)?.as_ref() {
            "tools" => Some(Break::Tools),
            "system" => Some(Break::System(number(1)?)),
            "messages" => Some(Break::Message(number(1)?, number(3).unwrap_or(0))),
            _ => None,
        }
    }
}

/// A message, on its way to be taken apart.
struct Apart<'l, 'k> {
    line: &'l Line<'l>,
    wants: Wants,
    known: &'k mut Known,
}

impl Apart<'_, '_> {
    fn message(&mut self, message: &str) -> Blob {
        let [role, content] = json::members(message, ["role", "content"]).unwrap_or_default();
        let role = if role == Some("\"assistant\"") {
            Role::Assistant
        } else {
            Role::User
        };
        let content = content.unwrap_or_default();
        let blocks = json::elements(content).unwrap_or(vec![content]);
        Blob {
            blocks: blocks
                .into_iter()
                .map(|block| self.block(block, role))
                .collect(),
        }
    }

    fn block(&mut self, block: &str, role: Role) -> Vec<Held> {
        if block.starts_with('"') {
            return self.text(block, role);
        }
        let names = ["type", "text", "id", "tool_use_id", "thinking"];
        let [kind, text, id, answers, thinking] = json::members(block, names).unwrap_or_default();
        let known = |id: Option<&str>, is_result| {
            let id = json::text(id?)?.into_owned();
            (!self.known.call(&id, is_result).is_empty()).then_some(id)
        };
        match kind.and_then(json::text).as_deref() {
            Some("text") => text.map_or(Vec::new(), |text| self.text(text, role)),
            Some("thinking" | "redacted_thinking") => {
                match thinking.filter(|thinking| thinking.len() > 2) {
                    Some(thinking) => self.text(thinking, role),
                    None => vec![Held::Thought],
                }
            }
            Some(kind) if kind.ends_with("tool_use") => match known(id, false) {
                Some(id) => vec![Held::Call(id)],
                None => self.own(block, role),
            },
            Some(kind) if kind.ends_with("tool_result") => match known(answers, true) {
                Some(id) => vec![Held::Result(id)],
                None => self.own(block, role),
            },
            _ => self.own(block, role),
        }
    }

    /// A text: as texts that are known, and what of it is nowhere else.
    fn text(&mut self, text: &str, role: Role) -> Vec<Held> {
        let Some(whole) = Literal::of(self.line, text) else {
            return Vec::new();
        };
        let Some(literal) = self.line.bytes.get(whole.range()) else {
            return Vec::new();
        };
        if let Some(text) = self.known.texts.known(literal, role) {
            return vec![Held::Text(text)];
        }
        let pieces = match self.known.texts.pieces(literal, role) {
            none if none.is_empty() => vec![Piece::Rest(0..literal.len())],
            pieces => pieces,
        };
        let from = whole.range().start;
        let held = |piece| match piece {
            Piece::Known(text) => Some(Held::Text(text)),
            Piece::Rest(range) => self
                .rest(from + range.start..from + range.end, role)
                .map(Held::Text),
        };
        pieces.into_iter().filter_map(held).collect()
    }

    fn rest(&mut self, range: Range<usize>, role: Role) -> Option<Text> {
        let literal =
            Literal::inside(self.line, range).filter(|literal| !is_frame(&literal.text))?;
        let source = if role == Role::Assistant {
            "assistant"
        } else {
            source(&literal.text, true)
        };
        let mut span = Span {
            role,
            source: source.into(),
            ..Span::default()
        };
        literal.fill(&mut span, self.wants.text);
        self.known.texts.keep(self.line, span)
    }

    /// A block that no line holds.
    fn own(&mut self, block: &str, role: Role) -> Vec<Held> {
        let Ok(block) = serde_json::from_str(block) else {
            return Vec::new();
        };
        let source = if role == Role::Assistant {
            "assistant"
        } else {
            ""
        };
        let template = Span {
            role,
            source: source.into(),
            ..Span::default()
        };
        let mut own = Content {
            line: self.line,
            wants: self.wants,
            template,
            found: Vec::new(),
        };
        own.block(&block, true, &|_| None);
        let texts = own
            .found
            .into_iter()
            .filter_map(|span| self.known.texts.keep(self.line, span));
        texts.map(Held::Text).collect()
    }
}
