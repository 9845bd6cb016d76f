//! The requests of a thread, by the messages that answer them (docs/formats.md 3.4).

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::chain::Chain;
use super::line::{ApiMessage, Diagnostics, SessionLine};
use super::message_request::{MessageRequest, set_input};
use super::usage::{UsageReport, count};
use super::{parse, terms};
use crate::format::history::{Handle, References};
use crate::format::identity;
use crate::format::lines::Line;
use crate::record::{Event, Request};
use crate::short;

impl Chain {
    /// Returns the request of a message. Further lines of the message report the same again; a line
    /// without a request id belongs to the first request of its message.
    pub(super) fn request(
        &mut self,
        line: &Line,
        entry: &SessionLine,
        message: &ApiMessage,
        at: Option<String>,
    ) -> Handle {
        let id = self.message_id(line, entry, message);
        let usage = UsageReport::read(message.usage);
        let handle = match self.answer(&id, entry) {
            Some(answer) => answer.handle,
            None => self.new_request(line, entry, message, figures(usage.as_ref(), at), &id),
        };
        self.history.complete(handle, |request| {
            terms::fill(request, message.usage);
            if request.cache_miss_reason.is_none()
                && let Some(diagnostics) = message.diagnostics
                && let Some((reason, missed)) = cache_miss(diagnostics)
            {
                (request.cache_miss_reason, request.cache_missed_tokens) = (Some(reason), missed);
            }
        });
        self.report(&id, entry, message, usage);
        handle
    }

    /// Adds the report of a line to the request of its message.
    fn report(
        &mut self,
        id: &str,
        entry: &SessionLine,
        message: &ApiMessage,
        usage: Option<UsageReport>,
    ) {
        if let (Some(answer), Some(usage)) = (self.answer(id, entry), usage) {
            answer.line(message, usage);
        }
    }

    /// The id of a message; without one its line names it.
    fn message_id(&self, line: &Line, entry: &SessionLine, message: &ApiMessage) -> String {
        match message.id.as_deref().unwrap_or_default() {
            "" => match &entry.uuid {
                Some(uuid) => uuid.to_string(),
                None => format!("{}:{}", self.history.session.session, line.number),
            },
            id => id.to_owned(),
        }
    }

    /// The request of a message so far.
    fn answer(&mut self, id: &str, entry: &SessionLine) -> Option<&mut MessageRequest> {
        let request = request_hash(entry);
        let answers = self.by_message.get_mut(id)?;
        let mut found = answers.iter().position(|answer| answer.request == request);
        if found.is_none() {
            // One of the two has no request id.
            found = answers
                .iter()
                .position(|answer| request.is_none() || answer.request.is_none());
        }
        let answer = answers.get_mut(found?)?;
        answer.request = answer.request.or(request);
        Some(answer)
    }

    fn new_request(
        &mut self,
        line: &Line,
        entry: &SessionLine,
        message: &ApiMessage,
        figures: Request,
        id: &str,
    ) -> Handle {
        let request_id = entry.request_id.as_deref().unwrap_or_default();
        let key = if self.by_message.contains_key(id) {
            identity(&[id, request_id])
        } else {
            identity(&[id])
        };
        let mut request = Request {
            at: figures.at.clone(),
            key: Some(key),
            model: message.model.as_deref().map(str::to_owned),
            line: Some(line.number),
            ..Request::default()
        };
        let (changes, servers) = std::mem::take(&mut self.changes);
        if self.requests > 0 {
            request.changes = changes.into_iter().collect();
            request.changed_servers = servers.into_iter().collect();
        }
        self.resumed(line, &figures);
        let handle = self.history.request(request);
        self.requests = self.requests.saturating_add(1);
        self.latest = Some((handle, figures));
        // Most messages have one request.
        let answers = self.by_message.entry(id.to_owned());
        let answers = answers.or_insert_with(|| Vec::with_capacity(1));
        answers.push(MessageRequest::new(handle, request_hash(entry)));
        handle
    }

    /// Adds an event before this request if a resumed process left spans behind.
    fn resumed(&mut self, line: &Line, request: &Request) {
        let latest = self.latest.as_ref();
        let before = latest.map(|(handle, before)| (*handle, before));
        let drop = self.resume.left(request, before);
        if drop.is_empty() {
            return;
        }
        let references = References {
            drop,
            ..References::default()
        };
        let event = Event::context("resumed", request.at.clone(), Some(line.number));
        self.history.event(event, references);
    }

    /// Takes a line that the file holds already: nothing was sent again. A plain sum of the lines
    /// of the file counts its usage once more.
    pub(super) fn repeated(&mut self, line: &Line, entry: &SessionLine) {
        self.history.disk("repeated", line.bytes.len());
        if entry.kind != "assistant" {
            return;
        }
        let Some(message) = entry.message else { return };
        if let Ok(message) = parse::<ApiMessage>(message.get()) {
            let id = self.message_id(line, entry, &message);
            self.report(&id, entry, &message, UsageReport::read(message.usage));
        }
    }

    /// Whether the message is one of the thread.
    pub(super) fn has_message(&self, id: &str) -> bool {
        self.by_message.contains_key(id)
    }

    /// Fills all requests, after the last line of the file. `replayed`: whether the message of an
    /// id is another thread's, which a side chain repeats.
    pub(super) fn settle(&mut self, replayed: &dyn Fn(&str) -> bool) {
        let mut others = HashSet::new();
        for (id, answers) in std::mem::take(&mut self.by_message) {
            let replayed = replayed(&id);
            for answer in answers {
                if replayed {
                    others.insert(answer.handle);
                }
                self.history.unusable += answer.settle(&id, replayed, &mut self.history);
            }
        }
        self.history.inherit_from(&others);
    }
}

/// The short hash of the request id of a line.
fn request_hash(entry: &SessionLine) -> Option<u64> {
    match entry.request_id.as_deref()? {
        "" => None,
        id => Some(short::hash(id)),
    }
}

/// The figures of one line alone.
fn figures(usage: Option<&UsageReport>, at: Option<String>) -> Request {
    let mut figures = Request {
        at,
        ..Request::default()
    };
    if let Some(usage) = usage {
        set_input(&mut figures, usage.tokens);
    }
    figures
}

/// The provider's word for the reason of a cache miss, and its estimate of the missed tokens.
fn cache_miss(diagnostics: &RawValue) -> Option<(String, Option<u64>)> {
    let diagnostics = serde_json::from_str::<Diagnostics>(diagnostics.get()).ok()?;
    let miss = diagnostics.cache_miss_reason?;
    // Only a word of the API is a reason, not a text.
    let is_word = (1..=64).contains(&miss.reason.len())
        && miss
            .reason
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b == b'_');
    if !is_word {
        return None;
    }
    let missed = match miss.cache_missed_input_tokens {
        Some(tokens) => count(tokens),
        None => None,
    };
    Some((miss.reason.into_owned(), missed))
}
