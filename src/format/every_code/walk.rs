//! The walk over the tape of a thread, task by task: what is written, and what is left
//! (docs/formats.md 2.7).

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::carried::CarriedState;
use super::task::{Beat, Tasks};
use crate::format::history::{Handle, KeptSpan, ThreadEntry};
use crate::format::rollout::tape::{Compaction, Tape};

/// The source of reports of the state of the system (tok-record(5), `source`).
pub(super) const STATUS: &str = "status";

/// The walk over the tape, task by task.
pub(super) struct TapeWalk<'t> {
    pub(super) tape: &'t Tape,
    pub(super) stage: &'t Tasks,
    pub(super) carried: CarriedState<'t>,
    /// Requests that are written with their group.
    pub(super) paired: HashSet<Handle>,
    /// The next handle for a generated entry.
    fresh: Handle,
    /// Entries that are not written yet, by handle.
    pub(super) entries: Vec<Option<ThreadEntry>>,
    pub(super) done: Vec<(Handle, ThreadEntry)>,
    /// The index in `done` of each entry of the file.
    place_of: Vec<Option<usize>>,
    /// The request that made the current items.
    pub(super) response: Option<Handle>,
    /// A response of the current task has begun.
    pub(super) begun: bool,
    /// Calls and outputs of the latest response.
    pub(super) latest: Vec<Handle>,
    pub(super) compacting: Option<&'t Compaction>,
    /// The source of the messages of an automatic drive, while one is active.
    pub(super) drive: Option<Arc<str>>,
    /// The current task fixes the findings of a review.
    pub(super) follows_review: bool,
}

impl<'t> TapeWalk<'t> {
    /// A walk that begins. `paired`: the requests that are written with their group.
    pub(super) fn new(
        entries: Vec<ThreadEntry>,
        tape: &'t Tape,
        stage: &'t Tasks,
        paired: HashSet<Handle>,
    ) -> TapeWalk<'t> {
        TapeWalk {
            tape,
            stage,
            carried: CarriedState::new(&tape.messages),
            paired,
            fresh: entries.len(),
            done: Vec::with_capacity(entries.len()),
            place_of: vec![None; entries.len()],
            entries: entries.into_iter().map(Some).collect(),
            response: None,
            begun: false,
            latest: Vec::new(),
            compacting: None,
            drive: None,
            follows_review: false,
        }
    }

    /// Reports of the state of the system among these beats.
    pub(super) fn statuses(&self, beats: Range<usize>) -> Vec<Handle> {
        let mut found = Vec::new();
        for beat in self.stage.beats.get(beats).unwrap_or_default() {
            if let Beat::Entry(handle) = beat
                && self.has_source(*handle, STATUS)
            {
                found.push(*handle);
            }
        }
        found
    }

    /// Whether an entry that is not written yet is a span of that source.
    pub(super) fn has_source(&self, handle: Handle, source: &str) -> bool {
        match self.entries.get(handle) {
            Some(Some(ThreadEntry::Span(span, _))) => &*span.source == source,
            _ => false,
        }
    }

    /// Writes a generated entry; returns its handle.
    pub(super) fn put(&mut self, entry: ThreadEntry) -> Handle {
        self.done.push((self.fresh, entry));
        self.fresh += 1;
        self.fresh - 1
    }

    /// Writes an entry of the file, unless it is written already.
    pub(super) fn put_out(&mut self, handle: Handle) {
        let Some(entry) = self.entries.get_mut(handle) else {
            return;
        };
        if let Some(entry) = entry.take() {
            self.place_of[handle] = Some(self.done.len());
            self.done.push((handle, entry));
        }
    }

    /// A span of the file that is not written yet.
    pub(super) fn span(&mut self, handle: Handle) -> Option<&mut KeptSpan> {
        match self.entries.get_mut(handle)? {
            Some(ThreadEntry::Span(span, _)) => Some(span),
            _ => None,
        }
    }

    /// A span of the file that is written.
    pub(super) fn placed(&mut self, handle: Handle) -> Option<&mut KeptSpan> {
        let place = (*self.place_of.get(handle)?)?;
        match self.done.get_mut(place)? {
            (_, ThreadEntry::Span(span, _)) => Some(span),
            _ => None,
        }
    }

    /// The first span of these beats that is not written yet.
    pub(super) fn first_span(&self, beats: Range<usize>) -> Option<&KeptSpan> {
        for beat in self.stage.beats.get(beats)? {
            if let Beat::Entry(handle) = beat
                && let Some(Some(ThreadEntry::Span(span, _))) = self.entries.get(*handle)
            {
                return Some(span);
            }
        }
        None
    }
}
