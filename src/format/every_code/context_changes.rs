//! Changes of the context: when the program resumes a session, when a turn begins, in a review and
//! at a compaction (docs/formats.md 2.8 to 2.10).
//!
//! The file has an event for some of these changes; for the others an event is generated here.

use super::reordering::Reordering;
use super::response::TaskResponses;
use super::task::{ProgramTask, mark};
use crate::format::history::{Handle, Made, References, ThreadEntry};
use crate::format::rollout::tape::TapeMark;
use crate::record::{Event, Purpose, Span, What};

/// The reason of spans that leave when a turn begins.
const TURN: &str = "user_turn";
/// Sources of spans (tok-record(5)).
const SUMMARY: &str = "compaction_summary";
const MEMORY: &str = "memory";

impl Reordering<'_> {
    /// Begins another process, which reads the history back from the file.
    pub(super) fn resume_process(&mut self) {
        self.drive = None;
        self.carried.resume_process();
        self.restart_context(context("resumed"), self.carried.all());
    }

    /// Begins a turn: some spans of the history leave the context.
    pub(super) fn begin_turn(&mut self, task: &ProgramTask) {
        let drop = self.carried.begin_turn();
        for handle in &drop {
            if let Some(span) = self.placed_span(*handle) {
                span.dropped = Some(TURN.into());
            }
        }
        if task.resumes
            && let Some(bytes) = self.carried.quoted_bytes()
        {
            self.place_quote(bytes);
        }
        if drop.is_empty() {
            return;
        }
        let mut event = context(TURN);
        if let Some(span) = self.first_pending_span(task.beats.clone()) {
            event.at.clone_from(&span.at);
            event.line = span.line;
        }
        let references = References {
            drop,
            ..References::default()
        };
        self.place_generated(ThreadEntry::Event(Box::new(event), Box::new(references)));
    }

    /// Places a review, which has a separate context. The file holds nothing of its requests but
    /// their reports, which are placed together. The first request sends the system status.
    pub(super) fn place_review(&mut self, task: &ProgramTask, responses: &TaskResponses) {
        let mut event = context("review");
        for beat in self.tasks.beats.get(task.beats.clone()).unwrap_or_default() {
            if let Some(TapeMark::ReviewBegan { at, line }) = mark(self.tape, *beat) {
                event.at.clone_from(at);
                event.line = Some(*line);
                break;
            }
        }
        let mut keep = self.carried.documents.clone();
        keep.retain(|handle| match self.placed_span(*handle) {
            Some(span) => &*span.source == MEMORY,
            None => false,
        });
        self.restart_context(event, keep);
        for handle in self.statuses(task.beats.clone()) {
            if let Some(span) = self.pending_span(handle) {
                span.set_detail("ephemeral");
            }
            self.place_entry(handle);
        }
        for handle in &responses.reports_without_items {
            self.set_purpose(*handle, Purpose::Review);
            self.place_entry(*handle);
        }
        self.restart_context(context("review_ended"), self.carried.all());
    }

    /// Compacts the context: it becomes a summary, followed by the calls and outputs of the current
    /// response. The file holds the messages that the summary quotes, but not the quotes as one
    /// text. `event`: the event of the compaction; its summary follows it in the file.
    pub(super) fn compact(&mut self, event: Handle) {
        let compaction = match self.compaction.take() {
            Some(compaction) if self.tasks.are_recorded => compaction,
            _ => return self.place(event),
        };
        let mut spans = Vec::new();
        let mut next = event + 1;
        while self.is_pending_of(next, SUMMARY) {
            spans.push(next);
            next += 1;
        }
        let latest = std::mem::take(&mut self.latest_tool_items);
        self.carried.compact(compaction, spans.clone(), &latest);
        if !compaction.remote
            && let Some(bytes) = self.carried.quoted_bytes()
        {
            self.place_quote(bytes);
        }
        for handle in spans {
            if let Some(span) = self.pending_span(handle) {
                span.line = None;
            }
            self.place(handle);
        }
        let keep = self.carried.all();
        if let Some(Some(ThreadEntry::Event(event, references))) = self.pending.get_mut(event) {
            event.keep_user_tokens = None;
            references.keep = keep;
        }
        self.place(event);
    }

    /// Places the quotes of a summary, as one generated span.
    fn place_quote(&mut self, bytes: u64) {
        let source = SUMMARY.to_owned();
        let span = Span {
            source,
            bytes,
            detail: Some("replacement".into()),
            ..Span::default()
        };
        let handle = self.place_generated(ThreadEntry::Span(Box::new(span.into()), Made::Input));
        self.carried.set_quote(handle);
    }

    /// Places an event that clears the context except for the spans in `keep`, and sends the system
    /// prompt again.
    fn restart_context(&mut self, event: Event, keep: Vec<Handle>) {
        let event = Event {
            clear: true,
            head: true,
            ..event
        };
        let references = References {
            keep,
            ..References::default()
        };
        self.place_generated(ThreadEntry::Event(Box::new(event), Box::new(references)));
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
