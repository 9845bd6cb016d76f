//! The messages of a thread as its lines hold them, by the hash that the request log names them by.
//!
//! A message of the model is the blocks of all lines of one message id; a line of the user is a
//! message, and so are several that follow one another (the results of parallel calls, and what was
//! typed behind them), merged into one (docs/formats.md 3.9). Of each the spans are kept. Most
//! files have no log: lines before it begins are hashed only where nobody can read them again.

use std::collections::{HashMap, HashSet};

use serde_json::value::RawValue;

use super::canonical::{Blocks, Hash};
use super::texts::Texts;
use crate::format::history::Handle;
use crate::format::ids::ById;
use crate::format::lines::Line;
use crate::json;
use crate::record::{Part, Role, Span};

/// How many lines of the user may begin a message that is merged from several.
const MOST_STARTS: usize = 4;

/// A message: where its spans stand in the list of all ([`Known::spans`]).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Message {
    from: usize,
    to: usize,
    /// How many blocks it has.
    pub(super) blocks: usize,
}

/// A message of the model of which more lines may come.
#[derive(Default)]
struct Answer {
    digest: Blocks,
    blocks: usize,
    spans: Vec<Handle>,
    /// The ids of the calls so far: one that comes again is no block of the message, but nobody can
    /// tell its span from the first.
    calls: HashSet<String>,
}

/// A message of the user that more lines may be merged into; its last span is the latest.
#[derive(Default)]
struct Run {
    digest: Blocks,
    from: usize,
    blocks: usize,
}

/// What the lines of a thread hold.
#[derive(Default)]
pub(super) struct Known {
    /// Whether lines are hashed as they come: from the log's first line on.
    pub(super) hashing: bool,
    begun: Option<u64>,
    /// Lines have come that were not.
    pub(super) unhashed: bool,
    pub(super) texts: Texts,
    messages: HashMap<Hash, Vec<Message>>,
    /// The spans of all messages, one after the other.
    spans: Vec<Handle>,
    /// Messages of the model, by their id.
    answers: HashMap<String, Answer>,
    /// Lines of the user since the model spoke, from several starts on.
    runs: Vec<Run>,
    /// Calls and their results, by the id of the call.
    calls: ById<Vec<Handle>>,
    results: ById<Vec<Handle>>,
    /// Results of an id that had some already, by the first of these.
    doubles: HashMap<Handle, Vec<Handle>>,
}

impl Known {
    /// Lines are hashed from this one on.
    pub(super) fn hash_from(&mut self, line: u64) {
        self.hashing = true;
        self.begun.get_or_insert(line);
    }

    /// The first line that says what was sent.
    pub(super) fn begun(&self) -> Option<u64> {
        self.begun
    }

    /// A span was found in a line.
    pub(super) fn span(&mut self, line: &Line, span: &Span, handle: Handle) {
        match (&span.call_id, span.part) {
            (Some(id), Part::ToolCall) => self.calls.of(id).push(handle),
            (Some(id), _) if span.role == Role::Tool => {
                let results = self.results.of(id);
                if let Some(first) = results.first() {
                    self.doubles.entry(*first).or_default().push(handle);
                }
                results.push(handle);
            }
            _ => self.texts.add(line, span, handle),
        }
    }

    /// The spans of a call, or of its result.
    pub(super) fn call(&self, id: &str, is_result: bool) -> &[Handle] {
        let ids = if is_result {
            &self.results
        } else {
            &self.calls
        };
        ids.get(id).map_or(&[], Vec::as_slice)
    }

    /// Spans that share the id of the result which this span begins: they go where it goes.
    pub(super) fn doubles(&self, first: Handle) -> &[Handle] {
        self.doubles.get(&first).map_or(&[], Vec::as_slice)
    }

    /// A line of the model has come, with these spans.
    pub(super) fn answered(&mut self, id: &str, content: &RawValue, spans: &[Handle]) {
        self.runs.clear();
        if !self.hashing {
            self.unhashed = true;
            return;
        }
        let answer = self.answers.entry(id.to_owned()).or_default();
        answer.spans.extend(spans);
        for block in json::elements(content.get()).unwrap_or_default() {
            let [kind, call] = json::members(block, ["type", "id"]).unwrap_or_default();
            let call = call
                .and_then(json::text)
                .filter(|_| kind == Some("\"tool_use\""));
            if call.is_none_or(|call| answer.calls.insert(call.into_owned())) {
                answer.digest.block(block);
                answer.blocks += 1;
            }
        }
    }

    /// A line of the user has come, with these spans.
    pub(super) fn asked(&mut self, content: &RawValue, spans: &[Handle]) {
        if !self.hashing {
            self.unhashed = true;
            return;
        }
        let blocks = json::elements(content.get()).map_or(1, |blocks| blocks.len());
        let from = self.spans.len();
        self.spans.extend(spans);
        if self.runs.len() == MOST_STARTS {
            self.runs.pop();
        }
        self.runs.push(Run {
            from,
            ..Run::default()
        });
        for run in &mut self.runs {
            run.digest.content(content.get());
            run.blocks += blocks;
            let message = Message {
                from: run.from,
                to: self.spans.len(),
                blocks: run.blocks,
            };
            self.messages
                .entry(run.digest.hash("user"))
                .or_default()
                .push(message);
        }
    }

    /// A message that the log names has these spans.
    pub(super) fn tell(&mut self, hash: Hash, spans: &[Handle], blocks: usize) -> Message {
        let from = self.spans.len();
        self.spans.extend(spans);
        let message = Message {
            from,
            to: self.spans.len(),
            blocks,
        };
        self.messages.entry(hash).or_default().push(message);
        message
    }

    /// All lines have come: the messages of the model are whole.
    pub(super) fn close(&mut self) {
        for (
            _,
            Answer {
                digest,
                blocks,
                spans,
                ..
            },
        ) in std::mem::take(&mut self.answers)
        {
            self.tell(digest.hash("assistant"), &spans, blocks);
        }
        let (messages, spans) = (&mut self.messages, &self.spans);
        for messages in messages.values_mut() {
            messages.sort_by_key(|message| spans.get(message.from).copied());
        }
    }

    /// The spans of a message.
    pub(super) fn spans(&self, message: Message) -> &[Handle] {
        self.spans.get(message.from..message.to).unwrap_or_default()
    }

    /// The messages of that hash, in the order of the file.
    pub(super) fn messages(&self, hash: &Hash) -> &[Message] {
        self.messages.get(hash).map_or(&[], Vec::as_slice)
    }
}
