//! Changes of the program's history: when it resumes a session, when a turn begins, in a review and
//! at a compaction (docs/formats.md 2.8 to 2.10).
//!
//! Each is a change of the context; its event is generated where the file has none.

use super::response::TaskResponses;
use super::task::{ProgramTask, mark};
use super::walk::TapeWalk;
use crate::format::history::{Handle, Made, References, ThreadEntry};
use crate::format::rollout::tape::TapeMark;
use crate::record::{Event, Purpose, Span, What};

/// The reason of spans that leave when a turn begins.
const TURN: &str = "user_turn";
/// Sources of spans (tok-record(5)).
const SUMMARY: &str = "compaction_summary";
const MEMORY: &str = "memory";

impl TapeWalk<'_> {
    /// Starts another process, which reads the history back.
    pub(super) fn resume(&mut self) {
        self.drive = None;
        self.carried.resume();
        self.anew(context("resumed"), self.carried.all());
    }

    /// Begins a turn, with the messages before its task: some spans of the history leave.
    pub(super) fn turn(&mut self, task: &ProgramTask) {
        let drop = self.carried.turn();
        for handle in &drop {
            if let Some(span) = self.placed(*handle) {
                span.dropped = Some(TURN.into());
            }
        }
        if task.resumes
            && let Some(bytes) = self.carried.quoted_bytes()
        {
            self.quote(bytes);
        }
        if drop.is_empty() {
            return;
        }
        let mut event = context(TURN);
        if let Some(span) = self.first_span(task.beats.clone()) {
            event.at.clone_from(&span.at);
            event.line = span.line;
        }
        let references = References {
            drop,
            ..References::default()
        };
        self.put(ThreadEntry::Event(Box::new(event), Box::new(references)));
    }

    /// Writes a review, which has a separate context. The file holds only the reports of its
    /// requests, which are written together. The first sends the state of the system.
    pub(super) fn review(&mut self, task: &ProgramTask, responses: &TaskResponses) {
        let mut event = context("review");
        for beat in self.stage.beats.get(task.beats.clone()).unwrap_or_default() {
            if let Some(TapeMark::ReviewBegan { at, line }) = mark(self.tape, *beat) {
                event.at.clone_from(at);
                event.line = Some(*line);
                break;
            }
        }
        let mut keep = self.carried.documents.clone();
        keep.retain(|handle| match self.placed(*handle) {
            Some(span) => &*span.source == MEMORY,
            None => false,
        });
        self.anew(event, keep);
        for handle in self.statuses(task.beats.clone()) {
            if let Some(span) = self.span(handle) {
                span.set_detail("ephemeral");
            }
            self.entry(handle);
        }
        for handle in &responses.alone {
            self.serves(*handle, Purpose::Review);
            self.entry(*handle);
        }
        self.anew(context("review_ended"), self.carried.all());
    }

    /// Compacts the context: it becomes a summary, followed by the calls and outputs of the current
    /// response. What the summary quotes is in the file, but not as one text.
    pub(super) fn compacted(&mut self, event: Handle) {
        let compacted = match self.compacting.take() {
            Some(compacted) if self.stage.staged => compacted,
            _ => return self.put_out(event),
        };
        let mut spans = Vec::new();
        let mut next = event + 1;
        while self.has_source(next, SUMMARY) {
            spans.push(next);
            next += 1;
        }
        let latest = std::mem::take(&mut self.latest);
        self.carried.compact(compacted, spans.clone(), &latest);
        if !compacted.remote
            && let Some(bytes) = self.carried.quoted_bytes()
        {
            self.quote(bytes);
        }
        for handle in spans {
            if let Some(span) = self.span(handle) {
                span.line = None;
            }
            self.put_out(handle);
        }
        let keep = self.carried.all();
        if let Some(Some(ThreadEntry::Event(event, references))) = self.entries.get_mut(event) {
            event.keep_user_tokens = None;
            references.keep = keep;
        }
        self.put_out(event);
    }

    /// Adds what a summary quotes, as one generated span.
    fn quote(&mut self, bytes: u64) {
        let source = SUMMARY.to_owned();
        let span = Span {
            source,
            bytes,
            detail: Some("replacement".into()),
            ..Span::default()
        };
        let handle = self.put(ThreadEntry::Span(Box::new(span.into()), Made::Input));
        self.carried.quote(handle);
    }

    /// Writes an event after which the context is only what `keep` names; the system prompt is
    /// written anew.
    fn anew(&mut self, event: Event, keep: Vec<Handle>) {
        let event = Event {
            clear: true,
            head: true,
            ..event
        };
        let references = References {
            keep,
            ..References::default()
        };
        self.put(ThreadEntry::Event(Box::new(event), Box::new(references)));
    }
}

/// An event of a change of the context.
fn context(reason: &str) -> Event {
    Event {
        what: What::Context,
        reason: Some(reason.to_owned()),
        ..Event::default()
    }
}
