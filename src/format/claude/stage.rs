//! The context of a thread while its requests are put in order: what stands in it, what waits for a
//! request that holds it, what has left.
//!
//! A replay of the records that leave here must come to the same context before each request. So
//! what changes is told by events, as few as will do: spans that leave are named, what is new
//! enters by its place in the order, and where what stays is not in the order in which it entered,
//! one event names all of it.

use std::collections::HashMap;

use crate::format::history::{Entry, Handle, KeptSpan, Made, References};
use crate::record::{Event, Part, Request, What};

/// Where a span is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Spot {
    /// Its line has not come, or it is no span.
    Ahead,
    /// It waits for a request that holds it.
    Waiting,
    /// A request was sent without it.
    Unsent,
    /// It stands in front of all messages.
    Head,
    /// It stands among the messages, so far from the first.
    Live(usize),
    /// It stood there.
    Left,
}

/// What is asked of a span when it may have been written already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traits {
    pub(super) thought: bool,
    pub(super) made: Option<Handle>,
    pub(super) line: Option<u64>,
}

/// Why and where the context changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Cause {
    pub(super) reason: &'static str,
    pub(super) at: Option<String>,
    pub(super) line: Option<u64>,
}

/// What a request is to hold.
#[derive(Debug, Default)]
pub(super) struct Target {
    pub(super) head: Vec<Handle>,
    /// So many spans of the messages stay as they are.
    pub(super) keep: usize,
    /// Then these stand there, and no others.
    pub(super) then: Vec<Handle>,
}

#[derive(Default)]
pub(super) struct Stage {
    entries: Vec<Option<Entry>>,
    traits: Vec<Traits>,
    spots: Vec<Spot>,
    order: Vec<(Handle, Entry)>,
    /// Where in the order an entry is.
    written: HashMap<Handle, usize>,
    head: Vec<Handle>,
    live: Vec<Handle>,
    /// A span has been written.
    pub(super) begun: bool,
    /// When spans are put in, and in which turn.
    pub(super) now: (Option<String>, Option<u64>),
}

impl Stage {
    /// Nothing has come of these entries.
    pub(super) fn of(entries: Vec<Entry>) -> Stage {
        let mut stage = Stage {
            spots: vec![Spot::Ahead; entries.len()],
            ..Stage::default()
        };
        stage.traits = entries.iter().map(traits).collect();
        stage.entries = entries.into_iter().map(Some).collect();
        stage
    }

    /// All entries that were written, in their order.
    pub(super) fn into_order(self) -> Vec<(Handle, Entry)> {
        self.order
    }

    pub(super) fn entry(&self, handle: Handle) -> Option<&Entry> {
        self.entries.get(handle)?.as_ref()
    }

    pub(super) fn entry_mut(&mut self, handle: Handle) -> Option<&mut Entry> {
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

    pub(super) fn put(&mut self, handle: Handle, spot: Spot) {
        if let Some(place) = self.spots.get_mut(handle) {
            *place = spot;
        }
    }

    /// Puts in a span that no line is; it waits.
    pub(super) fn add(&mut self, mut span: KeptSpan) -> Handle {
        (span.at, span.turn) = self.now.clone();
        let entry = Entry::Span(Box::new(span), Made::Input);
        self.traits.push(traits(&entry));
        self.entries.push(Some(entry));
        self.spots.push(Spot::Waiting);
        self.entries.len() - 1
    }

    /// Puts in a span once more; it waits.
    pub(super) fn copy(&mut self, handle: Handle) -> Option<Handle> {
        let written = self
            .written
            .get(&handle)
            .and_then(|at| self.order.get(*at))
            .map(|(_, entry)| entry);
        match written.or(self.entry(handle)) {
            Some(Entry::Span(span, _)) => Some(self.add(KeptSpan::clone(span))),
            _ => None,
        }
    }

    /// Writes an entry, once.
    pub(super) fn write(&mut self, handle: Handle) {
        if let Some(entry) = self.entries.get_mut(handle).and_then(Option::take) {
            self.begun |= matches!(entry, Entry::Span(..));
            self.written.insert(handle, self.order.len());
            self.order.push((handle, entry));
        }
    }

    /// Writes a span behind all that stands in the context.
    pub(super) fn enter(&mut self, handle: Handle) {
        self.write(handle);
        self.put(handle, Spot::Live(self.live.len()));
        self.live.push(handle);
    }

    /// These stand in front of all messages from now on; the event is the caller's.
    pub(super) fn put_in_front(&mut self, head: &[Handle]) {
        self.head = head.to_vec();
        head.iter().for_each(|handle| self.put(*handle, Spot::Head));
    }

    /// All messages but these have left, and these stand in this order; the event is the caller's.
    pub(super) fn clear(&mut self, keep: &[Handle]) {
        for handle in std::mem::take(&mut self.live) {
            self.put(handle, Spot::Left);
        }
        for handle in keep {
            if self.spot(*handle) == Spot::Left {
                self.put(*handle, Spot::Live(self.live.len()));
                self.live.push(*handle);
            }
        }
    }

    /// These have left; the event is the caller's.
    pub(super) fn leave(&mut self, handles: &[Handle]) {
        let mut first = self.live.len();
        for handle in handles {
            if let Spot::Live(at) = self.spot(*handle) {
                first = first.min(at);
                self.put(*handle, Spot::Left);
            }
        }
        let behind = self.live.split_off(first);
        for handle in behind {
            if self.spot(handle) != Spot::Left {
                self.put(handle, Spot::Live(self.live.len()));
                self.live.push(handle);
            }
        }
    }

    /// All that was written after an entry has left; the event is the caller's.
    pub(super) fn back_to(&mut self, handle: Handle) {
        let Some(place) = self.written.get(&handle).copied() else {
            return;
        };
        while let Some(latest) = self
            .live
            .pop_if(|latest| self.written.get(latest).is_some_and(|at| *at > place))
        {
            self.put(latest, Spot::Left);
        }
    }

    /// Makes the context what a request holds: spans enter, and events are written of what else
    /// changes.
    pub(super) fn fit(&mut self, target: Target, cause: &Cause) {
        let Target { head, keep, then } = target;
        let old = self.live.split_off(keep.min(self.live.len()));
        let same = old.iter().zip(&then).take_while(|(a, b)| a == b).count();
        let (stays, then_new) = (
            old.get(same..).unwrap_or_default(),
            then.get(same..).unwrap_or_default(),
        );
        // Whatever is on neither list has left.
        let old_head = std::mem::take(&mut self.head);
        stays
            .iter()
            .chain(&old_head)
            .for_each(|handle| self.put(*handle, Spot::Left));
        let in_old: Vec<Handle> = old_head.iter().chain(stays).copied().collect();
        let new = |stage: &Stage, handle: Handle| {
            matches!(stage.spot(handle), Spot::Waiting | Spot::Unsent)
        };
        let mut fits = !self.begun || is_part(&head, &old_head);
        let mut entered = false;
        for handle in then_new {
            let is_new = new(self, *handle);
            // What is new may only stand behind what stays.
            fits &= is_new || !entered;
            entered |= is_new;
        }
        let kept: Vec<Handle> = then_new
            .iter()
            .filter(|handle| !new(self, **handle))
            .copied()
            .collect();
        fits &= is_part(&kept, stays);
        let fresh: Vec<Handle> = head
            .iter()
            .chain(then_new)
            .filter(|handle| new(self, **handle))
            .copied()
            .collect();
        head.iter().for_each(|handle| self.put(*handle, Spot::Head));
        let from = self.live.len() + same;
        self.live.extend(&then);
        for (at, handle) in then_new.iter().enumerate() {
            self.put(*handle, Spot::Live(from + at));
        }
        self.head = head;
        let drop: Vec<Handle> = in_old
            .into_iter()
            .filter(|handle| self.spot(*handle) == Spot::Left)
            .collect();
        if fits && !drop.is_empty() {
            self.event(
                cause,
                false,
                References {
                    drop,
                    ..References::default()
                },
            );
        }
        fresh.into_iter().for_each(|handle| self.write(handle));
        if !fits {
            let keep = self.head.iter().chain(&self.live).copied().collect();
            self.event(
                cause,
                true,
                References {
                    keep,
                    ..References::default()
                },
            );
        }
    }

    /// Writes a request that no line reports, and of which nobody says what it held.
    pub(super) fn add_request(&mut self, request: Request) {
        self.append(Entry::Hidden(Box::new(request.into())));
    }

    fn append(&mut self, entry: Entry) {
        let handle = self.entries.len();
        self.entries.push(None);
        self.traits.push(Traits::default());
        self.spots.push(Spot::Ahead);
        self.order.push((handle, entry));
    }

    /// Writes an event that no line is.
    fn event(&mut self, cause: &Cause, clear: bool, references: References) {
        let reason = Some(cause.reason.to_owned());
        let (at, line) = (cause.at.clone(), cause.line);
        let event = Event {
            what: What::Context,
            reason,
            clear,
            at,
            line,
            ..Event::default()
        };
        self.append(Entry::Event(Box::new(event), Box::new(references)));
    }
}

/// Whether a list is a part of another, in its order.
fn is_part(list: &[Handle], of: &[Handle]) -> bool {
    let mut all = of.iter();
    list.iter().all(|handle| all.any(|other| other == handle))
}

fn traits(entry: &Entry) -> Traits {
    match entry {
        Entry::Span(span, made) => Traits {
            thought: span.part == Part::Reasoning,
            made: if let Made::By(request) = made {
                Some(*request)
            } else {
                None
            },
            line: span.line,
        },
        _ => Traits::default(),
    }
}
