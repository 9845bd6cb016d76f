//! A thread as its reader found it, in its final order: records with their ids and ordinals.

use std::collections::{BTreeMap, HashMap};

use super::{Entry, Handle, Made, References};
use crate::record::{Disk, Event, Ledger, Request, Session, Span};

/// The entries of a thread in their final order, with ids.
pub struct Thread {
    /// The thread.
    pub session: Session,
    /// Its records, complete but for `file`.
    pub records: Vec<Final>,
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

/// A record of a thread.
pub enum Final {
    /// Content.
    Span(Box<Span>),
    /// A request.
    Request(Box<Request>),
    /// An event.
    Event(Box<Event>),
}

/// Turns handles into ids and ordinals.
pub(super) struct Names<'a> {
    pub(super) session: &'a Session,
    pub(super) seq_of: Vec<u64>,
    pub(super) ordinal_of: Vec<u64>,
    pub(super) marks: &'a HashMap<Handle, Vec<Handle>>,
}

impl Names<'_> {
    pub(super) fn name(&self, handle: Handle, entry: Entry) -> Final {
        let Session { thread, session, project, .. } = self.session;
        let seq = self.seq_of.get(handle).copied().unwrap_or_default();
        let (thread, session, id) = (thread.clone(), session.clone(), self.id(handle));
        match entry {
            Entry::Span(span, made) => {
                let made_by = match made {
                    Made::By(request) => self.ordinal_of.get(request).copied().filter(|n| *n > 0),
                    Made::Input | Made::ByOrder => None,
                };
                Final::Span(Box::new(Span { thread, session, id, seq, made_by, ..*span }))
            }
            Entry::Request(request) | Entry::Hidden(request) => {
                let n = self.ordinal_of.get(handle).copied().unwrap_or_default();
                let project = project.clone();
                let marks = self.marks.get(&handle).map_or(&[][..], Vec::as_slice);
                let cache_marks = marks.iter().map(|span| self.id(*span)).collect();
                Final::Request(Box::new(Request { thread, session, id, seq, n, project, cache_marks, ..*request }))
            }
            Entry::Event(event, References { keep, drop, back_to }) => {
                let ids = |handles: Vec<Handle>| handles.into_iter().map(|handle| self.id(handle)).collect();
                let (keep, drop, back_to) = (ids(keep), ids(drop), back_to.map(|handle| self.id(handle)));
                Final::Event(Box::new(Event { thread, session, id, seq, keep, drop, back_to, ..*event }))
            }
        }
    }

    fn id(&self, handle: Handle) -> String {
        format!("{}.{}", self.session.thread, self.seq_of.get(handle).copied().unwrap_or_default())
    }
}
