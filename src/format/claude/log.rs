//! The request log: the messages of each request (docs/formats.md 3.9).
//!
//! It has three kinds of lines, written only while a switch of the agent is on. `api-request-shape`
//! holds a *shape*, a system prompt and the tools, with its hash. `api-request-blob` holds a
//! *blob*, a message that is no line of the conversation, with its hash; most blobs repeat several
//! lines. `api-request` lists, by their hashes, the messages that a request adds to those it keeps
//! of an earlier request, its *base*; the lines of its answer name it.
//!
//! Shapes and blobs are buffered until a request is answered, because lines that they repeat may
//! come after them. Then they are split into texts that are known and texts that no line holds
//! (`head`, `blob`). A value whose hash is wrong is left out. `arrange` computes the context of
//! each request at the end of the thread.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::blob::{Blob, BlobReader};
use super::canonical::{self, Hash};
use super::head::{HeadReader, LoggedShape, RequestHead};
use super::known::KnownMessages;
use super::parse;
use crate::format::lines::{Line, Why};
use crate::format::reader::Wants;
use crate::json;

/// The fields of the three kinds of lines.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogLine<'a> {
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
    cache_control: Vec<MarkPath<'a>>,
}

/// An element of `cache_control`.
#[derive(Deserialize)]
struct MarkPath<'a> {
    #[serde(borrow)]
    path: Option<&'a RawValue>,
}

/// A request as its line lists it.
#[derive(Debug, Default)]
pub(super) struct LoggedRequest {
    pub(super) base: Option<String>,
    /// The number of messages that it keeps of its base.
    pub(super) keep: usize,
    /// The messages that it adds. `None`: the log has no valid hash for the message.
    pub(super) tail: Vec<Option<Hash>>,
    pub(super) shape: Option<Hash>,
    pub(super) marks: Vec<CacheMark>,
    pub(super) line: u64,
}

/// The end of the context that the provider is to keep in its cache.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum CacheMark {
    /// The end of the tools.
    Tools,
    /// The end of a block of the system prompt.
    System(usize),
    /// The end of a block of a message.
    Message(usize, usize),
}

/// A buffered line.
struct BufferedLine {
    number: u64,
    offset: u64,
    json: Box<str>,
    is_shape: bool,
}

/// The log of a thread.
#[derive(Default)]
pub(super) struct Log {
    buffered: Vec<BufferedLine>,
    pub(super) shapes: HashMap<Hash, RequestHead>,
    pub(super) blobs: HashMap<Hash, Blob>,
    pub(super) requests: HashMap<String, LoggedRequest>,
}

impl Log {
    /// Takes a line of one of the three kinds; returns whether the line is buffered.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn take_line(&mut self, line: &Line) -> Result<bool, Why> {
        let logged: LogLine = parse(line.json)?;
        let is_shape = logged.shape.is_some();
        if is_shape || logged.message.is_some() {
            self.buffered.push(BufferedLine {
                number: line.number,
                offset: line.offset,
                json: line.json.into(),
                is_shape,
            });
            return Ok(true);
        }
        if let Some((id, request)) = logged.request(line.number) {
            self.requests.insert(id, request);
        }
        Ok(false)
    }

    /// Indexes the texts of the buffered lines. Returns for each line whether it is a shape, and
    /// the number of its bytes that other lines hold too or that are no text.
    pub(super) fn index(&mut self, known: &mut KnownMessages, wants: Wants) -> Vec<(bool, usize)> {
        let mut repeats = Vec::new();
        for buffered in std::mem::take(&mut self.buffered) {
            let line = Line {
                number: buffered.number,
                offset: buffered.offset,
                bytes: buffered.json.as_bytes(),
                json: &buffered.json,
            };
            let before = known.texts.own_bytes;
            self.index_line(&line, known, wants);
            let own = known.texts.own_bytes - before;
            repeats.push((buffered.is_shape, line.bytes.len().saturating_sub(own)));
        }
        repeats
    }

    /// Whether a request lists a message that neither the log nor the lines of the conversation
    /// hold.
    pub(super) fn lacks(&self, known: &KnownMessages) -> bool {
        for request in self.requests.values() {
            for hash in request.tail.iter().flatten() {
                if !self.blobs.contains_key(hash) && known.messages(hash).is_empty() {
                    return true;
                }
            }
        }
        false
    }

    fn index_line(&mut self, line: &Line, known: &mut KnownMessages, wants: Wants) {
        let Ok(logged) = parse::<LogLine>(line.json) else {
            return;
        };
        if let (Some(shape), Some(hash)) = (logged.shape, parse_hash(logged.shape_hash))
            && canonical::value(shape.get()) == hash
            && let Ok(shape) = parse::<LoggedShape>(shape.get())
        {
            let texts = &mut known.texts;
            let head = HeadReader { line, wants, texts }.read_shape(&shape);
            self.shapes.insert(hash, head);
        }
        if let (Some(message), Some(hash)) = (logged.message, parse_hash(logged.hash))
            && canonical::message(message.get()) == Some(hash)
        {
            let blob = BlobReader { line, wants, known }.read(message.get());
            self.blobs.insert(hash, blob);
        }
    }
}

impl LogLine<'_> {
    /// The request that the line lists, and its id.
    fn request(self, line: u64) -> Option<(String, LoggedRequest)> {
        let mut marks = Vec::new();
        for mark in &self.cache_control {
            if let Some(path) = mark.path {
                marks.extend(CacheMark::parse(path.get()));
            }
        }
        let request = LoggedRequest {
            base: self.base,
            keep: self.keep,
            tail: self
                .tail
                .iter()
                .map(|hash| canonical::parse(hash))
                .collect(),
            shape: parse_hash(self.shape_hash),
            marks,
            line,
        };
        Some((self.id?, request))
    }
}

impl CacheMark {
    /// Reads a path: `["system",1]`, `["messages",7,"content",0]`, `["tools",3]`.
    fn parse(path: &str) -> Option<CacheMark> {
        let steps = json::elements(path)?;
        let number = |at: usize| steps.get(at)?.parse::<usize>().ok();
        match json::text(steps.first()?)?.as_ref() {
            "tools" => Some(CacheMark::Tools),
            "system" => Some(CacheMark::System(number(1)?)),
            "messages" => Some(CacheMark::Message(number(1)?, number(3).unwrap_or(0))),
            _ => None,
        }
    }
}

fn parse_hash(hash: Option<String>) -> Option<Hash> {
    canonical::parse(&hash?)
}
