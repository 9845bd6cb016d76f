//! The context of a thread while its requests are put in order: the spans in it, the spans that
//! wait for a request, and the spans that have left.
//!
//! A replay of the written records must arrive at the same context before each request. So events
//! describe the changes, with as few events as possible: an event names the spans that leave; new
//! spans enter by their position in the order; if the remaining spans are no longer in the order in
//! which they entered, one event names them all. The caller gives the reason of each change.

use std::collections::HashMap;

use super::spot::{Spot, Traits};
use crate::format::history::{Handle, KeptSpan, Made, References, ThreadEntry};
use crate::record::{Event, Request};

/// Why, when and at which line the context changes.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangeCause {
    pub(super) reason: &'static str,
    pub(super) at: Option<String>,
    pub(super) line: Option<u64>,
}

/// The context that a request needs.
#[derive(Debug, Default)]
pub(super) struct TargetContext {
    pub(super) head: Vec<Handle>,
    /// The number of live spans that stay as they are.
    pub(super) keep: usize,
    /// The live spans after the kept ones.
    pub(super) then: Vec<Handle>,
}

/// The entries of a thread, and the context so far.
#[derive(Default)]
pub(super) struct ContextStage {
    /// The entries; `None`: it is written.
    entries: Vec<Option<ThreadEntry>>,
    traits: Vec<Traits>,
    spots: Vec<Spot>,
    /// The written entries.
    order: Vec<(Handle, ThreadEntry)>,
    /// The position of each entry in the order.
    written: HashMap<Handle, usize>,
    head: Vec<Handle>,
    /// The live spans: those of the messages in the context, in order.
    live: Vec<Handle>,
    /// A span has been written.
    pub(super) begun: bool,
    /// The instant and the turn of generated spans.
    pub(super) now: (Option<String>, Option<u64>),
}

impl ContextStage {
    /// The stage before the first of these entries.
    pub(super) fn of(entries: Vec<ThreadEntry>) -> ContextStage {
        let mut stage = ContextStage {
            spots: vec![Spot::Ahead; entries.len()],
            ..ContextStage::default()
        };
        stage.traits = entries.iter().map(Traits::of).collect();
        stage.entries = entries.into_iter().map(Some).collect();
        stage
    }

    /// Returns the written entries in their order.
    pub(super) fn into_order(self) -> Vec<(Handle, ThreadEntry)> {
        self.order
    }

    pub(super) fn entry(&self, handle: Handle) -> Option<&ThreadEntry> {
        self.entries.get(handle)?.as_ref()
    }

    pub(super) fn entry_mut(&mut self, handle: Handle) -> Option<&mut ThreadEntry> {
        self.entries.get_mut(handle)?.as_mut()
    }

    pub(super) fn spot(&self, handle: Handle) -> Spot {
        self.spots.get(handle).copied().unwrap_or(Spot::Ahead)
    }

    pub(super) fn traits(&self, handle: Handle) -> Traits {
        self.traits.get(handle).copied().unwrap_or_default()
    }

    pub(super) fn live(&self) -> &[Handle] {
        &self.live
    }

    pub(super) fn set_spot(&mut self, handle: Handle, spot: Spot) {
        if let Some(place) = self.spots.get_mut(handle) {
            *place = spot;
        }
    }

    /// Adds a span that no line holds; it waits.
    pub(super) fn add_span(&mut self, mut span: KeptSpan) -> Handle {
        (span.at, span.turn) = self.now.clone();
        let entry = ThreadEntry::Span(Box::new(span), Made::Input);
        self.traits.push(Traits::of(&entry));
        self.entries.push(Some(entry));
        self.spots.push(Spot::Waiting);
        self.entries.len() - 1
    }

    /// Adds a copy of a span; it waits.
    pub(super) fn add_copy(&mut self, handle: Handle) -> Option<Handle> {
        let entry = match self.written.get(&handle) {
            Some(at) => self.order.get(*at).map(|(_, entry)| entry),
            None => self.entry(handle),
        };
        match entry {
            Some(ThreadEntry::Span(span, _)) => Some(self.add_span(KeptSpan::clone(span))),
            _ => None,
        }
    }

    /// Writes an entry, once.
    pub(super) fn write(&mut self, handle: Handle) {
        let Some(slot) = self.entries.get_mut(handle) else {
            return;
        };
        if let Some(entry) = slot.take() {
            self.begun |= matches!(entry, ThreadEntry::Span(..));
            self.written.insert(handle, self.order.len());
            self.order.push((handle, entry));
        }
    }

    /// Writes a span, which enters the context after all others.
    pub(super) fn enter(&mut self, handle: Handle) {
        self.write(handle);
        self.set_spot(handle, Spot::Live(self.live.len()));
        self.live.push(handle);
    }

    /// Makes these spans the head. The caller writes the event.
    pub(super) fn set_head(&mut self, head: &[Handle]) {
        self.head = head.to_vec();
        self.set_spots(head, Spot::Head);
    }

    fn set_spots(&mut self, handles: &[Handle], spot: Spot) {
        for handle in handles {
            self.set_spot(*handle, spot);
        }
    }

    /// Removes all live spans except `keep`, which stay in this order. The caller writes the event.
    pub(super) fn clear(&mut self, keep: &[Handle]) {
        for handle in std::mem::take(&mut self.live) {
            self.set_spot(handle, Spot::Left);
        }
        for handle in keep {
            if self.spot(*handle) == Spot::Left {
                self.set_spot(*handle, Spot::Live(self.live.len()));
                self.live.push(*handle);
            }
        }
    }

    /// Removes these spans from the context. The caller writes the event.
    pub(super) fn remove(&mut self, handles: &[Handle]) {
        let mut first = self.live.len();
        for handle in handles {
            if let Spot::Live(at) = self.spot(*handle) {
                first = first.min(at);
                self.set_spot(*handle, Spot::Left);
            }
        }
        let behind = self.live.split_off(first);
        for handle in behind {
            if self.spot(handle) != Spot::Left {
                self.set_spot(handle, Spot::Live(self.live.len()));
                self.live.push(handle);
            }
        }
    }

    /// Removes the live spans that were written after an entry. The caller writes the event.
    pub(super) fn rewind_to(&mut self, handle: Handle) {
        let Some(place) = self.written.get(&handle).copied() else {
            return;
        };
        while let Some(latest) = self.live.last().copied() {
            match self.written.get(&latest) {
                Some(at) if *at > place => {}
                _ => break,
            }
            self.set_spot(latest, Spot::Left);
            self.live.pop();
        }
    }

    /// Changes the context into that of a request: new spans enter, and events describe the other
    /// changes.
    pub(super) fn fit(&mut self, context: TargetContext, cause: &ChangeCause) {
        let TargetContext { head, keep, then } = context;
        let old = self.live.split_off(keep.min(self.live.len()));
        let same = common_prefix(&old, &then);
        let then_new = then.get(same..).unwrap_or_default();
        let old_head = std::mem::take(&mut self.head);
        let mut before = old_head.clone();
        before.extend(old.get(same..).unwrap_or_default());
        // Spans that are not in the new context have left.
        self.set_spots(&before, Spot::Left);
        let mut fits = !self.begun || is_part(&head, &old_head);
        let mut fresh = self.fresh(&head);
        let in_front = fresh.len();
        let mut kept = Vec::new();
        for handle in then_new {
            if self.is_fresh(*handle) {
                fresh.push(*handle);
                continue;
            }
            // A new span may only follow the remaining ones.
            fits &= fresh.len() == in_front;
            kept.push(*handle);
        }
        fits &= is_part(&kept, old.get(same..).unwrap_or_default());
        self.set_spots(&head, Spot::Head);
        let from = self.live.len() + same;
        for (at, handle) in then_new.iter().enumerate() {
            self.set_spot(*handle, Spot::Live(from + at));
        }
        self.live.extend(&then);
        self.head = head;
        let mut left = before;
        left.retain(|handle| self.spot(*handle) == Spot::Left);
        self.write_change(fits, left, &fresh, cause);
    }

    /// Writes the spans that enter, and an event. If the change `fits` that form, the event
    /// precedes them and names the spans that have left; otherwise it follows them and names the
    /// whole context.
    fn write_change(
        &mut self,
        fits: bool,
        left: Vec<Handle>,
        fresh: &[Handle],
        cause: &ChangeCause,
    ) {
        if fits && !left.is_empty() {
            let references = References {
                drop: left,
                ..References::default()
            };
            self.write_event(cause, false, references);
        }
        for handle in fresh {
            self.write(*handle);
        }
        if !fits {
            let mut keep = self.head.clone();
            keep.extend(&self.live);
            let references = References {
                keep,
                ..References::default()
            };
            self.write_event(cause, true, references);
        }
    }

    /// Whether a span enters the context for the first time.
    fn is_fresh(&self, handle: Handle) -> bool {
        matches!(self.spot(handle), Spot::Waiting | Spot::Unsent)
    }

    fn fresh(&self, handles: &[Handle]) -> Vec<Handle> {
        let mut fresh = handles.to_vec();
        fresh.retain(|handle| self.is_fresh(*handle));
        fresh
    }

    /// Writes a request that no line reports, and whose context is unknown.
    pub(super) fn add_request(&mut self, request: Request) {
        self.append(ThreadEntry::Hidden(Box::new(request.into())));
    }

    fn append(&mut self, entry: ThreadEntry) {
        let handle = self.entries.len();
        self.entries.push(None);
        self.traits.push(Traits::default());
        self.spots.push(Spot::Ahead);
        self.order.push((handle, entry));
    }

    /// Writes an event that no line holds.
    fn write_event(&mut self, cause: &ChangeCause, clear: bool, references: References) {
        let event = Event {
            clear,
            ..Event::context(cause.reason, cause.at.clone(), cause.line)
        };
        self.append(ThreadEntry::Event(Box::new(event), Box::new(references)));
    }
}

/// The number of equal handles at the beginning of two lists.
fn common_prefix(a: &[Handle], b: &[Handle]) -> usize {
    let mut same = 0;
    while same < a.len() && a.get(same) == b.get(same) {
        same += 1;
    }
    same
}

/// Whether a list is a subsequence of another.
fn is_part(list: &[Handle], of: &[Handle]) -> bool {
    let mut all = of.iter();
    list.iter().all(|handle| all.any(|other| other == handle))
}
