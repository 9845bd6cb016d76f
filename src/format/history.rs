//! The neutral history of a thread: what readers of all formats build, in the order of the file.
//!
//! A reader adds spans, reports of usage and changes of the context as it meets them; here they
//! get their final order (a request stands after all that it carried and before all that it
//! produced, docs/formats.md 1.10), their ordinals and their ids. Nothing here knows any format.

mod kept;
mod thread;

use std::collections::{BTreeMap, HashMap, HashSet};

use super::project::Project;
use crate::record::{Disk, Event, Request, Session, Span, Uncounted, What};
pub(in crate::format) use kept::Words;
pub use kept::{KeptRequest, KeptSpan};
use thread::Places;
pub use thread::{Covered, Final, Thread};

/// A span, request or event of a history, until it has its id.
pub type Handle = usize;

/// Who produced a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// Nobody: it is input.
    Input,
    /// The model, in the response of this report.
    By(Handle),
    /// The model; which response is told by the order of the file.
    ByOrder,
}

/// One thing that a thread's file says.
pub enum Entry {
    /// Content.
    Span(Box<KeptSpan>, Made),
    /// A report of usage, that is a request.
    Request(Box<KeptRequest>),
    /// A request that is only known by what it cost: it made none of the content.
    Hidden(Box<KeptRequest>),
    /// Anything else that matters; the references are resolved in the end.
    Event(Box<Event>, Box<References>),
}

impl Entry {
    fn as_request(&mut self) -> Option<&mut KeptRequest> {
        match self {
            Entry::Request(request) | Entry::Hidden(request) => Some(request),
            Entry::Span(..) | Entry::Event(..) => None,
        }
    }
}

/// What a `context` event refers to.
#[derive(Default)]
pub struct References {
    /// Spans that stay.
    pub keep: Vec<Handle>,
    /// Spans that leave.
    pub drop: Vec<Handle>,
    /// The entry after which all spans leave.
    pub back_to: Option<Handle>,
}

/// Where in its file a response's usage is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Before what the response produced (docs/formats.md 1.10).
    Before,
    /// After it (layout B), and perhaps after outputs that came meanwhile.
    After,
    /// The reader has put everything in its place and knows who made what.
    Given,
}

/// One thread as its reader found it.
#[derive(Default)]
pub struct History {
    /// The thread; `thread` and `file` are set by whoever knows the path.
    pub session: Session,
    entries: Vec<Entry>,
    /// What they have in common.
    words: Words,
    /// What was put beside an entry: before it, and after it.
    before: BTreeMap<Handle, Vec<Entry>>,
    after: BTreeMap<Handle, Vec<Entry>>,
    disk: BTreeMap<String, (u64, u64)>,
    /// Requests whose usage holds no number that could be used.
    pub unusable: u64,
    /// Lines of another file are read: they are counted where they stand.
    pub elsewhere: bool,
    turn: u64,
    made_in_turn: bool,
}

impl History {
    /// Adds content; returns its handle.
    pub fn span(&mut self, mut span: Span, made: Made) -> Handle {
        self.made_in_turn |= made != Made::Input;
        span.turn = (self.turn > 0).then_some(self.turn);
        let span = Box::new(KeptSpan::sharing(span, &mut self.words));
        self.add(Entry::Span(span, made))
    }

    /// Adds a report of usage; returns its handle.
    pub fn request(&mut self, mut request: Request) -> Handle {
        request.turn = (self.turn > 0).then_some(self.turn);
        request.counted = request.uncounted.is_none();
        let request = Box::new(KeptRequest::sharing(request, &mut self.words));
        self.add(Entry::Request(request))
    }

    /// Adds a request that is only known by what it cost.
    pub fn hidden_request(&mut self, mut request: Request) {
        request.turn = (self.turn > 0).then_some(self.turn);
        request.counted = request.uncounted.is_none();
        let request = Box::new(KeptRequest::sharing(request, &mut self.words));
        self.add(Entry::Hidden(request));
    }

    /// Adds an event; returns its handle.
    pub fn event(&mut self, mut event: Event, references: References) -> Handle {
        event.turn = (self.turn > 0).then_some(self.turn);
        self.add(Entry::Event(Box::new(event), Box::new(references)))
    }

    /// A message of the user is about to be added. The first one, and the first after anything
    /// that the model made, begins a turn; returns the handle of the turn's event then.
    pub fn user_speaks(&mut self, at: Option<&str>, line: u64) -> Option<Handle> {
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
        Some(self.event(event, References::default()))
    }

    /// Counts a line, or a part of one, that no model ever saw.
    pub fn disk(&mut self, kind: &str, bytes: usize) {
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
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Completes the request of that handle by what a later line says; `None` where it is none.
    pub fn complete<T>(
        &mut self,
        handle: Handle,
        change: impl FnOnce(&mut Request) -> T,
    ) -> Option<T> {
        match self.entries.get_mut(handle) {
            Some(Entry::Request(request)) => Some(request.change(&mut self.words, change)),
            _ => None,
        }
    }

    /// The thread's first requests came before their model was named: that of the first to name one
    /// is theirs.
    pub fn name_first_models(&mut self) {
        let mut requests: Vec<&mut KeptRequest> = self
            .entries
            .iter_mut()
            .filter_map(Entry::as_request)
            .collect();
        let first = requests.iter().find_map(|request| request.model.clone());
        let unnamed = requests
            .iter_mut()
            .take_while(|request| request.model.is_none());
        unnamed.for_each(|request| request.model.clone_from(&first));
    }

    /// The event of that handle, to be completed by a later line.
    pub fn event_mut(&mut self, handle: Handle) -> Option<&mut Event> {
        match self.entries.get_mut(handle) {
            Some(Entry::Event(event, _)) => Some(event),
            _ => None,
        }
    }

    /// Whether nothing was found that a model saw or that was billed.
    pub fn is_empty(&self) -> bool {
        self.entries
            .iter()
            .all(|entry| matches!(entry, Entry::Event(..)))
    }

    fn add(&mut self, entry: Entry) -> Handle {
        self.entries.push(entry);
        self.entries.len() - 1
    }

    /// The branch of a work tree is at least its name, where git names none.
    fn name_branch(&mut self) {
        let session = &mut self.session;
        let tree = session.cwd.as_deref().and_then(|cwd| Project::of(cwd).tree);
        let is_named = session
            .branch
            .as_deref()
            .is_some_and(|branch| !matches!(branch, "" | "HEAD"));
        if let (Some(tree), false) = (tree, is_named) {
            session.branch = Some(tree.to_owned());
        }
    }

    /// Puts a request or an event, complete, right before the entry of that handle.
    pub fn put_before(&mut self, handle: Handle, entry: Entry) {
        self.before.entry(handle).or_default().push(entry);
    }

    /// The same, right after it, behind what was put there before.
    pub fn put_after(&mut self, handle: Handle, entry: Entry) {
        self.after.entry(handle).or_default().push(entry);
    }

    /// The requests that were put beside entries, each with the entry's handle.
    pub fn put_requests(&self) -> impl Iterator<Item = (Handle, &KeptRequest)> {
        let put = self.before.iter().chain(&self.after);
        let each =
            put.flat_map(|(handle, entries)| entries.iter().map(move |entry| (*handle, entry)));
        each.filter_map(|(handle, entry)| match entry {
            Entry::Request(request) | Entry::Hidden(request) => Some((handle, &**request)),
            _ => None,
        })
    }

    /// Puts what stands beside entries into its place; it gets handles after all others.
    fn put_in(&mut self, arranged: Vec<(Handle, Entry)>) -> Vec<(Handle, Entry)> {
        if self.before.is_empty() && self.after.is_empty() {
            return arranged;
        }
        let mut fresh = arranged
            .iter()
            .map(|(handle, _)| handle + 1)
            .max()
            .unwrap_or(0);
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

    /// These requests are another thread's: what they made is inherited.
    pub fn inherit_from(&mut self, requests: &HashSet<Handle>) {
        if requests.is_empty() {
            return;
        }
        for entry in &mut self.entries {
            if let Entry::Span(span, made) = entry
                && matches!(made, Made::By(request) if requests.contains(request))
            {
                span.inherited = true;
                *made = Made::Input;
            }
        }
    }

    /// Ends the history: puts the entries in order, numbers the requests, and gives ids.
    /// `thread` is the thread's identity.
    pub fn finish(mut self, layout: Layout, thread: &str) -> Thread {
        let arranged = super::order::arrange(self.take_entries(), layout);
        self.finish_in_order(arranged, HashMap::new(), thread)
    }

    /// Gives all entries away, in the order of the file: the reader knows in which order they
    /// belong, and calls [`History::finish_in_order`]. Their handles are their places.
    pub fn take_entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    /// Ends the history whose entries are in their order, each with the handle that it had. Entries
    /// that were put in have new handles, after all others. `marks`: the spans up to whose ends a
    /// request has the provider keep the context.
    pub fn finish_in_order(
        mut self,
        arranged: Vec<(Handle, Entry)>,
        marks: HashMap<Handle, Vec<Handle>>,
        thread: &str,
    ) -> Thread {
        self.session.thread = thread.to_owned();
        self.name_branch();
        let arranged = self.put_in(arranged);
        let mut seq_of = vec![
            0;
            arranged
                .iter()
                .map(|(handle, _)| handle + 1)
                .max()
                .unwrap_or(0)
        ];
        let mut ordinal_of = vec![0; seq_of.len()];
        let mut requests = 0;
        for (seq, (handle, entry)) in arranged.iter().enumerate() {
            seq_of[*handle] = seq as u64 + 1;
            if matches!(entry, Entry::Request(_) | Entry::Hidden(_)) {
                requests += 1;
                ordinal_of[*handle] = requests;
            }
        }
        let places = Places {
            seq_of,
            ordinal_of,
            marks,
        };
        let disk = self.disk.into_iter().map(|(kind, (lines, bytes))| Disk {
            thread: thread.to_owned(),
            session: self.session.session.clone(),
            kind,
            lines,
            bytes,
        });
        let disk = disk.collect();
        let (covered, ledgers) = (Covered::default(), Vec::new());
        Thread {
            session: self.session,
            entries: arranged,
            places,
            disk,
            unusable: self.unusable,
            covered,
            ledgers,
        }
    }
}

/// A request that happened but was never reported: nothing is known of its usage.
pub fn unreported(at: Option<String>, model: Option<String>, turn: Option<u64>) -> Request {
    Request {
        at,
        model,
        turn,
        uncounted: Some(Uncounted::Unreported),
        ..Request::default()
    }
}

/// The project that a working directory belongs to, by which reports name it.
pub fn project(cwd: &str) -> Option<String> {
    Project::of(cwd).name.map(str::to_owned)
}
