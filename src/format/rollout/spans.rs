//! Spans: what a response item adds to the thread.
//!
//! [`Reading`] makes spans of an item by itself. Here they are completed by what the lines before
//! them say, and the events that follow from them are written.

use super::Rollout;
use super::found_span::FoundSpan;
use super::item::Reading;
use super::line::ResponseItem;
use super::shell_output;
use super::tape::{self, TapeMark};
use crate::format::call::Call;
use crate::format::history::Made;
use crate::format::lines::Line;
use crate::record::{Form, Part, Span};
use crate::short;

impl Rollout<'_> {
    /// Adds the spans of a response item.
    pub(super) fn item(&mut self, line: &Line, item: &ResponseItem) {
        self.last_answer = None;
        let mut reading = Reading::of(line, self.source.wants, self.at.clone());
        if let Some(rules) = self.dialect.rules {
            reading.results = Some(rules.results);
        }
        let bytes = line.bytes.len();
        if !reading.item(item, self.call_of(item)) {
            let kind = format!("response_item/{}", item.kind);
            return self.history.count_disk(&kind, bytes);
        }
        let mut found = reading.found;
        if self.is_repeated_output(&found) {
            self.mark(TapeMark::OutputAgain);
            return self
                .history
                .count_disk("response_item/repeated_output", bytes);
        }
        self.adjust(&mut found);
        let look = tape::look(self.dialect.rules, &item.kind, &found);
        let from = self.history.entries().len();
        for found in found {
            self.note(line, &found);
            self.add(line, found);
        }
        if let Some((role, look)) = look {
            self.message_recorded(from, role, look);
        }
    }

    /// The call that an item is the output of.
    pub(super) fn call_of(&self, item: &ResponseItem) -> Option<&Call> {
        let call = self.calls.get(item.call_id.as_deref()?)?;
        Some(call)
    }

    /// Whether the spans are an output of a call that was answered before: some agents send only
    /// the first.
    fn is_repeated_output(&mut self, found: &[FoundSpan]) -> bool {
        let Some(FoundSpan { span, .. }) = found.first() else {
            return false;
        };
        let Some(id) = &span.call_id else {
            return false;
        };
        if !self.dialect.keeps_home || span.part != Part::ToolOutput {
            return false;
        }
        !self.answered.insert(short::hash(&**id))
    }

    /// Applies to an item's spans what the lines before it say.
    fn adjust(&mut self, found: &mut [FoundSpan]) {
        let is_rewritten = shell_output::is_rewritten(self.history.session.version.as_deref());
        let is_reviews = std::mem::take(&mut self.review_returned);
        let is_ephemeral = found.iter().any(|found| found.span.source == "ephemeral");
        for found in found {
            if !is_rewritten {
                found.span.form = None;
            }
            if is_reviews {
                found.made = Made::Input;
            }
            if is_ephemeral {
                found.span.detail = Some("ephemeral".into());
            }
        }
    }

    /// Remembers what later lines refer to, and writes the events that follow from a span.
    fn note(&mut self, line: &Line, found: &FoundSpan) {
        let FoundSpan { span, made, text } = found;
        match span.part {
            Part::ToolCall => {
                if let Some(id) = &span.call_id {
                    self.calls.insert(id, Box::new(Call::of(span)));
                }
            }
            Part::ToolOutput => self.spawned(line, span, text),
            Part::Text if *made == Made::ByOrder => self.last_answer = Some(text.clone()),
            Part::Text if span.source == "review" => self.reviewed(line, text),
            Part::Text if span.source == "environment" => self.located(text),
            _ => {}
        }
    }

    /// Cuts a shell output of one line, of which some versions send only the beginning. That is no
    /// JSON, so it is not rewritten.
    fn cut_line(&self, span: &mut Span) {
        if span.form != Some(Form::ShellJson) {
            return;
        }
        let version = self.history.session.version.as_deref();
        if let Some(most) = shell_output::cut_line_bytes(version, span.bytes) {
            span.cut_bytes = Some(most);
            span.form = None;
        }
    }

    /// Adds a span; a message that the user typed may begin a turn.
    pub(super) fn add(&mut self, line: &Line, found: FoundSpan) {
        let FoundSpan {
            mut span,
            mut made,
            text,
        } = found;
        if self.is_replayed {
            span.inherited = true;
            made = Made::Input;
        } else if span.source == "user" && made == Made::Input {
            if !self.is_typed(&text) {
                span.source = "machine".into();
            }
            if self.turns.is_empty() {
                self.sent_by(&text);
            }
            let turn = self
                .history
                .begin_turn_if_due(self.at.as_deref(), line.number);
            self.turns.extend(turn);
        }
        if span.part == Part::ToolOutput {
            span.cut_bytes = match self.cut_bytes {
                Some(most) if span.bytes > most => Some(most),
                _ => None,
            };
            self.cut_line(&mut span);
        }
        span.file.clone_from(&self.other_file);
        let handle = self.history.push_span(span, made);
        self.live.push(handle);
    }
}
