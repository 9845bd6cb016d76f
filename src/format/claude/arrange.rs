//! Orders the entries of a thread as its requests were sent, by the request log or the snapshots.
//!
//! The lines of a session are in the order of events. The log says more: the list of messages of
//! each request (docs/formats.md 3.9). So an entry before a listed request waits, and enters as the
//! list says; if no list names it, it keeps waiting. A span that is in the context but not on the
//! list leaves. A list without its base is no evidence: then the waiting entries enter in the order
//! of the file, as in a thread without a log. Lists themselves are read in `listed`.
//!
//! The head is in front of the messages: that of the request's shape, else of the latest snapshot.
//! A snapshot with tools is written after the first answer: it applies from the previous snapshot
//! on.

use std::collections::HashMap;

use super::arranged::Arranged;
use super::head::RequestHead;
use super::list::Latest;
use super::pick::{Front, Pick};
use super::recorded::RecordedRequests;
use super::spot::Spot;
use super::stage::{ChangeCause, ContextStage, TargetContext};
use crate::format::history::{Handle, KeptRequest, Made, ThreadEntry};
use crate::record::{ContextBy, Request, What};

/// The walk over the entries.
pub(super) struct Arrange {
    pub(super) recorded: RecordedRequests,
    pub(super) stage: ContextStage,
    pub(super) front: Front,
    pub(super) latest: Option<Latest>,
    /// Tools that entered later, by the span that they follow.
    pub(super) behind: HashMap<Handle, Vec<Handle>>,
    pub(super) waiting: Vec<Handle>,
    /// Why the context is about to change, if a line said so.
    reason: Option<&'static str>,
    heads: Vec<SnapshotHead>,
    /// The number of `recorded.heads` whose tools were loaded.
    loaded: usize,
    /// The entry of the latest listed request.
    pub(super) listed_at: Option<usize>,
    pub(super) arranged: Arranged,
}

/// The head of a snapshot, and the entry from which on it applies.
struct SnapshotHead {
    from: usize,
    line: u64,
    head: RequestHead,
}

/// Orders the entries of a thread. `more`: requests that no line reports, each with the number of
/// entries before it.
pub(super) fn arrange(
    recorded: RecordedRequests,
    entries: Vec<ThreadEntry>,
    more: Vec<(usize, Request)>,
) -> Arranged {
    let mut requests = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if matches!(entry, ThreadEntry::Request(_)) {
            requests.push(at);
        }
    }
    let heads = snapshot_heads(&recorded, &requests);
    let count = entries.len();
    let mut arrange = Arrange {
        recorded,
        stage: ContextStage::of(entries),
        front: Front::default(),
        latest: None,
        behind: HashMap::new(),
        waiting: Vec::new(),
        reason: None,
        heads,
        loaded: 0,
        listed_at: None,
        arranged: Arranged::default(),
    };
    let mut requests = requests.into_iter().peekable();
    let mut more = more.into_iter().peekable();
    for handle in 0..count {
        while let Some((_, request)) = more.next_if(|(before, _)| *before <= handle) {
            arrange.stage.add_request(request);
        }
        while requests.next_if(|request| *request < handle).is_some() {}
        let listed = match requests.peek() {
            Some(request) => arrange.recorded.listed.contains_key(request),
            None => false,
        };
        arrange.load(handle, listed);
        arrange.take(handle, listed);
    }
    for (_, request) in more {
        arrange.stage.add_request(request);
    }
    arrange.end(count)
}

/// The heads of all snapshots. One with tools applies from the previous snapshot on if that has
/// none, else from the latest request on, whose answer it follows.
fn snapshot_heads(recorded: &RecordedRequests, requests: &[usize]) -> Vec<SnapshotHead> {
    let mut heads: Vec<SnapshotHead> = Vec::new();
    for snapshot in &recorded.heads {
        let Some(head) = &snapshot.head else { continue };
        let before = requests.partition_point(|request| *request < snapshot.entries);
        let from = match (heads.last(), before) {
            _ if !head.whole => snapshot.entries,
            (Some(last), _) if !last.head.whole => last.from,
            (_, 0) => snapshot.entries,
            _ => requests
                .get(before - 1)
                .copied()
                .unwrap_or(snapshot.entries),
        };
        heads.push(SnapshotHead {
            from,
            line: snapshot.line,
            head: head.clone(),
        });
    }
    heads
}

impl Arrange {
    /// Takes an entry. `listed`: the log lists the next request.
    fn take(&mut self, handle: Handle, listed: bool) {
        match self.stage.entry(handle) {
            Some(ThreadEntry::Span(_, Made::Input)) => self.wait(handle),
            Some(ThreadEntry::Span(..)) => self.stage.enter(handle),
            Some(ThreadEntry::Request(_)) => match self.recorded.listed.get(&handle).cloned() {
                Some(id) => self.listed(handle, &id),
                None => self.unlisted(handle, None),
            },
            Some(ThreadEntry::Event(event, _)) if event.what == What::Context => {
                self.context_event(handle, listed);
            }
            Some(_) => self.stage.write(handle),
            None => {}
        }
    }

    fn wait(&mut self, span: Handle) {
        self.stage.put(span, Spot::Waiting);
        self.waiting.push(span);
    }

    /// The waiting spans enter in the order of the file.
    fn enter_all(&mut self) {
        for span in std::mem::take(&mut self.waiting) {
            self.stage.enter(span);
        }
    }

    /// Tools that were loaded before this entry wait, unless a list names them itself.
    fn load(&mut self, handle: Handle, listed: bool) {
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
                if let Some(span) = pick.text(tool) {
                    self.wait(span);
                }
            }
        }
    }

    /// Takes an event that changes the context. If the next request is listed, its list says better
    /// what changes.
    fn context_event(&mut self, handle: Handle, listed: bool) {
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
            self.stage.leave(&drop);
            if let Some(place) = back_to {
                self.stage.back_to(place);
            }
        }
        self.latest = None;
        self.stage.write(handle);
    }

    /// Clears the context but for the head and the spans in `keep`; the event refers to both.
    fn clear(&mut self, handle: Handle, keep: &[Handle]) {
        self.move_tools_to_front();
        if let Some(ThreadEntry::Event(_, references)) = self.stage.entry_mut(handle) {
            references
                .keep
                .splice(0..0, self.front.spans.iter().copied());
        }
        self.stage.clear(keep);
        self.stage.put_in_front(&self.front.spans);
        self.reason = Some("order");
    }

    /// The context is about to be cleared: tools that entered later are in front from now on.
    fn move_tools_to_front(&mut self) {
        let mut later = self.front.deferred.clone();
        later.retain(|tool| matches!(self.stage.spot(*tool), Spot::Live(_)));
        let at = self.front.tools.min(self.front.spans.len());
        self.front.tools += later.len();
        for end in &mut self.front.system {
            *end += later.len();
        }
        self.front.spans.splice(at..at, later);
    }

    /// Takes a request that no list describes: the waiting spans enter in the order of the file,
    /// behind the head of its shape, if it has one, or of a snapshot.
    pub(super) fn unlisted(&mut self, handle: Handle, shape: Option<(u64, RequestHead)>) {
        (self.latest, self.reason) = (None, None);
        if let Some((line, head)) = shape.or_else(|| self.snapshot_head(handle)) {
            self.begin(handle);
            let keep = self.stage.live().len();
            let mut pick = Pick::new(&mut self.recorded, &mut self.stage, keep);
            let front = pick.front(&head, &self.front);
            let then = self.come_in(&front, keep, Vec::new());
            self.fit(front, keep, then, Some(line));
            if head.whole
                && let Some(request) = self.request(handle)
            {
                request.context_by = Some(ContextBy::Snapshot);
            }
        }
        self.enter_all();
        self.stage.write(handle);
    }

    /// The head of a request by the snapshots, with the line of its snapshot. A snapshot before the
    /// latest list says nothing new.
    pub(super) fn snapshot_head(&self, handle: Handle) -> Option<(u64, RequestHead)> {
        let after = self.heads.partition_point(|head| head.from <= handle);
        let head = self.heads.get(after.checked_sub(1)?)?;
        if let Some(listed) = self.listed_at
            && head.from <= listed
        {
            return None;
        }
        Some((head.line, head.head.clone()))
    }

    /// Spans that are added for a request have its time and turn.
    pub(super) fn begin(&mut self, handle: Handle) {
        self.stage.now = match self.request(handle) {
            Some(request) => (request.at.clone(), request.turn),
            None => (None, None),
        };
    }

    /// Makes the context that of a request.
    pub(super) fn fit(&mut self, front: Front, keep: usize, then: Vec<Handle>, line: Option<u64>) {
        let reason = match self.reason.take() {
            Some(reason) => reason,
            None if tools(&front) != tools(&self.front) => "tool_list",
            None => "rewrite",
        };
        let context = TargetContext {
            head: front.spans.clone(),
            keep,
            then,
        };
        let cause = ChangeCause {
            reason,
            at: self.stage.now.0.clone(),
            line,
        };
        self.stage.fit(context, &cause);
        self.front = front;
    }

    /// Adds the tools that enter now to the end of the new spans: they follow the last message.
    pub(super) fn come_in(
        &mut self,
        front: &Front,
        keep: usize,
        mut then: Vec<Handle>,
    ) -> Vec<Handle> {
        for tool in &front.deferred {
            let stays = matches!(self.stage.spot(*tool), Spot::Live(at) if at < keep);
            if stays || then.contains(tool) {
                continue;
            }
            let kept = self.stage.live().get(..keep).unwrap_or_default();
            if let Some(last) = then.last().or(kept.last()) {
                self.behind.entry(*last).or_default().push(*tool);
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

    /// Writes the spans that no request was sent with, after all others.
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
fn tools(front: &Front) -> Option<&[Handle]> {
    front.spans.get(..front.tools)
}
