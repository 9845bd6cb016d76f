//! The requests of a thread, by the messages that answer them (docs/formats.md 3.4).

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::answer::{Answer, fill};
use super::chain::Chain;
use super::line::{Diagnostics, Entry, Message};
use super::usage::{Usage, count};
use super::{parse, terms};
use crate::format::history::Handle;
use crate::format::identity;
use crate::format::lines::Line;
use crate::record::Request;
use crate::short;

impl Chain {
    /// The request of a message. Its further lines report the same once more; one without a request
    /// id goes with the message's first.
    pub(super) fn request(
        &mut self,
        line: &Line,
        entry: &Entry,
        message: &Message,
        at: Option<String>,
    ) -> Handle {
        let id = self.message_id(line, entry, message);
        let usage = Usage::read(message.usage);
        let handle = match self.answer(&id, entry) {
            Some(answer) => answer.handle,
            None => self.new_request(line, entry, message, figures(usage.as_ref(), at), &id),
        };
        self.history.complete(handle, |request| {
            terms::told(request, message.usage);
            if request.cache_miss_reason.is_none()
                && let Some((reason, missed)) = message.diagnostics.and_then(missed)
            {
                (request.cache_miss_reason, request.cache_missed_tokens) = (Some(reason), missed);
            }
        });
        if let (Some(answer), Some(usage)) = (self.answer(&id, entry), usage) {
            answer.line(message, usage);
        }
        handle
    }

    fn message_id(&self, line: &Line, entry: &Entry, message: &Message) -> String {
        let id = message
            .id
            .as_deref()
            .filter(|id| !id.is_empty())
            .or(entry.uuid.as_deref())
            .map(str::to_owned);
        id.unwrap_or_else(|| format!("{}:{}", self.history.session.session, line.number))
    }

    /// What is there of the message.
    fn answer(&mut self, id: &str, entry: &Entry) -> Option<&mut Answer> {
        let request = request(entry);
        let answers = self.answers.get_mut(id)?;
        let same = answers.iter().position(|answer| answer.request == request);
        let either = |answer: &Answer| request.is_none() || answer.request.is_none();
        let place = same.or_else(|| answers.iter().position(either))?;
        let answer = answers.get_mut(place)?;
        answer.request = answer.request.or(request);
        Some(answer)
    }

    fn new_request(
        &mut self,
        line: &Line,
        entry: &Entry,
        message: &Message,
        figures: Request,
        id: &str,
    ) -> Handle {
        let request_id = entry.request_id.as_deref().unwrap_or_default();
        let is_new = !self.answers.contains_key(id);
        let (changes, servers) = std::mem::take(&mut self.changes);
        let later = self.requests > 0;
        self.resumed(line, &figures);
        let handle = self.history.request(Request {
            at: figures.at.clone(),
            key: Some(if is_new {
                identity(&[id])
            } else {
                identity(&[id, request_id])
            }),
            model: message.model.as_deref().map(str::to_owned),
            line: Some(line.number),
            changes: if later {
                changes.into_iter().collect()
            } else {
                Vec::new()
            },
            changed_servers: if later {
                servers.into_iter().collect()
            } else {
                Vec::new()
            },
            ..Request::default()
        });
        self.requests = self.requests.saturating_add(1);
        self.latest = Some((handle, figures));
        // Hardly a message has two.
        let answers = self
            .answers
            .entry(id.to_owned())
            .or_insert_with(|| Vec::with_capacity(1));
        answers.push(Answer::new(handle, request(entry)));
        handle
    }

    /// A line that stands in the file already, appended again: nothing was sent anew. A plain sum
    /// of the file's lines takes its usage once more.
    pub(super) fn repeated(&mut self, line: &Line, entry: &Entry) {
        self.history.disk("repeated", line.bytes.len());
        let message = entry
            .message
            .filter(|_| entry.kind == "assistant")
            .map(|m| parse::<Message>(m.get()));
        let Some(Ok(message)) = message else { return };
        let id = self.message_id(line, entry, &message);
        if let (Some(answer), Some(usage)) = (self.answer(&id, entry), Usage::read(message.usage)) {
            answer.line(&message, usage);
        }
    }

    /// Whether the message is one of its own.
    pub(super) fn has_message(&self, id: &str) -> bool {
        self.answers.contains_key(id)
    }

    /// The file has ended: all requests say what their lines came to. `replayed` are messages of
    /// another thread's that a side chain repeats.
    pub(super) fn settle(&mut self, replayed: &dyn Fn(&str) -> bool) {
        let mut others = HashSet::new();
        for (id, answers) in std::mem::take(&mut self.answers) {
            let replayed = replayed(&id);
            for answer in answers {
                others.extend(replayed.then_some(answer.handle));
                self.history.unusable += answer.settle(&id, replayed, &mut self.history);
            }
        }
        self.history.inherit_from(&others);
    }
}

/// The request id of a line, in short.
fn request(entry: &Entry) -> Option<u64> {
    entry
        .request_id
        .as_deref()
        .filter(|id| !id.is_empty())
        .map(short::hash)
}

/// What a line alone reports.
fn figures(usage: Option<&Usage>, at: Option<String>) -> Request {
    let mut figures = Request {
        at,
        ..Request::default()
    };
    if let Some(usage) = usage {
        fill(&mut figures, usage.tokens);
    }
    figures
}

/// What the provider says of its cache: its word for the reason, and about how much was missed.
fn missed(diagnostics: &RawValue) -> Option<(String, Option<u64>)> {
    let miss = serde_json::from_str::<Diagnostics>(diagnostics.get())
        .ok()?
        .cache_miss_reason?;
    // A word of the API's, and no text.
    let is_word = |word: &str| {
        (1..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    let reason = Some(miss.reason).filter(|word| is_word(word))?.into_owned();
    Some((reason, miss.cache_missed_input_tokens.and_then(count)))
}
