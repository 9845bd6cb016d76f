//! The requests of a thread, by the messages that answer them (docs/formats.md 3.4).
//!
//! Each line of a message reports the usage of the same request. The first line adds the request to
//! the history, the others add their reports to it; what the reports come to is decided in
//! `message_request`, after the last line of the file.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::line::{ApiMessage, Diagnostics, SessionLine};
use super::message_request::{MessageRequest, set_input};
use super::thread_builder::{OfferChanges, ThreadBuilder};
use super::usage::{UsageReport, count};
use super::{parse, terms};
use crate::format::history::{Handle, References};
use crate::format::lines::Line;
use crate::format::value::identity;
use crate::record::{Event, Request};
use crate::short;

impl ThreadBuilder {
    /// Returns the request of a message, and adds the report of this line to it. The first line of
    /// a message makes the request. A line without a request id belongs to the first request of its
    /// message.
    pub(super) fn request_of_message(
        &mut self,
        line: &Line,
        session_line: &SessionLine,
        message: &ApiMessage,
        at: Option<String>,
    ) -> Handle {
        let id = self.message_id(line, session_line, message);
        let usage = UsageReport::read(message.usage);
        let handle = match self.request_so_far(&id, session_line) {
            Some(answer) => answer.handle,
            None => self.new_request(
                line,
                session_line,
                message,
                figures(usage.as_ref(), at),
                &id,
            ),
        };
        self.history.change_request(handle, |request| {
            terms::set_terms(request, message.usage);
            if request.cache_miss_reason.is_none()
                && let Some(diagnostics) = message.diagnostics
                && let Some((reason, missed)) = cache_miss(diagnostics)
            {
                (request.cache_miss_reason, request.cache_missed_tokens) = (Some(reason), missed);
            }
        });
        self.add_report(&id, session_line, message, usage);
        handle
    }

    /// Adds the report of a line to the request of its message.
    fn add_report(
        &mut self,
        id: &str,
        session_line: &SessionLine,
        message: &ApiMessage,
        usage: Option<UsageReport>,
    ) {
        if let (Some(answer), Some(usage)) = (self.request_so_far(id, session_line), usage) {
            answer.add_report(message, usage);
        }
    }

    /// The id of a message, or, if it has none, the uuid or the number of its line.
    fn message_id(&self, line: &Line, session_line: &SessionLine, message: &ApiMessage) -> String {
        match message.id.as_deref().unwrap_or_default() {
            "" => match &session_line.uuid {
                Some(uuid) => uuid.to_string(),
                None => format!("{}:{}", self.history.session.session, line.number),
            },
            id => id.to_owned(),
        }
    }

    /// The request of a message, if an earlier line has made it.
    fn request_so_far(
        &mut self,
        id: &str,
        session_line: &SessionLine,
    ) -> Option<&mut MessageRequest> {
        let request = request_hash(session_line);
        let answers = self.by_message.get_mut(id)?;
        let mut found = answers.iter().position(|answer| answer.request == request);
        if found.is_none() {
            // If this line or that request has no request id, the message id decides alone.
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
        session_line: &SessionLine,
        message: &ApiMessage,
        figures: Request,
        id: &str,
    ) -> Handle {
        let request_id = session_line.request_id.as_deref().unwrap_or_default();
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
        let OfferChanges { kinds, servers } = std::mem::take(&mut self.offer_changes);
        if self.request_count > 0 {
            request.changes = kinds.into_iter().collect();
            request.changed_servers = servers.into_iter().collect();
        }
        self.add_resume_event(line, &figures);
        let handle = self.history.push_request(request);
        self.request_count = self.request_count.saturating_add(1);
        self.latest = Some((handle, figures));
        // Most messages have one request, so no room is reserved for more.
        let answers = self.by_message.entry(id.to_owned());
        let answers = answers.or_insert_with(|| Vec::with_capacity(1));
        answers.push(MessageRequest::new(handle, request_hash(session_line)));
        handle
    }

    /// Adds an event before this request if a resumed process left spans behind.
    fn add_resume_event(&mut self, line: &Line, request: &Request) {
        let latest = self.latest.as_ref();
        let before = latest.map(|(handle, before)| (*handle, before));
        let drop = self.resume.take_left_spans(request, before);
        if drop.is_empty() {
            return;
        }
        let references = References {
            drop,
            ..References::default()
        };
        let event = Event::context("resumed", request.at.clone(), Some(line.number));
        self.history.push_event(event, references);
    }

    /// Notes a line that repeats an earlier one. Nothing was sent again, but its report is added to
    /// its request, because a plain sum of the lines of the file counts it once more.
    pub(super) fn note_repeated_line(&mut self, line: &Line, session_line: &SessionLine) {
        self.history.count_disk("repeated", line.bytes.len());
        if session_line.kind != "assistant" {
            return;
        }
        let Some(message) = session_line.message else {
            return;
        };
        if let Ok(message) = parse::<ApiMessage>(message.get()) {
            let id = self.message_id(line, session_line, &message);
            self.add_report(
                &id,
                session_line,
                &message,
                UsageReport::read(message.usage),
            );
        }
    }

    /// Whether a message with this id is in the thread.
    pub(super) fn has_message(&self, id: &str) -> bool {
        self.by_message.contains_key(id)
    }

    /// Fills all requests, after the last line of the file. `is_replayed`: whether the message with
    /// an id belongs to another thread, and is only repeated here.
    pub(super) fn fill_requests(&mut self, is_replayed: &dyn Fn(&str) -> bool) {
        let mut others = HashSet::new();
        for (id, answers) in std::mem::take(&mut self.by_message) {
            let replayed = is_replayed(&id);
            for answer in answers {
                if replayed {
                    others.insert(answer.handle);
                }
                self.history.unusable += answer.finish(&id, replayed, &mut self.history);
            }
        }
        self.history.inherit_from(&others);
    }
}

/// The short hash of the request id of a line.
fn request_hash(session_line: &SessionLine) -> Option<u64> {
    match session_line.request_id.as_deref()? {
        "" => None,
        id => Some(short::hash(id)),
    }
}

/// A request with the instant and the input of one line alone.
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
