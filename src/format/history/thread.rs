//! A thread whose file has been read: its entries in their final order, which become records with
//! ids and ordinals one by one, as the caller takes them.

use std::collections::{BTreeMap, HashMap};

use super::entry::{Handle, Made, References, ThreadEntry};
use super::kept::KeptRequest;
use crate::record::{Disk, Event, Ledger, Request, Session, Span};

/// The entries of a thread in their final order, with their ids and ordinals.
pub struct FinishedThread {
    /// The session record of the thread.
    pub session: Session,
    pub(super) entries: Vec<(Handle, ThreadEntry)>,
    pub(super) places: EntryNumbers,
    /// The parts of the file that were never sent to a model.
    pub disk: Vec<Disk>,
    /// The number of requests without usable usage.
    pub unusable: u64,
    /// What is known about the requests besides the lines of the conversation.
    pub covered: Covered,
    /// Records of the agent's own cost ledger.
    pub ledgers: Vec<Ledger>,
}

/// How much of what an agent sent is recorded besides the conversation.
#[derive(Clone, Debug, Default)]
pub struct Covered {
    /// Requests whose messages the agent lists in full.
    pub logged_requests: u64,
    /// The number of listed messages and listed heads that are in no file.
    pub unresolved_messages: u64,
    /// The number of requests, by the agent's version, of versions that also send requests that no
    /// file records.
    pub helpers_unseen: BTreeMap<String, u64>,
}

impl Covered {
    /// Adds the numbers of another thread.
    pub fn add(&mut self, other: &Covered) {
        self.logged_requests += other.logged_requests;
        self.unresolved_messages += other.unresolved_messages;
        for (version, requests) in &other.helpers_unseen {
            *self.helpers_unseen.entry(version.clone()).or_default() += requests;
        }
    }
}

/// A record of a thread, complete but for `file`.
pub enum Final {
    /// Content.
    Span(Box<Span>),
    /// A request.
    Request(Box<Request>),
    /// An event.
    Event(Box<Event>),
}

impl FinishedThread {
    /// The number of records.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The thread's requests, without ids.
    pub fn requests(&self) -> impl Iterator<Item = &KeptRequest> {
        self.entries
            .iter()
            .filter_map(|(_, entry)| entry.as_request())
    }

    /// The thread's entries, for corrections by other files.
    pub fn entries_mut(&mut self) -> impl Iterator<Item = &mut ThreadEntry> {
        self.entries.iter_mut().map(|(_, entry)| entry)
    }

    /// Removes and returns the thread's records, in order.
    pub fn take_records(&mut self) -> impl Iterator<Item = Final> + use<'_> {
        let names = RecordNames {
            session: &self.session,
            places: &self.places,
        };
        std::mem::take(&mut self.entries)
            .into_iter()
            .map(move |(handle, entry)| names.name(handle, entry))
    }
}

/// The sequence number and the ordinal of each entry, by its handle.
pub(super) struct EntryNumbers {
    seq_of: Vec<u64>,
    ordinal_of: Vec<u64>,
    /// For each request, the spans up to which the agent asks the provider to cache the context.
    marks: HashMap<Handle, Vec<Handle>>,
}

impl EntryNumbers {
    /// Numbers the entries of a thread in their final order.
    pub(super) fn of(
        entries: &[(Handle, ThreadEntry)],
        marks: HashMap<Handle, Vec<Handle>>,
    ) -> EntryNumbers {
        let mut seq_of = vec![0; end_of_handles(entries)];
        let mut ordinal_of = vec![0; seq_of.len()];
        let mut requests = 0;
        for (seq, (handle, entry)) in entries.iter().enumerate() {
            seq_of[*handle] = seq as u64 + 1;
            if entry.as_request().is_some() {
                requests += 1;
                ordinal_of[*handle] = requests;
            }
        }
        EntryNumbers {
            seq_of,
            ordinal_of,
            marks,
        }
    }

    fn seq(&self, handle: Handle) -> u64 {
        self.seq_of.get(handle).copied().unwrap_or_default()
    }

    /// The ordinal of a request; 0 for any other entry.
    fn ordinal(&self, handle: Handle) -> u64 {
        self.ordinal_of.get(handle).copied().unwrap_or_default()
    }

    fn marks_of(&self, request: Handle) -> &[Handle] {
        match self.marks.get(&request) {
            Some(spans) => spans,
            None => &[],
        }
    }
}

/// Returns the handle after the last one.
pub(super) fn end_of_handles(entries: &[(Handle, ThreadEntry)]) -> usize {
    let last = entries.iter().map(|(handle, _)| *handle).max();
    last.map_or(0, |last| last + 1)
}

/// Turns handles into ids and ordinals.
struct RecordNames<'t> {
    session: &'t Session,
    places: &'t EntryNumbers,
}

impl RecordNames<'_> {
    fn name(&self, handle: Handle, entry: ThreadEntry) -> Final {
        match entry {
            ThreadEntry::Span(span, made) => {
                Final::Span(Box::new(self.span(handle, Span::from(*span), made)))
            }
            ThreadEntry::Request(request) | ThreadEntry::Hidden(request) => {
                Final::Request(Box::new(self.request(handle, Request::from(*request))))
            }
            ThreadEntry::Event(event, references) => {
                Final::Event(Box::new(self.event(handle, *event, *references)))
            }
        }
    }

    fn span(&self, handle: Handle, span: Span, made: Made) -> Span {
        let made_by = match made {
            Made::By(request) => match self.places.ordinal(request) {
                0 => None,
                ordinal => Some(ordinal),
            },
            Made::Input | Made::ByOrder => None,
        };
        Span {
            thread: self.session.thread.clone(),
            session: self.session.session.clone(),
            id: self.id(handle),
            seq: self.places.seq(handle),
            made_by,
            ..span
        }
    }

    fn request(&self, handle: Handle, request: Request) -> Request {
        let marks = self.places.marks_of(handle);
        Request {
            thread: self.session.thread.clone(),
            session: self.session.session.clone(),
            id: self.id(handle),
            seq: self.places.seq(handle),
            n: self.places.ordinal(handle),
            project: self.session.project.clone(),
            cache_marks: self.ids(marks),
            ..request
        }
    }

    fn event(&self, handle: Handle, event: Event, references: References) -> Event {
        Event {
            thread: self.session.thread.clone(),
            session: self.session.session.clone(),
            id: self.id(handle),
            seq: self.places.seq(handle),
            keep: self.ids(&references.keep),
            drop: self.ids(&references.drop),
            back_to: references.back_to.map(|handle| self.id(handle)),
            ..event
        }
    }

    fn id(&self, handle: Handle) -> String {
        format!("{}.{}", self.session.thread, self.places.seq(handle))
    }

    fn ids(&self, handles: &[Handle]) -> Vec<String> {
        handles.iter().map(|handle| self.id(*handle)).collect()
    }
}
