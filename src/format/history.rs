//! The history of a thread in a neutral form, which the readers of all formats build.
//!
//! A reader adds spans, requests and events in the order of the file. When the thread ends, they
//! get their ordinals and ids. This file knows no format. It does not decide the final order of the
//! entries either: the reader or [`order`](super::order) does.

mod entry;
mod kept;
mod thread;

use std::collections::{BTreeMap, HashMap, HashSet};

use super::project::Project;
use crate::record::{Disk, Event, Request, Session, Span, What};
pub use entry::{Handle, Made, References, ThreadEntry, unreported};
pub(in crate::format) use kept::Words;
pub use kept::{KeptRequest, KeptSpan};
use thread::EntryNumbers;
pub use thread::{Covered, Final, FinishedThread};

/// A thread whose file is being read.
#[derive(Default)]
pub struct OpenThread {
    /// The session; the caller that knows the path sets `thread` and `file`.
    pub session: Session,
    entries: Vec<ThreadEntry>,
    /// Texts that several entries share.
    words: Words,
    /// Generated entries, by the entry that they precede.
    before: BTreeMap<Handle, Vec<ThreadEntry>>,
    /// Generated entries, by the entry that they follow.
    after: BTreeMap<Handle, Vec<ThreadEntry>>,
    disk: BTreeMap<String, (u64, u64)>,
    /// The number of requests without usable usage.
    pub unusable: u64,
    /// The current lines belong to another file, and their bytes are counted when that file is
    /// read.
    pub elsewhere: bool,
    turn: u64,
    made_in_turn: bool,
}

impl OpenThread {
    /// Adds a span; returns its handle.
    pub fn push_span(&mut self, mut span: Span, made: Made) -> Handle {
        self.made_in_turn |= made != Made::Input;
        span.turn = self.turn_number();
        let span = Box::new(KeptSpan::sharing(span, &mut self.words));
        self.add(ThreadEntry::Span(span, made))
    }

    /// Adds a request with the usage that the file reports; returns its handle.
    pub fn push_request(&mut self, request: Request) -> Handle {
        let request = self.keep_request(request);
        self.add(ThreadEntry::Request(request))
    }

    /// Adds a request of which only the usage is known.
    pub fn push_hidden_request(&mut self, request: Request) {
        let request = self.keep_request(request);
        self.add(ThreadEntry::Hidden(request));
    }

    fn keep_request(&mut self, mut request: Request) -> Box<KeptRequest> {
        request.turn = self.turn_number();
        request.counted = request.uncounted.is_none();
        Box::new(KeptRequest::sharing(request, &mut self.words))
    }

    /// The number of the current turn; `None` before the first.
    fn turn_number(&self) -> Option<u64> {
        if self.turn == 0 {
            return None;
        }
        Some(self.turn)
    }

    /// Adds an event; returns its handle.
    pub fn push_event(&mut self, mut event: Event, references: References) -> Handle {
        event.turn = self.turn_number();
        self.add(ThreadEntry::Event(Box::new(event), Box::new(references)))
    }

    /// Begins a turn before a message of the user, if it is the first of all or the first after
    /// anything that the model made. Returns the handle of the turn's event.
    pub fn begin_turn_if_due(&mut self, at: Option<&str>, line: u64) -> Option<Handle> {
        if self.turn > 0 && !self.made_in_turn {
            return None;
        }
        self.turn += 1;
        self.made_in_turn = false;
        let event = Event {
            what: What::Turn,
            at: at.map(str::to_owned),
            line: Some(line),
            ..Event::default()
        };
        Some(self.push_event(event, References::default()))
    }

    /// Counts a line, or a part of one, that was never sent to a model.
    pub fn count_disk(&mut self, kind: &str, bytes: usize) {
        if self.elsewhere {
            return;
        }
        let bytes = bytes as u64;
        match self.disk.get_mut(kind) {
            Some(sum) => *sum = (sum.0 + 1, sum.1 + bytes),
            None => drop(self.disk.insert(kind.to_owned(), (1, bytes))),
        }
    }

    /// The entries so far, in the order of the file.
    pub fn entries(&self) -> &[ThreadEntry] {
        &self.entries
    }

    /// Changes the request with this handle, because a later line says more; `None` if it is no
    /// request.
    pub fn change_request<T>(
        &mut self,
        handle: Handle,
        change: impl FnOnce(&mut Request) -> T,
    ) -> Option<T> {
        match self.entries.get_mut(handle) {
            Some(ThreadEntry::Request(request)) => Some(request.change(&mut self.words, change)),
            _ => None,
        }
    }

    /// Gives the thread's first requests, which came before any line named a model, the first model
    /// that is named.
    pub fn name_first_models(&mut self) {
        let mut requests: Vec<&mut KeptRequest> = Vec::new();
        let mut first = None;
        for entry in &mut self.entries {
            let Some(request) = entry.as_request_mut() else {
                continue;
            };
            if request.model.is_some() {
                first.clone_from(&request.model);
                break;
            }
            requests.push(request);
        }
        for request in requests {
            request.model.clone_from(&first);
        }
    }

    /// The event with this handle, for changes by a later line.
    pub fn event_mut(&mut self, handle: Handle) -> Option<&mut Event> {
        match self.entries.get_mut(handle) {
            Some(ThreadEntry::Event(event, _)) => Some(event),
            _ => None,
        }
    }

    /// Whether there is no span and no request.
    pub fn is_empty(&self) -> bool {
        self.entries
            .iter()
            .all(|entry| matches!(entry, ThreadEntry::Event(..)))
    }

    fn add(&mut self, entry: ThreadEntry) -> Handle {
        self.entries.push(entry);
        self.entries.len() - 1
    }

    /// Names the branch of a work tree after the tree, where git names none.
    fn name_branch(&mut self) {
        let session = &mut self.session;
        let branch = session.branch.as_deref().unwrap_or_default();
        if !matches!(branch, "" | "HEAD") {
            return;
        }
        if let Some(cwd) = &session.cwd
            && let Some(tree) = Project::of(cwd).tree
        {
            session.branch = Some(tree.to_owned());
        }
    }

    /// Adds a generated request or event directly before the entry with this handle, after those
    /// added there before.
    pub fn insert_before(&mut self, handle: Handle, entry: ThreadEntry) {
        self.before.entry(handle).or_default().push(entry);
    }

    /// Adds a generated request or event directly after the entry with this handle, after those
    /// added there before.
    pub fn insert_after(&mut self, handle: Handle, entry: ThreadEntry) {
        self.after.entry(handle).or_default().push(entry);
    }

    /// The generated requests, each with the handle of the entry that it precedes or follows.
    pub fn generated_requests(&self) -> impl Iterator<Item = (Handle, &KeptRequest)> {
        let mut requests = Vec::new();
        for generated in [&self.before, &self.after] {
            for (handle, entries) in generated {
                for entry in entries {
                    if let Some(request) = entry.as_request() {
                        requests.push((*handle, request));
                    }
                }
            }
        }
        requests.into_iter()
    }

    /// Inserts the generated entries before and after their entries; they get handles after all
    /// others.
    fn insert_generated(
        &mut self,
        arranged: Vec<(Handle, ThreadEntry)>,
    ) -> Vec<(Handle, ThreadEntry)> {
        if self.before.is_empty() && self.after.is_empty() {
            return arranged;
        }
        let mut fresh = thread::end_of_handles(&arranged);
        let mut all = Vec::with_capacity(arranged.len());
        for (handle, entry) in arranged {
            for entry in self.before.remove(&handle).unwrap_or_default() {
                all.push((fresh, entry));
                fresh += 1;
            }
            all.push((handle, entry));
            for entry in self.after.remove(&handle).unwrap_or_default() {
                all.push((fresh, entry));
                fresh += 1;
            }
        }
        all
    }

    /// Marks what these requests made as inherited: they are another thread's.
    pub fn inherit_from(&mut self, requests: &HashSet<Handle>) {
        if requests.is_empty() {
            return;
        }
        for entry in &mut self.entries {
            if let ThreadEntry::Span(span, made) = entry
                && let Made::By(request) = made
                && requests.contains(request)
            {
                span.inherited = true;
                *made = Made::Input;
            }
        }
    }

    /// Removes and returns all entries, in the order of the file, for a caller that puts them in
    /// order and calls [`OpenThread::finish_in_order`]. The handle of an entry is its index.
    pub fn take_entries(&mut self) -> Vec<ThreadEntry> {
        std::mem::take(&mut self.entries)
    }

    /// Ends the history. `arranged`: its entries in their final order, each with its handle;
    /// generated entries have new handles, after all others. `marks`: for a request that has the
    /// provider keep the context, the spans after which it is kept. `thread`: the thread's id.
    pub fn finish_in_order(
        mut self,
        arranged: Vec<(Handle, ThreadEntry)>,
        marks: HashMap<Handle, Vec<Handle>>,
        thread: &str,
    ) -> FinishedThread {
        self.session.thread = thread.to_owned();
        self.name_branch();
        let entries = self.insert_generated(arranged);
        let places = EntryNumbers::of(&entries, marks);
        let mut disk = Vec::new();
        for (kind, (lines, bytes)) in self.disk {
            disk.push(Disk {
                thread: thread.to_owned(),
                session: self.session.session.clone(),
                kind,
                lines,
                bytes,
            });
        }
        FinishedThread {
            session: self.session,
            entries,
            places,
            disk,
            unusable: self.unusable,
            covered: Covered::default(),
            ledgers: Vec::new(),
        }
    }
}

/// The name of the project that a working directory belongs to.
pub fn project(cwd: &str) -> Option<String> {
    Some(Project::of(cwd).name?.to_owned())
}
