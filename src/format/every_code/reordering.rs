//! The state of the reordering: which entries of a thread are placed in the output, and which are
//! still pending (docs/formats.md 2.7, 2.10).
//!
//! `settle` goes over the tape task by task: it places the entries and keeps the fields about the
//! current task, response and drive up to date. `context_changes` adds the events of changes of the
//! context. Both change pending entries and `carried`, but place entries only through the methods
//! here. This file knows no rule of the program.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::carried::CarriedState;
use super::task::{Beat, Tasks};
use crate::format::history::{Handle, KeptSpan, ThreadEntry};
use crate::format::rollout::tape::{Compaction, Tape};

/// The `source` of messages in which the agent tells the model its system status (tok-record(5)).
pub(super) const STATUS: &str = "status";

/// The entries of a thread while they are put in order.
pub(super) struct Reordering<'t> {
    /// What the file records besides its entries.
    pub(super) tape: &'t Tape,
    pub(super) tasks: &'t Tasks,
    /// What the next request sends, by the rules of the program.
    pub(super) carried: CarriedState<'t>,
    /// Requests that belong to a group of items: each is placed before its group.
    pub(super) paired: HashSet<Handle>,
    /// The next handle for a generated entry.
    next_handle: Handle,
    /// The entries of the file, by handle; `None` once an entry is placed.
    pub(super) pending: Vec<Option<ThreadEntry>>,
    /// The output: entries in their final order.
    placed: Vec<(Handle, ThreadEntry)>,
    /// The index in `placed` of each entry of the file.
    placed_index: Vec<Option<usize>>,
    /// The request whose response the current items belong to.
    pub(super) current_request: Option<Handle>,
    /// A response of the current task has begun.
    pub(super) response_begun: bool,
    /// Calls and outputs of the latest response.
    pub(super) latest_tool_items: Vec<Handle>,
    /// The compaction whose mark has come, until its event comes.
    pub(super) compaction: Option<&'t Compaction>,
    /// The source of the messages of an automatic drive, while one is active.
    pub(super) drive: Option<Arc<str>>,
    /// The current task fixes the findings of a review.
    pub(super) follows_review: bool,
}

impl<'t> Reordering<'t> {
    /// Begins with all entries pending. `paired`: the requests that belong to a group of items.
    pub(super) fn new(
        entries: Vec<ThreadEntry>,
        tape: &'t Tape,
        tasks: &'t Tasks,
        paired: HashSet<Handle>,
    ) -> Reordering<'t> {
        Reordering {
            tape,
            tasks,
            carried: CarriedState::new(&tape.messages),
            paired,
            next_handle: entries.len(),
            placed: Vec::with_capacity(entries.len()),
            placed_index: vec![None; entries.len()],
            pending: entries.into_iter().map(Some).collect(),
            current_request: None,
            response_begun: false,
            latest_tool_items: Vec::new(),
            compaction: None,
            drive: None,
            follows_review: false,
        }
    }

    /// Finds the pending messages of the system status among these beats.
    pub(super) fn statuses(&self, beats: Range<usize>) -> Vec<Handle> {
        let mut found = Vec::new();
        for beat in self.tasks.beats.get(beats).unwrap_or_default() {
            if let Beat::Entry(handle) = beat
                && self.is_pending_of(*handle, STATUS)
            {
                found.push(*handle);
            }
        }
        found
    }

    /// Whether an entry is a pending span of this source.
    pub(super) fn is_pending_of(&self, handle: Handle, source: &str) -> bool {
        match self.pending.get(handle) {
            Some(Some(ThreadEntry::Span(span, _))) => &*span.source == source,
            _ => false,
        }
    }

    /// Places a generated entry; returns its handle.
    pub(super) fn place_generated(&mut self, entry: ThreadEntry) -> Handle {
        let handle = self.next_handle;
        self.next_handle += 1;
        self.placed.push((handle, entry));
        handle
    }

    /// Places an entry of the file, unless it is placed already.
    pub(super) fn place(&mut self, handle: Handle) {
        let Some(entry) = self.pending.get_mut(handle) else {
            return;
        };
        if let Some(entry) = entry.take() {
            self.placed_index[handle] = Some(self.placed.len());
            self.placed.push((handle, entry));
        }
    }

    /// The span of this handle, if it is pending.
    pub(super) fn pending_span(&mut self, handle: Handle) -> Option<&mut KeptSpan> {
        match self.pending.get_mut(handle)? {
            Some(ThreadEntry::Span(span, _)) => Some(span),
            _ => None,
        }
    }

    /// The span of this handle, if it is an entry of the file and placed.
    pub(super) fn placed_span(&mut self, handle: Handle) -> Option<&mut KeptSpan> {
        let index = (*self.placed_index.get(handle)?)?;
        match self.placed.get_mut(index)? {
            (_, ThreadEntry::Span(span, _)) => Some(span),
            _ => None,
        }
    }

    /// The first pending span of these beats.
    pub(super) fn first_pending_span(&self, beats: Range<usize>) -> Option<&KeptSpan> {
        for beat in self.tasks.beats.get(beats)? {
            if let Beat::Entry(handle) = beat
                && let Some(Some(ThreadEntry::Span(span, _))) = self.pending.get(*handle)
            {
                return Some(span);
            }
        }
        None
    }

    /// Returns the entries in their final order, each with its handle.
    pub(super) fn into_placed(self) -> Vec<(Handle, ThreadEntry)> {
        self.placed
    }
}
