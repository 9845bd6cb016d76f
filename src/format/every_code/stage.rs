//! What the program does with its history: when it resumes a session, when a turn begins, in a
//! review and at a compaction (docs/formats.md 2.8 to 2.10).
//!
//! Each is a change of the context, put in where the file has none.

use super::response::Responses;
use super::settle::Walk;
use super::task::{Task, mark};
use crate::format::history::{Entry, Handle, Made, References};
use crate::format::rollout::tape::Mark;
use crate::record::{Event, Purpose, Span, What};

/// Why spans leave when a turn begins.
const TURN: &str = "user_turn";
/// Sources of spans (tok-record(5)).
const SUMMARY: &str = "compaction_summary";
const MEMORY: &str = "memory";

impl Walk<'_> {
    /// Another process reads the history back.
    pub(super) fn resume(&mut self) {
        self.drive = None;
        self.carried.resume();
        self.anew(
            Event {
                reason: why("resumed"),
                ..Event::default()
            },
            self.carried.all(),
        );
    }

    /// A turn begins, with the messages in front of its task: some of what is there leaves.
    pub(super) fn turn(&mut self, task: &Task) {
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
        if !drop.is_empty() {
            let first = self.first_span(task.beats.clone());
            let (at, line) = first
                .map(|span| (span.at.clone(), span.line))
                .unwrap_or_default();
            let event = Event {
                what: What::Context,
                reason: why(TURN),
                at,
                line,
                ..Event::default()
            };
            let references = References {
                drop,
                ..References::default()
            };
            self.put(Entry::Event(Box::new(event), Box::new(references)));
        }
    }

    /// A review has a context of its own, of which the file has only what it reports: its requests
    /// stand together. The state of the system is told in the first.
    pub(super) fn review(&mut self, task: &Task, responses: &Responses) {
        let beats = self.stage.beats.get(task.beats.clone()).unwrap_or_default();
        let began = beats.iter().find_map(|beat| match mark(self.tape, *beat)? {
            Mark::ReviewBegan { at, line } => Some((at.clone(), Some(*line))),
            _ => None,
        });
        let (at, line) = began.unwrap_or_default();
        let documents = self.carried.documents.clone();
        let is_memory = |handle: &Handle| {
            self.placed(*handle)
                .is_some_and(|span| &*span.source == MEMORY)
        };
        let keep = documents.into_iter().filter(is_memory).collect();
        self.anew(
            Event {
                reason: why("review"),
                at,
                line,
                ..Event::default()
            },
            keep,
        );
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
        self.anew(
            Event {
                reason: why("review_ended"),
                ..Event::default()
            },
            self.carried.all(),
        );
    }

    /// The context is compacted: a summary stands in front of the calls and outputs of the response
    /// at hand. What the summary quotes is in the file, but not as one text.
    pub(super) fn compacted(&mut self, event: Handle) {
        let Some(compacted) = self.compacting.take().filter(|_| self.stage.staged) else {
            return self.put_out(event);
        };
        let is_summary = |handle: &Handle| matches!(self.entries.get(*handle), Some(Some(Entry::Span(span, _))) if &*span.source == SUMMARY);
        let spans: Vec<Handle> = (event + 1..self.entries.len())
            .take_while(is_summary)
            .collect();
        let latest = std::mem::take(&mut self.latest);
        self.carried.compact(compacted, spans.clone(), &latest);
        if let Some(bytes) = self.carried.quoted_bytes().filter(|_| !compacted.remote) {
            self.quote(bytes);
        }
        for handle in spans {
            if let Some(span) = self.span(handle) {
                span.line = None;
            }
            self.put_out(handle);
        }
        let keep = self.carried.all();
        if let Some(Some(Entry::Event(event, references))) = self.entries.get_mut(event) {
            event.keep_user_tokens = None;
            references.keep = keep;
        }
        self.put_out(event);
    }

    /// What a summary quotes enters as one span of so many bytes.
    fn quote(&mut self, bytes: u64) {
        let source = SUMMARY.to_owned();
        let span = Span {
            source,
            bytes,
            detail: Some("replacement".into()),
            ..Span::default()
        };
        let handle = self.put(Entry::Span(Box::new(span.into()), Made::Input));
        self.carried.quote(handle);
    }

    /// All leave but those that are carried; what stands in front is written anew.
    fn anew(&mut self, event: Event, keep: Vec<Handle>) {
        let event = Event {
            what: What::Context,
            clear: true,
            head: true,
            ..event
        };
        let references = References {
            keep,
            ..References::default()
        };
        self.put(Entry::Event(Box::new(event), Box::new(references)));
    }
}

fn why(reason: &str) -> Option<String> {
    Some(reason.to_owned())
}
