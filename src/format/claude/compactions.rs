//! Compactions and microcompactions: lines after which earlier spans are no longer in the context
//! (docs/formats.md 3.12).

use serde_json::value::RawValue;

use super::line::{CompactionMetadata, SessionLine};
use super::thread_builder::ThreadBuilder;
use crate::format::history::{Handle, References, unreported};
use crate::format::ids::ById;
use crate::format::lines::Line;
use crate::record::Event;

impl ThreadBuilder {
    /// Takes a compaction. It clears the context except for the spans that it names as preserved;
    /// the summary follows as a user line. No line holds the request that wrote the summary, so one
    /// without usage is added.
    pub(super) fn compact(&mut self, line: &Line, session_line: &SessionLine, at: Option<String>) {
        let data = metadata(session_line.compact_metadata);
        let references = References {
            keep: named(&data.preserved_messages.uuids, &self.spans_by_line),
            ..References::default()
        };
        self.resume.clear_context();
        self.history
            .push_request(unreported(at.clone(), None, None));
        let event = Event {
            clear: true,
            ..Event::context("compaction", at, Some(line.number))
        };
        self.history.push_event(event, references);
    }

    /// Takes a microcompaction, which removes the tool results and attachments that it names.
    pub(super) fn microcompact(
        &mut self,
        line: &Line,
        session_line: &SessionLine,
        at: Option<String>,
    ) {
        let data = metadata(session_line.microcompact_metadata);
        let mut drop = named(&data.compacted_tool_ids, &self.results_by_call);
        drop.extend(named(&data.cleared_attachment_uuids, &self.spans_by_line));
        let references = References {
            drop,
            ..References::default()
        };
        let event = Event::context("microcompaction", at, Some(line.number));
        self.history.push_event(event, references);
    }
}

/// The spans of these ids, in the order of the ids.
fn named(ids: &[String], spans: &ById<Vec<Handle>>) -> Vec<Handle> {
    let mut found = Vec::new();
    for id in ids {
        if let Some(spans) = spans.get(id) {
            found.extend(spans);
        }
    }
    found
}

fn metadata(value: Option<&RawValue>) -> CompactionMetadata {
    let Some(value) = value else {
        return CompactionMetadata::default();
    };
    serde_json::from_str(value.get()).unwrap_or_default()
}
