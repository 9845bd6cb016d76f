//! Orders the entries of a thread as its requests sent them, by the request log or by the snapshots
//! (docs/formats.md 3.8, 3.9).
//!
//! The lines of a session are in the order of events. The log has the list of messages of each
//! request. So a span before a *listed* request, one that has such a list, waits until the list
//! names it, and then enters the context at that position; a span that no list names keeps waiting.
//! A span that is in the context but not on the list leaves. A list whose base is missing cannot be
//! used: then the waiting spans enter in the order of the file, as in a thread without a log. Lists
//! are read in `listed`.
//!
//! The *head*, the system prompt and the tools, precedes the messages. It comes from the shape that
//! the log names for the request, or else from the latest snapshot. A snapshot with tools is
//! written after the first answer, but applies from the previous snapshot on.

use std::collections::HashMap;

use super::arranged::Arranged;
use super::head::RequestHead;
use super::list::Latest;
use super::pick::{HeadSpans, Pick};
use super::recorded::RecordedRequests;
use super::snapshots::SnapshotHeads;
use super::spot::Spot;
use super::stage::{ChangeCause, ContextStage, TargetContext};
use crate::format::history::{Handle, KeptRequest, Made, ThreadEntry};
use crate::record::{ContextBy, Request, What};

/// The walk over the entries of a thread, in the order of the file.
pub(super) struct Arrange {
    pub(super) recorded: RecordedRequests,
    pub(super) stage: ContextStage,
    pub(super) head_spans: HeadSpans,
    pub(super) latest: Option<Latest>,
    /// Tools that were loaded after the head, by the span that they follow.
    pub(super) tools_after: HashMap<Handle, Vec<Handle>>,
    /// Spans that wait for a request that sends them.
    pub(super) waiting: Vec<Handle>,
    /// The reason of the next change of the context, if a line gives one.
    reason: Option<&'static str>,
    snapshots: SnapshotHeads,
    /// The number of elements of `recorded.heads` whose tools are loaded already.
    loaded: usize,
    /// The handle of the latest listed request.
    pub(super) latest_listed: Option<usize>,
    pub(super) arranged: Arranged,
}

/// Orders the entries of a thread. `unreported`: requests that no line reports, each with the
/// number of entries before it.
pub(super) fn arrange(
    recorded: RecordedRequests,
    entries: Vec<ThreadEntry>,
    unreported: Vec<(usize, Request)>,
) -> Arranged {
    let mut requests = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if matches!(entry, ThreadEntry::Request(_)) {
            requests.push(at);
        }
    }
    let snapshots = SnapshotHeads::of(&recorded.heads, &requests);
    let count = entries.len();
    let mut arrange = Arrange {
        recorded,
        stage: ContextStage::of(entries),
        head_spans: HeadSpans::default(),
        latest: None,
        tools_after: HashMap::new(),
        waiting: Vec::new(),
        reason: None,
        snapshots,
        loaded: 0,
        latest_listed: None,
        arranged: Arranged::default(),
    };
    let mut requests = requests.into_iter().peekable();
    let mut unreported = unreported.into_iter().peekable();
    for handle in 0..count {
        while let Some((_, request)) = unreported.next_if(|(before, _)| *before <= handle) {
            arrange.stage.add_request(request);
        }
        while requests.next_if(|request| *request < handle).is_some() {}
        let listed = match requests.peek() {
            Some(request) => arrange.recorded.listed.contains_key(request),
            None => false,
        };
        arrange.load_tools(handle, listed);
        arrange.take_entry(handle, listed);
    }
    for (_, request) in unreported {
        arrange.stage.add_request(request);
    }
    arrange.end(count)
}

impl Arrange {
    /// Takes an entry. `listed`: the next request is a listed one.
    fn take_entry(&mut self, handle: Handle, listed: bool) {
        match self.stage.entry(handle) {
            Some(ThreadEntry::Span(_, Made::Input)) => self.let_wait(handle),
            Some(ThreadEntry::Span(..)) => self.stage.enter(handle),
            Some(ThreadEntry::Request(_)) => match self.recorded.listed.get(&handle).cloned() {
                Some(id) => self.place_listed(handle, &id),
                None => self.place_unlisted(handle, None),
            },
            Some(ThreadEntry::Event(event, _)) if event.what == What::Context => {
                self.take_context_event(handle, listed);
            }
            Some(_) => self.stage.write(handle),
            None => {}
        }
    }

    fn let_wait(&mut self, span: Handle) {
        self.stage.set_spot(span, Spot::Waiting);
        self.waiting.push(span);
    }

    /// Lets the waiting spans enter the context, in the order of the file.
    fn enter_all(&mut self) {
        for span in std::mem::take(&mut self.waiting) {
            self.stage.enter(span);
        }
    }

    /// Lets the tools that were loaded before this entry wait. Before a listed request this is not
    /// needed, because the list names them.
    fn load_tools(&mut self, handle: Handle, listed: bool) {
        while let Some(snapshot) = self.recorded.heads.get(self.loaded)
            && snapshot.entries <= handle
        {
            self.loaded += 1;
            if listed {
                continue;
            }
            let keep = self.stage.live().len();
            for tool in snapshot.loaded.clone() {
                let spans = self.recorded.known.texts.spans(tool);
                if spans.iter().any(|span| self.stage.spot(*span).is_context()) {
                    continue;
                }
                let mut pick = Pick::new(&mut self.recorded, &mut self.stage, keep);
                if let Some(span) = pick.pick_text(tool) {
                    self.let_wait(span);
                }
            }
        }
    }

    /// Takes an event that changes the context. If the next request is listed, its list is more
    /// exact than the event, which then only gives the reason.
    fn take_context_event(&mut self, handle: Handle, listed: bool) {
        if !listed {
            self.enter_all();
        }
        let Some(ThreadEntry::Event(event, references)) = self.stage.entry(handle) else {
            return;
        };
        if event.clear {
            let keep = references.keep.clone();
            self.clear(handle, &keep);
        } else if listed {
            self.reason = Some(if references.drop.is_empty() {
                "rewind"
            } else {
                "microcompaction"
            });
            return;
        } else {
            let (drop, back_to) = (references.drop.clone(), references.back_to);
            self.stage.remove(&drop);
            if let Some(place) = back_to {
                self.stage.rewind_to(place);
            }
        }
        self.latest = None;
        self.stage.write(handle);
    }

    /// Clears the context except for the head and the spans in `keep`. The event gets references to
    /// both.
    fn clear(&mut self, handle: Handle, keep: &[Handle]) {
        self.move_tools_to_head();
        if let Some(ThreadEntry::Event(_, references)) = self.stage.entry_mut(handle) {
            references
                .keep
                .splice(0..0, self.head_spans.spans.iter().copied());
        }
        self.stage.clear(keep);
        self.stage.set_head(&self.head_spans.spans);
        self.reason = Some("order");
    }

    /// Moves tools that were loaded after the head into it, because the context is about to be
    /// cleared.
    fn move_tools_to_head(&mut self) {
        let mut later = self.head_spans.deferred.clone();
        later.retain(|tool| matches!(self.stage.spot(*tool), Spot::Live(_)));
        let at = self.head_spans.tools.min(self.head_spans.spans.len());
        self.head_spans.tools += later.len();
        for end in &mut self.head_spans.system {
            *end += later.len();
        }
        self.head_spans.spans.splice(at..at, later);
    }

    /// Places a request without a usable list. Its head is that of its shape (`shape`: the line of
    /// the shape and the head) or of a snapshot, and the waiting spans enter in the order of the
    /// file.
    pub(super) fn place_unlisted(&mut self, handle: Handle, shape: Option<(u64, RequestHead)>) {
        (self.latest, self.reason) = (None, None);
        if let Some((line, head)) = shape.or_else(|| self.snapshot_head(handle)) {
            self.set_now(handle);
            let keep = self.stage.live().len();
            let mut pick = Pick::new(&mut self.recorded, &mut self.stage, keep);
            let head_spans = pick.pick_head(&head, &self.head_spans);
            let then = self.add_loaded_tools(&head_spans, keep, Vec::new());
            self.fit(head_spans, keep, then, Some(line));
            if head.whole
                && let Some(request) = self.request(handle)
            {
                request.context_by = Some(ContextBy::Snapshot);
            }
        }
        self.enter_all();
        self.stage.write(handle);
    }

    /// The head that the snapshots give a request, with the line of the snapshot.
    pub(super) fn snapshot_head(&self, handle: Handle) -> Option<(u64, RequestHead)> {
        self.snapshots.head_of(handle, self.latest_listed)
    }

    /// Gives the spans that are generated from now on the instant and turn of a request.
    pub(super) fn set_now(&mut self, handle: Handle) {
        self.stage.now = match self.request(handle) {
            Some(request) => (request.at.clone(), request.turn),
            None => (None, None),
        };
    }

    /// Changes the context into that of a request: the head `head_spans`, the first `keep` live
    /// spans, and the spans `then`.
    pub(super) fn fit(
        &mut self,
        head_spans: HeadSpans,
        keep: usize,
        then: Vec<Handle>,
        line: Option<u64>,
    ) {
        let reason = match self.reason.take() {
            Some(reason) => reason,
            None if tools(&head_spans) != tools(&self.head_spans) => "tool_list",
            None => "rewrite",
        };
        let context = TargetContext {
            head: head_spans.spans.clone(),
            keep,
            then,
        };
        let cause = ChangeCause {
            reason,
            at: self.stage.now.0.clone(),
            line,
        };
        self.stage.fit(context, &cause);
        self.head_spans = head_spans;
    }

    /// Adds the tools that are loaded now to the end of the new spans, after the last message.
    pub(super) fn add_loaded_tools(
        &mut self,
        head_spans: &HeadSpans,
        keep: usize,
        mut then: Vec<Handle>,
    ) -> Vec<Handle> {
        for tool in &head_spans.deferred {
            let stays = matches!(self.stage.spot(*tool), Spot::Live(at) if at < keep);
            if stays || then.contains(tool) {
                continue;
            }
            let kept = self.stage.live().get(..keep).unwrap_or_default();
            if let Some(last) = then.last().or(kept.last()) {
                self.tools_after.entry(*last).or_default().push(*tool);
            }
            then.push(*tool);
        }
        then
    }

    pub(super) fn request(&mut self, handle: Handle) -> Option<&mut KeptRequest> {
        match self.stage.entry_mut(handle) {
            Some(ThreadEntry::Request(request)) => Some(request),
            _ => None,
        }
    }

    /// Ends the walk: the spans that no request sent are written after all others.
    fn end(mut self, count: usize) -> Arranged {
        for handle in 0..count {
            if let Some(ThreadEntry::Span(..)) = self.stage.entry(handle) {
                self.stage.write(handle);
            }
        }
        self.arranged.order = self.stage.into_order();
        self.arranged
    }
}

/// The tools of a head.
fn tools(head_spans: &HeadSpans) -> Option<&[Handle]> {
    head_spans.spans.get(..head_spans.tools)
}
