//! Compaction: which spans stay in the context, and which replace the others (docs/formats.md 1.11,
//! 2.9).

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Rollout;
use super::found_span::FoundSpan;
use super::item::Reading;
use super::line::ResponseItem;
use super::tape::{self, TapeMark};
use crate::format::history::{Handle, Made, References, ThreadEntry, unreported};
use crate::format::lines::Line;
use crate::format::literal::Literal;
use crate::record::{Event, Part, Role, Span, What};

/// The payload of a `compacted` line.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CompactedLine<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    replacement_history: Option<Vec<&'a RawValue>>,
}

/// Tokens of recent user messages that stay where no replacement is recorded
/// (docs/formats.md 1.11).
const KEPT_USER_TOKENS: u64 = 20_000;

/// The text that is recorded instead of a summary that stayed with the provider
/// (docs/formats.md 2.9).
const NO_SUMMARY: &str = "Conversation history compacted.";

impl CompactedLine<'_> {
    /// The text of the summary, decoded.
    fn summary(&self, line: &Line) -> Option<String> {
        let literal = Literal::of(line, self.message?.get())?;
        Some(literal.text)
    }
}

impl Rollout<'_> {
    /// Takes a `compacted` line.
    pub(super) fn compacted(&mut self, line: &Line, compacted: &CompactedLine) {
        if let Some(rules) = self.dialect.rules {
            let text = compacted.summary(line).unwrap_or_default();
            let look = (rules.look)(&[&text]);
            self.mark(TapeMark::Compacted(tape::Compaction {
                remote: text == NO_SUMMARY,
                look,
            }));
        }
        if !self.is_replayed && !self.summary_was_reported(line, compacted) {
            let request = unreported(self.at.clone(), self.model.clone(), None);
            self.history.push_request(request);
        }
        match &compacted.replacement_history {
            Some(items) => self.replace(line, items),
            None => self.restart(line, compacted.message),
        }
        self.turns.clear();
    }

    /// Whether the last response is the summary: then its request is in the file.
    fn summary_was_reported(&self, line: &Line, compacted: &CompactedLine) -> bool {
        match (&self.last_answer, compacted.summary(line)) {
            (Some(answer), Some(summary)) => {
                !answer.is_empty() && summary.trim_end().ends_with(answer.trim_end())
            }
            _ => false,
        }
    }

    /// Replaces the context by the list that the line holds: spans that were in the context stay,
    /// the others are added. A span that was in the context but follows a new one is added again
    /// (`replacement`).
    fn replace(&mut self, line: &Line, items: &[&RawValue]) {
        let mut reading = Reading::of(line, self.source.wants, self.at.clone());
        for item in items {
            if let Ok(item) = serde_json::from_str::<ResponseItem>(item.get()) {
                reading.item(&item, self.call_of(&item));
            }
        }
        let was = self.live_by_hash();
        // The list is of items; the instructions of the model go with each request beside it.
        let mut keep = self.live.clone();
        keep.retain(|handle| self.is_base(*handle));
        let mut new = Vec::new();
        for mut found in reading.found {
            let known = match &found.span.hash {
                Some(hash) => was.get(&(hash.clone(), found.span.role)),
                None => None,
            };
            match known {
                Some(handle) if new.is_empty() && !keep.contains(handle) => keep.push(*handle),
                _ => {
                    found.made = Made::Input;
                    if known.is_some() {
                        found.span.detail = Some("replacement".into());
                    }
                    new.push(found);
                }
            }
        }
        self.clear(line, keep, None, new);
    }

    /// The spans in the context by hash and role; of equal ones the last.
    fn live_by_hash(&self) -> HashMap<(String, Role), Handle> {
        let mut found = HashMap::new();
        for handle in &self.live {
            if let Some(ThreadEntry::Span(span, _)) = self.history.entries().get(*handle)
                && let Some(hash) = span.hash()
            {
                found.insert((hash, span.role), *handle);
            }
        }
        found
    }

    /// Starts a context without a recorded list, from the instructions, the latest user messages
    /// and the summary.
    fn restart(&mut self, line: &Line, message: Option<&RawValue>) {
        let mut keep = self.live.clone();
        keep.retain(|handle| self.is_initial(*handle));
        let mut reading = Reading::of(line, self.source.wants, self.at.clone());
        let mut template = Span {
            source: "compaction_summary".into(),
            ..Span::default()
        };
        if let Some(message) = message {
            reading.text(message.get(), &template);
        }
        if let Some(first) = reading.found.first()
            && first.text == NO_SUMMARY
        {
            template.part = Part::Opaque;
            template.detail = Some("placeholder".into());
            template.at.clone_from(&self.at);
            reading.found = vec![FoundSpan {
                span: template,
                made: Made::Input,
                text: String::new(),
            }];
        }
        self.clear(line, keep, Some(KEPT_USER_TOKENS), reading.found);
    }

    /// Whether a span is the system prompt of the model.
    fn is_base(&self, handle: Handle) -> bool {
        let entry = self.history.entries().get(handle);
        matches!(entry, Some(ThreadEntry::Span(span, _)) if &*span.source == "base_instructions")
    }

    /// Whether a span belongs to what every context begins with.
    fn is_initial(&self, handle: Handle) -> bool {
        let Some(ThreadEntry::Span(span, Made::Input)) = self.history.entries().get(handle) else {
            return false;
        };
        !matches!(
            &*span.source,
            "user" | "tool" | "assistant" | "compaction_summary" | "ephemeral" | "notice"
        )
    }

    fn clear(
        &mut self,
        line: &Line,
        keep: Vec<Handle>,
        keep_user_tokens: Option<u64>,
        new: Vec<FoundSpan>,
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
        self.history.push_event(
            event,
            References {
                keep,
                ..References::default()
            },
        );
        for found in new {
            let handle = self.history.push_span(found.span, found.made);
            self.live.push(handle);
        }
    }

    fn is_user(&self, handle: Handle) -> bool {
        let entry = self.history.entries().get(handle);
        matches!(entry, Some(ThreadEntry::Span(span, _)) if &*span.source == "user")
    }
}
