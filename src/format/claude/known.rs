//! Index of the messages of a thread, by the hash under which the request log names them
//! (docs/formats.md 3.9).
//!
//! A message of the model consists of the blocks of all lines with one message id. A line of the
//! user is a message, and so are several consecutive lines merged into one (the results of parallel
//! calls, and the text typed after them). The index keeps the spans of each message. Most files
//! have no log, so lines before a log are hashed at once only if the file cannot be read again.
//! This file does not know which messages were sent.

use std::collections::{HashMap, HashSet};

use serde_json::value::RawValue;

use super::canonical::{Hash, MessageDigest};
use super::texts::Texts;
use crate::format::history::Handle;
use crate::format::ids::ById;
use crate::format::lines::Line;
use crate::json;
use crate::record::{Part, Role, Span};

/// The number of lines of the user at which a merged message may begin.
const MOST_STARTS: usize = 4;

/// A message: the range of its spans in the list of all ([`KnownMessages::spans`]).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KnownMessage {
    from: usize,
    to: usize,
    /// The number of its blocks.
    pub(super) blocks: usize,
}

/// A message of the model that more lines may belong to.
#[derive(Default)]
struct OpenAnswer {
    digest: MessageDigest,
    blocks: usize,
    spans: Vec<Handle>,
    /// The ids of the calls so far. A repeated call is not a block of the message, but its span
    /// cannot be distinguished from that of the first.
    calls: HashSet<String>,
}

/// A message of the user that more lines may be merged into; it ends with the latest span.
#[derive(Default)]
struct UserRun {
    digest: MessageDigest,
    from: usize,
    blocks: usize,
}

/// The messages, texts and calls that the lines of a thread hold.
#[derive(Default)]
pub(super) struct KnownMessages {
    /// Lines are hashed while they are read: from the first line of the log on, or in a file that
    /// cannot be read again.
    pub(super) hashing: bool,
    begun: Option<u64>,
    /// Some lines were not hashed.
    pub(super) unhashed: bool,
    pub(super) texts: Texts,
    messages: HashMap<Hash, Vec<KnownMessage>>,
    /// The spans of all messages, concatenated.
    spans: Vec<Handle>,
    /// Messages of the model, by their id.
    answers: HashMap<String, OpenAnswer>,
    /// Messages that the lines of the user since the latest answer may form, by their first line.
    runs: Vec<UserRun>,
    /// Calls and their results, by the id of the call.
    calls: ById<Vec<Handle>>,
    results: ById<Vec<Handle>>,
    /// Further results of an id, by the first span of its results.
    doubles: HashMap<Handle, Vec<Handle>>,
}

impl KnownMessages {
    /// Hashes lines from this one on.
    pub(super) fn hash_from(&mut self, line: u64) {
        self.hashing = true;
        self.begun.get_or_insert(line);
    }

    /// The first line of the log.
    pub(super) fn begun(&self) -> Option<u64> {
        self.begun
    }

    /// Adds a span of a line.
    pub(super) fn add_span(&mut self, line: &Line, span: &Span, handle: Handle) {
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

    /// Returns the spans of a call, or of its result.
    pub(super) fn call(&self, id: &str, is_result: bool) -> &[Handle] {
        let ids = if is_result {
            &self.results
        } else {
            &self.calls
        };
        match ids.get(id) {
            Some(spans) => spans,
            None => &[],
        }
    }

    /// Returns the other results of the call whose first result is this span. They are sent
    /// together with it.
    pub(super) fn doubles(&self, first: Handle) -> &[Handle] {
        match self.doubles.get(&first) {
            Some(doubles) => doubles,
            None => &[],
        }
    }

    /// Adds a line of the model, which has these spans.
    pub(super) fn add_answer_line(&mut self, id: &str, content: &RawValue, spans: &[Handle]) {
        self.runs.clear();
        if !self.hashing {
            self.unhashed = true;
            return;
        }
        let answer = self.answers.entry(id.to_owned()).or_default();
        answer.spans.extend(spans);
        for block in json::elements(content.get()).unwrap_or_default() {
            let [kind, call] = json::members(block, ["type", "id"]).unwrap_or_default();
            if kind == Some("\"tool_use\"")
                && let Some(call) = call.and_then(json::text)
                && !answer.calls.insert(call.into_owned())
            {
                continue;
            }
            answer.digest.add_block(block);
            answer.blocks += 1;
        }
    }

    /// Adds a line of the user, which has these spans.
    pub(super) fn add_user_line(&mut self, content: &RawValue, spans: &[Handle]) {
        if !self.hashing {
            self.unhashed = true;
            return;
        }
        let blocks = match json::elements(content.get()) {
            Some(blocks) => blocks.len(),
            None => 1,
        };
        let from = self.spans.len();
        self.spans.extend(spans);
        if self.runs.len() == MOST_STARTS {
            self.runs.pop();
        }
        self.runs.push(UserRun {
            from,
            ..UserRun::default()
        });
        for run in &mut self.runs {
            run.digest.add_content(content.get());
            run.blocks += blocks;
            let message = KnownMessage {
                from: run.from,
                to: self.spans.len(),
                blocks: run.blocks,
            };
            let hash = run.digest.hash("user");
            self.messages.entry(hash).or_default().push(message);
        }
    }

    /// Adds a message with these spans.
    pub(super) fn add(&mut self, hash: Hash, spans: &[Handle], blocks: usize) {
        let from = self.spans.len();
        self.spans.extend(spans);
        let message = KnownMessage {
            from,
            to: self.spans.len(),
            blocks,
        };
        self.messages.entry(hash).or_default().push(message);
    }

    /// Adds the messages of the model, after the last line.
    pub(super) fn close(&mut self) {
        for (_, answer) in std::mem::take(&mut self.answers) {
            let hash = answer.digest.hash("assistant");
            self.add(hash, &answer.spans, answer.blocks);
        }
        let (messages, spans) = (&mut self.messages, &self.spans);
        for messages in messages.values_mut() {
            messages.sort_by_key(|message| spans.get(message.from).copied());
        }
    }

    /// Returns the spans of a message.
    pub(super) fn spans(&self, message: KnownMessage) -> &[Handle] {
        self.spans.get(message.from..message.to).unwrap_or_default()
    }

    /// Returns the messages of that hash, in the order of the file.
    pub(super) fn messages(&self, hash: &Hash) -> &[KnownMessage] {
        match self.messages.get(hash) {
            Some(messages) => messages,
            None => &[],
        }
    }
}
