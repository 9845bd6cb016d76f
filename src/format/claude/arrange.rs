//! What each request held, read off the log or the snapshots, in the order in which it was sent.
//!
//! Lines of a session come in the order in which things happened. The request log tells more: the
//! list of messages of each request (docs/formats.md 3.9). So what comes before a request that has
//! a list waits, and enters as the list says; what is on no list waits on. What was in the context
//! and is on the list no more leaves. A list that cannot be had (its base is not there, or in a
//! circle) is no evidence: then what waits enters as it came, as where there is no log. A message
//! of a list that nothing on disk is leaves its place to what waits.
//!
//! The head stands in front: as the request's shape says, else as the latest snapshot does. A
//! snapshot with the tools is written after the first answer: it holds from the one before it on.

use std::collections::HashMap;

use super::exact::Exact;
use super::head::Head;
use super::listed::Latest;
use super::pick::{Front, Pick};
use super::stage::{Cause, Spot, Stage, Target};
use crate::format::history::{Covered, Entry, Handle, KeptRequest, Made};
use crate::record::{ContextBy, Request, What};

/// The entries of a thread in their final order, and what was told of them.
#[derive(Default)]
pub(super) struct Arranged {
    pub(super) order: Vec<(Handle, Entry)>,
    /// Up to the ends of which spans a request has the provider keep the context.
    pub(super) marks: HashMap<Handle, Vec<Handle>>,
    pub(super) covered: Covered,
}

impl Arranged {
    /// The entries as they came; `more`: requests, each behind so many of them.
    pub(super) fn given(entries: Vec<Entry>, more: Vec<(usize, Request)>) -> Arranged {
        let mut more = more.into_iter().zip(entries.len()..).peekable();
        let mut order = Vec::with_capacity(entries.len());
        for (handle, entry) in entries.into_iter().enumerate() {
            while let Some(((_, request), fresh)) = more.next_if(|((place, _), _)| *place <= handle)
            {
                order.push((fresh, Entry::Hidden(Box::new(request.into()))));
            }
            order.push((handle, entry));
        }
        order.extend(
            more.map(|((_, request), fresh)| (fresh, Entry::Hidden(Box::new(request.into())))),
        );
        Arranged {
            order,
            ..Arranged::default()
        }
    }
}

/// The walk over the entries.
pub(super) struct Arrange {
    pub(super) exact: Exact,
    pub(super) stage: Stage,
    pub(super) front: Front,
    pub(super) latest: Option<Latest>,
    /// Tools that came in later, by the span that they stand behind.
    pub(super) behind: HashMap<Handle, Vec<Handle>>,
    pub(super) waiting: Vec<Handle>,
    /// Why the context is about to change, as a line said.
    reason: Option<&'static str>,
    /// Heads that snapshots tell: from which entry on.
    heads: Vec<(usize, u64, Head)>,
    /// The entry of the latest request with a list.
    pub(super) listed_at: Option<usize>,
    pub(super) arranged: Arranged,
}

/// Puts the entries of a thread in order; `more`: requests that no line reports, each behind so
/// many of them.
pub(super) fn arrange(exact: Exact, entries: Vec<Entry>, more: Vec<(usize, Request)>) -> Arranged {
    let requests: Vec<usize> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| matches!(entry, Entry::Request(_)))
        .map(|(at, _)| at)
        .collect();
    let heads = heads(&exact, &requests);
    let count = entries.len();
    let mut arrange = Arrange {
        exact,
        stage: Stage::of(entries),
        front: Front::default(),
        latest: None,
        behind: HashMap::new(),
        waiting: Vec::new(),
        reason: None,
        heads,
        listed_at: None,
        arranged: Arranged::default(),
    };
    let mut requests = requests.into_iter().peekable();
    let mut more = more.into_iter().peekable();
    let mut loaded = 0;
    for handle in 0..count {
        while let Some((_, request)) = more.next_if(|(place, _)| *place <= handle) {
            arrange.stage.add_request(request);
        }
        while requests.next_if(|request| *request < handle).is_some() {}
        let listed = requests
            .peek()
            .is_some_and(|request| arrange.exact.listed.contains_key(request));
        loaded = arrange.loaded(loaded, handle, listed);
        arrange.take(handle, listed);
    }
    more.for_each(|(_, request)| arrange.stage.add_request(request));
    arrange.end(count)
}

/// From which entry on each snapshot holds. One with the tools holds from the one before it on that
/// has none, else from the latest request on, whose answer it follows.
fn heads(exact: &Exact, requests: &[usize]) -> Vec<(usize, u64, Head)> {
    let mut heads: Vec<(usize, u64, Head)> = Vec::new();
    for snapshot in &exact.snapshots {
        let Some(head) = &snapshot.head else { continue };
        let request = requests
            .partition_point(|request| *request < snapshot.entries)
            .checked_sub(1);
        let latest = request
            .and_then(|at| requests.get(at))
            .copied()
            .unwrap_or(snapshot.entries);
        let from = match heads.last() {
            _ if !head.whole => snapshot.entries,
            Some((from, _, before)) if !before.whole => *from,
            _ => latest,
        };
        heads.push((from, snapshot.line, head.clone()));
    }
    heads
}

impl Arrange {
    /// An entry comes; `listed`: the next request has a list.
    fn take(&mut self, handle: Handle, listed: bool) {
        match self.stage.entry(handle) {
            Some(Entry::Span(_, Made::Input)) => self.wait(handle),
            Some(Entry::Span(..)) => self.stage.enter(handle),
            Some(Entry::Request(_)) => match self.exact.listed.get(&handle).cloned() {
                Some(id) => self.listed(handle, &id),
                None => self.unlisted(handle, None),
            },
            Some(Entry::Event(event, _)) if event.what == What::Context => {
                self.changed(handle, listed)
            }
            Some(_) => self.stage.write(handle),
            None => {}
        }
    }

    fn wait(&mut self, span: Handle) {
        self.stage.put(span, Spot::Waiting);
        self.waiting.push(span);
    }

    /// What waits enters as it came.
    fn enter_all(&mut self) {
        for span in std::mem::take(&mut self.waiting) {
            self.stage.enter(span);
        }
    }

    /// Tools that were loaded before this entry: a list tells them itself.
    fn loaded(&mut self, mut at: usize, handle: Handle, listed: bool) -> usize {
        while let Some(snapshot) = self
            .exact
            .snapshots
            .get(at)
            .filter(|snapshot| snapshot.entries <= handle)
        {
            let tools = if listed {
                Vec::new()
            } else {
                snapshot.loaded.clone()
            };
            let keep = self.stage.live().len();
            for tool in tools {
                let there = self.exact.known.texts.spans(tool);
                let stands =
                    |span: &Handle| matches!(self.stage.spot(*span), Spot::Head | Spot::Live(_));
                if !there.iter().any(stands)
                    && let Some(span) = Pick::new(&mut self.exact, &mut self.stage, keep).text(tool)
                {
                    self.wait(span);
                }
            }
            at += 1;
        }
        at
    }

    /// A line says how the context changes. Where the next request has a list, that says it better.
    fn changed(&mut self, handle: Handle, listed: bool) {
        if !listed {
            self.enter_all();
        }
        let clears =
            matches!(self.stage.entry(handle), Some(Entry::Event(event, _)) if event.clear);
        let head = if clears { self.gather() } else { Vec::new() };
        let Some(Entry::Event(_, references)) = self.stage.entry_mut(handle) else {
            return;
        };
        if clears {
            let keep = references.keep.clone();
            references.keep.splice(0..0, head);
            self.stage.clear(&keep);
            self.stage.put_in_front(&self.front.spans);
            self.reason = Some("order");
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
            back_to
                .into_iter()
                .for_each(|place| self.stage.back_to(place));
        }
        self.latest = None;
        self.stage.write(handle);
    }

    /// The context is about to be cleared: tools that came in later stand in front from now on.
    fn gather(&mut self) -> Vec<Handle> {
        let later = self
            .front
            .deferred
            .iter()
            .filter(|tool| matches!(self.stage.spot(**tool), Spot::Live(_)));
        let later: Vec<Handle> = later.copied().collect();
        let at = self.front.tools.min(self.front.spans.len());
        self.front.tools += later.len();
        self.front
            .system
            .iter_mut()
            .for_each(|end| *end += later.len());
        self.front.spans.splice(at..at, later);
        self.front.spans.clone()
    }

    /// A request without a list: what waits enters as it came, behind the head of its shape, if it
    /// names one, or of a snapshot.
    pub(super) fn unlisted(&mut self, handle: Handle, shape: Option<(u64, Head)>) {
        (self.latest, self.reason) = (None, None);
        if let Some((line, head)) = shape.or_else(|| self.told(handle)) {
            self.begin(handle);
            let keep = self.stage.live().len();
            let front = Pick::new(&mut self.exact, &mut self.stage, keep).front(&head, &self.front);
            let then = self.come_in(&front, keep, Vec::new());
            self.fit(front, keep, then, Some(line));
            if let Some(request) = self.request(handle).filter(|_| head.whole) {
                request.context_by = Some(ContextBy::Snapshot);
            }
        }
        self.enter_all();
        self.stage.write(handle);
    }

    /// What a snapshot says of the head of a request: where it stands, and the head. One that is
    /// older than a list says nothing new.
    pub(super) fn told(&self, handle: Handle) -> Option<(u64, Head)> {
        let at = self
            .heads
            .partition_point(|(from, ..)| *from <= handle)
            .checked_sub(1)?;
        let (from, line, head) = self.heads.get(at)?;
        self.listed_at
            .is_none_or(|listed| *from > listed)
            .then(|| (*line, head.clone()))
    }

    /// What is put in for a request is of its time.
    pub(super) fn begin(&mut self, handle: Handle) {
        let now = self
            .request(handle)
            .map(|request| (request.at.clone(), request.turn));
        self.stage.now = now.unwrap_or_default();
    }

    /// Makes the context what the request holds.
    pub(super) fn fit(&mut self, front: Front, keep: usize, then: Vec<Handle>, line: Option<u64>) {
        let tools = |front: &Front| front.spans.get(..front.tools).map(<[Handle]>::to_vec);
        let reason = match self.reason.take() {
            Some(reason) => reason,
            None if tools(&front) != tools(&self.front) => "tool_list",
            None => "rewrite",
        };
        let target = Target {
            head: front.spans.clone(),
            keep,
            then,
        };
        self.stage.fit(
            target,
            &Cause {
                reason,
                at: self.stage.now.0.clone(),
                line,
            },
        );
        self.front = front;
    }

    /// Tools that come in now stand behind all messages, and go with the last of them.
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
            let last = then
                .last()
                .or_else(|| self.stage.live().get(keep.checked_sub(1)?))
                .copied();
            if let Some(last) = last {
                self.behind.entry(last).or_default().push(*tool);
            }
            then.push(*tool);
        }
        then
    }

    pub(super) fn request(&mut self, handle: Handle) -> Option<&mut KeptRequest> {
        match self.stage.entry_mut(handle) {
            Some(Entry::Request(request)) => Some(request),
            _ => None,
        }
    }

    /// All lines have come: what no request held is written behind all.
    fn end(mut self, count: usize) -> Arranged {
        for handle in 0..count {
            if let Some(Entry::Span(..)) = self.stage.entry(handle) {
                self.stage.write(handle);
            }
        }
        self.arranged.order = self.stage.into_order();
        self.arranged
    }
}
