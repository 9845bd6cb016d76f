//! Compaction: what stays of a context, and what comes in its place (docs/formats.md 1.11, 2.9).

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Rollout;
use super::item::{Found, Item, Reading};
use super::tape::{self, Mark};
use crate::format::history::{Entry, Handle, Made, References, unreported};
use crate::format::lines::Line;
use crate::record::{Event, Part, Role, Span, What};

/// What a `compacted` line holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Compacted<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    replacement_history: Option<Vec<&'a RawValue>>,
}

/// Tokens of recent user messages that stay where no replacement is recorded
/// (docs/formats.md 1.11).
const KEPT_USER_TOKENS: u64 = 20_000;

/// What is recorded instead of a summary that stayed with the provider (docs/formats.md 2.9).
const NO_SUMMARY: &str = "Conversation history compacted.";

impl Rollout<'_> {
    pub(super) fn compacted(&mut self, line: &Line, compacted: &Compacted) {
        if let Some(rules) = self.dialect.rules {
            let message = compacted
                .message
                .and_then(|m| crate::format::literal::Literal::of(line, m.get()));
            let text = message.map(|message| message.text).unwrap_or_default();
            let look = (rules.look)(&[&text]);
            self.mark(Mark::Compacted(tape::Compacted {
                remote: text == NO_SUMMARY,
                look,
            }));
        }
        if !self.is_replayed && !self.summary_was_reported(line, compacted) {
            let request = unreported(self.at.clone(), self.model.clone(), None);
            self.history.request(request);
        }
        match &compacted.replacement_history {
            Some(items) => self.replace(line, items),
            None => self.restart(line, compacted.message),
        }
        self.turns.clear();
    }

    /// Whether the response just read is the summary: then its request is in the file.
    fn summary_was_reported(&self, line: &Line, compacted: &Compacted) -> bool {
        let message = compacted
            .message
            .and_then(|m| crate::format::literal::Literal::of(line, m.get()));
        match (&self.last_answer, message) {
            (Some(answer), Some(message)) => {
                !answer.is_empty() && message.text.trim_end().ends_with(answer.trim_end())
            }
            _ => false,
        }
    }

    /// The context is the list that the line holds: what of it was there before stays, the rest
    /// comes in. What was there but stands after something new comes in again (`replacement`).
    fn replace(&mut self, line: &Line, items: &[&RawValue]) {
        let mut reading = Reading::of(line, self.source.wants, self.at.clone());
        for item in items {
            if let Ok(item) = serde_json::from_str::<Item>(item.get()) {
                let call = item
                    .call_id
                    .as_deref()
                    .and_then(|id| self.calls.get(id))
                    .map(|call| &**call);
                reading.item(&item, call);
            }
        }
        let mut was: HashMap<(String, Role), Handle> = HashMap::new();
        for handle in &self.live {
            if let Some(Entry::Span(span, _)) = self.history.entries().get(*handle)
                && let Some(hash) = span.hash()
            {
                was.insert((hash, span.role), *handle);
            }
        }
        let (mut keep, mut new) = (Vec::new(), Vec::new());
        for mut found in reading.found {
            let known = found
                .span
                .hash
                .as_ref()
                .and_then(|hash| was.get(&(hash.clone(), found.span.role)).copied());
            match known {
                Some(handle) if new.is_empty() && !keep.contains(&handle) => keep.push(handle),
                known => {
                    found.made = Made::Input;
                    found.span.detail = known.map(|_| "replacement".into()).or(found.span.detail);
                    new.push(found);
                }
            }
        }
        self.clear(line, keep, None, new);
    }

    /// No list is recorded: the instructions, the latest user messages and the summary make the
    /// new context.
    fn restart(&mut self, line: &Line, message: Option<&RawValue>) {
        let keep = self
            .live
            .iter()
            .copied()
            .filter(|handle| self.is_initial(*handle))
            .collect();
        let mut reading = Reading::of(line, self.source.wants, self.at.clone());
        let template = Span {
            source: "compaction_summary".into(),
            ..Span::default()
        };
        if let Some(message) = message {
            reading.text(message.get(), &template);
        }
        if reading
            .found
            .first()
            .is_some_and(|found| found.text == NO_SUMMARY)
        {
            let span = Span {
                part: Part::Opaque,
                detail: Some("placeholder".into()),
                at: self.at.clone(),
                ..template
            };
            reading.found = vec![Found {
                span,
                made: Made::Input,
                text: String::new(),
            }];
        }
        self.clear(line, keep, Some(KEPT_USER_TOKENS), reading.found);
    }

    /// Whether a span belongs to what every context begins with.
    fn is_initial(&self, handle: Handle) -> bool {
        let entry = self.history.entries().get(handle);
        matches!(entry, Some(Entry::Span(span, Made::Input))
            if !matches!(&*span.source, "user" | "tool" | "assistant" | "compaction_summary" | "ephemeral" | "notice"))
    }

    fn clear(
        &mut self,
        line: &Line,
        keep: Vec<Handle>,
        keep_user_tokens: Option<u64>,
        new: Vec<Found>,
    ) {
        let event = Event {
            what: What::Context,
            reason: Some("compaction".into()),
            at: self.at.clone(),
            clear: true,
            keep_user_tokens,
            line: Some(line.number),
            ..Event::default()
        };
        let mut live = std::mem::take(&mut self.live);
        live.retain(|handle| {
            keep.contains(handle) || keep_user_tokens.is_some() && self.is_user(*handle)
        });
        self.live = live;
        self.history.event(
            event,
            References {
                keep,
                ..References::default()
            },
        );
        for found in new {
            let handle = self.history.span(found.span, found.made);
            self.live.push(handle);
        }
    }

    fn is_user(&self, handle: Handle) -> bool {
        matches!(self.history.entries().get(handle), Some(Entry::Span(span, _)) if &*span.source == "user")
    }
}
