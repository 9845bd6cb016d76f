//! A thread as its reader found it, in its final order: entries that become records with their ids
//! and ordinals, one by one, as they are asked for.

use std::collections::{BTreeMap, HashMap};

use super::{Entry, Handle, KeptRequest, Made, References};
use crate::record::{Disk, Event, Ledger, Request, Session, Span};

/// The entries of a thread in their final order, with what gives them their ids.
pub struct Thread {
    /// The thread.
    pub session: Session,
    pub(super) entries: Vec<(Handle, Entry)>,
    pub(super) places: Places,
    /// What of its file no model ever saw.
    pub disk: Vec<Disk>,
    /// Requests whose usage holds no number that could be used.
    pub unusable: u64,
    /// What is known of its requests beyond the lines of the conversation.
    pub covered: Covered,
    /// What its agent's own ledger says.
    pub ledgers: Vec<Ledger>,
}

/// How far an agent says itself what it has sent.
#[derive(Clone, Debug, Default)]
pub struct Covered {
    /// Requests of which it lists all messages.
    pub logged_requests: u64,
    /// Messages, and heads of requests, on these lists that nothing on disk is.
    pub unresolved_messages: u64,
    /// Requests beside which others were sent that no file records, by the agent's version.
    pub helpers_unseen: BTreeMap<String, u64>,
}

impl Covered {
    /// Adds what another thread says.
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

impl Thread {
    /// How many records it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no record.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Its requests, without ids.
    pub fn requests(&self) -> impl Iterator<Item = &KeptRequest> {
        self.entries.iter().filter_map(|(_, entry)| match entry {
            Entry::Request(request) | Entry::Hidden(request) => Some(&**request),
            Entry::Span(..) | Entry::Event(..) => None,
        })
    }

    /// Its entries, to be put right by what is known now.
    pub fn entries_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut().map(|(_, entry)| entry)
    }

    /// Gives its records away, in order.
    pub fn take_records(&mut self) -> impl Iterator<Item = Final> + use<'_> {
        let names = Names {
            session: &self.session,
            places: &self.places,
        };
        std::mem::take(&mut self.entries)
            .into_iter()
            .map(move |(handle, entry)| names.name(handle, entry))
    }
}

/// Where each entry stands, by its handle.
pub(super) struct Places {
    pub(super) seq_of: Vec<u64>,
    pub(super) ordinal_of: Vec<u64>,
    pub(super) marks: HashMap<Handle, Vec<Handle>>,
}

/// Turns handles into ids and ordinals.
struct Names<'t> {
    session: &'t Session,
    places: &'t Places,
}

impl Names<'_> {
    fn name(&self, handle: Handle, entry: Entry) -> Final {
        let Session {
            thread,
            session,
            project,
            ..
        } = self.session;
        let seq = self.places.seq_of.get(handle).copied().unwrap_or_default();
        let ordinal = |request: Handle| {
            self.places
                .ordinal_of
                .get(request)
                .copied()
                .unwrap_or_default()
        };
        let (thread, session, id) = (thread.clone(), session.clone(), self.id(handle));
        match entry {
            Entry::Span(span, made) => {
                let made_by = match made {
                    Made::By(request) => Some(ordinal(request)).filter(|n| *n > 0),
                    Made::Input | Made::ByOrder => None,
                };
                Final::Span(Box::new(Span {
                    thread,
                    session,
                    id,
                    seq,
                    made_by,
                    ..Span::from(*span)
                }))
            }
            Entry::Request(request) | Entry::Hidden(request) => {
                let (n, project) = (ordinal(handle), project.clone());
                let marks = self
                    .places
                    .marks
                    .get(&handle)
                    .map_or(&[][..], Vec::as_slice);
                let cache_marks = marks.iter().map(|span| self.id(*span)).collect();
                let request = Request::from(*request);
                Final::Request(Box::new(Request {
                    thread,
                    session,
                    id,
                    seq,
                    n,
                    project,
                    cache_marks,
                    ..request
                }))
            }
            Entry::Event(event, references) => {
                let References {
                    keep,
                    drop,
                    back_to,
                } = *references;
                let ids = |handles: Vec<Handle>| {
                    handles.into_iter().map(|handle| self.id(handle)).collect()
                };
                let (keep, drop, back_to) =
                    (ids(keep), ids(drop), back_to.map(|handle| self.id(handle)));
                Final::Event(Box::new(Event {
                    thread,
                    session,
                    id,
                    seq,
                    keep,
                    drop,
                    back_to,
                    ..*event
                }))
            }
        }
    }

    fn id(&self, handle: Handle) -> String {
        format!(
            "{}.{}",
            self.session.thread,
            self.places.seq_of.get(handle).copied().unwrap_or_default()
        )
    }
}
