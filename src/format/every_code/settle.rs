//! The order of what happened (docs/formats.md 2.7).
//!
//! Items stand in the file in the order in which the program's history had them, so they stay where
//! they are. What moves is each request: in front of the first item of its response. What is put in
//! are the changes of the context that the program makes by its own rules ([`Carried`]), and
//! requests that nobody reports: those of a drive, which asks a model of its own what to do next.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::carried::Carried;
use super::response::{Group, Responses, responses};
use super::task::{Beat, Stage, Task, mark};
use crate::format::history::{Entry, Handle, KeptSpan, Made, unreported};
use crate::format::rollout::tape::{Compacted, Mark, Tape, Told};
use crate::record::{Form, Part, Purpose, Request, Role, Uncounted, What};

/// A compaction sends messages, and calls and outputs, cut in the middle to so many bytes.
const CUT_TEXT_BYTES: u64 = 8 << 10;
const CUT_OUTPUT_BYTES: u64 = 4 << 10;
/// The program's own instructions, its environment and the prompt for the summary: what a
/// compaction sends beside the history, where there are no tools. A remote one sends the history
/// alone.
const SUMMARY_HEAD_TOKENS: u64 = 6_430;
/// What tells of the state of the system (tok-record(5), `source`).
const STATUS: &str = "status";

/// Puts the entries of a thread in order.
pub(super) fn settle(told: Told) -> Vec<(Handle, Entry)> {
    let stage = Stage::of(&told);
    let responses = responses(&stage, &told);
    let Told { entries, tape } = told;
    let groups = responses.iter().flat_map(|responses| &responses.groups);
    let paired: HashSet<Handle> = groups.filter_map(|group| group.report).collect();
    let mut walk = Walk {
        tape: &tape,
        stage: &stage,
        carried: Carried::new(&tape.messages),
        paired,
        fresh: entries.len(),
        done: Vec::with_capacity(entries.len()),
        place_of: vec![None; entries.len()],
        entries: entries.into_iter().map(Some).collect(),
        response: None,
        begun: false,
        latest: Vec::new(),
        compacting: None,
        drive: None,
        follows_review: false,
    };
    for (task, responses) in stage.tasks.iter().zip(&responses) {
        walk.task(task, responses);
    }
    walk.done
}

/// The walk over the tape, task by task.
pub(super) struct Walk<'t> {
    pub(super) tape: &'t Tape,
    pub(super) stage: &'t Stage,
    pub(super) carried: Carried<'t>,
    /// Requests that stand with their group.
    paired: HashSet<Handle>,
    /// The next handle for an entry that is put in.
    fresh: Handle,
    /// Entries that have no place yet.
    pub(super) entries: Vec<Option<Entry>>,
    done: Vec<(Handle, Entry)>,
    /// Where each entry of the file is among them.
    place_of: Vec<Option<usize>>,
    /// The request whose items come now.
    response: Option<Handle>,
    /// A response of the task at hand has begun.
    begun: bool,
    /// Calls and outputs of the latest response.
    pub(super) latest: Vec<Handle>,
    pub(super) compacting: Option<&'t Compacted>,
    /// The source of the messages of an automatic drive, while one is under way.
    pub(super) drive: Option<Arc<str>>,
    /// The task at hand mends what a review has found.
    follows_review: bool,
}

impl<'t> Walk<'t> {
    fn task(&mut self, task: &Task, responses: &Responses) {
        (self.begun, self.response) = (false, None);
        self.latest.clear();
        if task.resumes {
            self.resume();
        }
        match (self.stage.staged, task.reviews) {
            (true, true) => self.review(task, responses),
            (true, false) => self.turn(task),
            (false, _) => {}
        }
        let groups = &responses.groups;
        self.follows_review = self.follows_review(task);
        if self.follows_review {
            let reports = groups
                .iter()
                .filter_map(|group| group.report)
                .chain(responses.alone.iter().copied());
            reports.for_each(|handle| self.serves(handle, Purpose::ReviewFollowUp));
        }
        for place in task.beats.clone() {
            if let Ok(at) = groups.binary_search_by_key(&place, |group| group.beats.start)
                && let Some(group) = groups.get(at)
            {
                if at + 1 == groups.len() {
                    self.statuses(group.beats.end..task.beats.end)
                        .into_iter()
                        .for_each(|handle| self.entry(handle));
                }
                self.open(group);
            }
            match self.stage.beats.get(place) {
                Some(Beat::Entry(handle)) => self.entry(*handle),
                Some(beat) => self.mark(*beat, task),
                None => {}
            }
        }
    }

    /// The request of a group stands in front of its items; one that nobody reported is put in.
    fn open(&mut self, group: &Group) {
        self.latest.clear();
        self.begun = true;
        let first = self.first_span(group.beats.clone());
        let (at, turn) = first
            .map(|span| (span.at.clone(), span.turn))
            .unwrap_or_default();
        let handle = match group.report {
            Some(handle) => {
                if let Some(Some(Entry::Request(request))) = self.entries.get_mut(handle) {
                    request.turn = turn.or(request.turn);
                }
                // What the sum has grown by besides was told with it.
                if let Some(before) = handle.checked_sub(1)
                    && matches!(self.entries.get(before), Some(Some(Entry::Hidden(_))))
                {
                    self.put_out(before);
                }
                self.put_out(handle);
                handle
            }
            None => {
                let purpose = Some(Purpose::ReviewFollowUp).filter(|_| self.follows_review);
                let request = Request {
                    purpose,
                    ..unreported(at, None, turn)
                };
                self.put(Entry::Request(Box::new(request.into())))
            }
        };
        self.response = Some(handle);
    }

    /// What a reported request is for.
    pub(super) fn serves(&mut self, handle: Handle, purpose: Purpose) {
        if let Some(Some(Entry::Request(request))) = self.entries.get_mut(handle) {
            request.purpose = Some(purpose);
        }
    }

    /// Whether a task begins with the findings of a review.
    fn follows_review(&self, task: &Task) -> bool {
        let beats = self.stage.beats.get(task.beats.clone()).unwrap_or_default();
        let messages = beats
            .iter()
            .filter_map(|beat| self.carried.message(beat.entry()?));
        messages
            .filter(|message| message.is_users)
            .any(|message| message.look.follows_review)
    }

    pub(super) fn entry(&mut self, handle: Handle) {
        let is_paired = |handle: &Handle| self.paired.contains(handle);
        let Some(Some(entry)) = self.entries.get_mut(handle) else {
            return;
        };
        match entry {
            Entry::Request(request) if request.uncounted == Some(Uncounted::Unreported) => {
                if let Some(compacted) = self.compacting.filter(|_| self.stage.staged) {
                    request.purpose = Some(Purpose::Compaction);
                    let rest = request.rest();
                    (rest.cut_text_bytes, rest.cut_output_bytes) =
                        (Some(CUT_TEXT_BYTES), Some(CUT_OUTPUT_BYTES));
                    rest.head_tokens = Some(if compacted.remote {
                        0
                    } else {
                        SUMMARY_HEAD_TOKENS
                    });
                }
            }
            Entry::Request(_) if is_paired(&handle) => return,
            Entry::Hidden(_) if is_paired(&(handle + 1)) => return,
            Entry::Request(_) | Entry::Hidden(_) => {}
            Entry::Event(event, _) if event.what == What::Context && event.clear => {
                return self.compacted(handle);
            }
            Entry::Event(_, references) => references
                .back_to
                .into_iter()
                .for_each(|place| self.carried.back_to(place)),
            Entry::Span(span, made) => {
                if self.stage.staged {
                    // The program sends outputs as they are recorded.
                    span.form = span.form.filter(|form| *form != Form::ShellJson);
                }
                if *made == Made::ByOrder {
                    *made = self.response.map_or(Made::Input, Made::By);
                }
                if span.part == Part::ToolCall || span.role == Role::Tool {
                    self.latest.push(handle);
                }
                return self.record(handle);
            }
        }
        self.put_out(handle);
    }

    /// A span is recorded. A message that was queued while a response ran is sent twice, once.
    fn record(&mut self, handle: Handle) {
        let Some(Some(Entry::Span(span, made))) = self.entries.get(handle) else {
            return;
        };
        if handle < self.tape.documents_end {
            self.carried.document(handle, span.bytes);
            return self.put_out(handle);
        }
        let look = self
            .carried
            .message(handle)
            .map(|message| message.look)
            .unwrap_or_default();
        let said = matches!(span.role, Role::User | Role::Developer) && *made == Made::Input;
        if said && matches!(&*span.source, "user" | "machine") {
            self.drive = match &self.drive {
                _ if look.goal => Some(Arc::clone(&span.source)),
                source => source.clone().filter(|source| *source == span.source),
            };
        }
        let queued = self.stage.staged && self.begun && said && &*span.source != STATUS;
        let twice = queued.then(|| span.clone());
        self.carried.record(handle);
        self.put_out(handle);
        if let Some(mut span) = twice {
            span.line = None;
            span.set_detail("ephemeral");
            self.put(Entry::Span(span, Made::Input));
        }
    }

    fn mark(&mut self, beat: Beat, task: &Task) {
        match mark(self.tape, beat) {
            Some(Mark::Compacted(compacted)) => self.compacting = Some(compacted),
            Some(Mark::TaskEnded { at }) if !task.reviews && self.drive.is_some() => {
                let purpose = Some(Purpose::Coordinator);
                let request = Request {
                    purpose,
                    ..unreported(at.clone(), None, None)
                };
                self.put(Entry::Request(Box::new(request.into())));
            }
            _ => {}
        }
    }

    /// Messages on the state of the system among these beats.
    pub(super) fn statuses(&self, beats: Range<usize>) -> Vec<Handle> {
        let is_status = |handle: &Handle| matches!(self.entries.get(*handle), Some(Some(Entry::Span(span, _))) if &*span.source == STATUS);
        let beats = self.stage.beats.get(beats).unwrap_or_default();
        beats
            .iter()
            .filter_map(|beat| beat.entry())
            .filter(is_status)
            .collect()
    }

    /// An entry that is put in.
    pub(super) fn put(&mut self, entry: Entry) -> Handle {
        self.done.push((self.fresh, entry));
        self.fresh += 1;
        self.fresh - 1
    }

    /// An entry of the file, at its place.
    pub(super) fn put_out(&mut self, handle: Handle) {
        if let Some(entry) = self.entries.get_mut(handle).and_then(Option::take) {
            if let Some(place) = self.place_of.get_mut(handle) {
                *place = Some(self.done.len());
            }
            self.done.push((handle, entry));
        }
    }

    /// A span of the file that has no place yet.
    pub(super) fn span(&mut self, handle: Handle) -> Option<&mut KeptSpan> {
        match self.entries.get_mut(handle)? {
            Some(Entry::Span(span, _)) => Some(span),
            _ => None,
        }
    }

    /// A span of the file that has its place.
    pub(super) fn placed(&mut self, handle: Handle) -> Option<&mut KeptSpan> {
        let place = self.place_of.get(handle).copied().flatten()?;
        match self.done.get_mut(place)? {
            (_, Entry::Span(span, _)) => Some(span),
            _ => None,
        }
    }

    /// The first span of these beats.
    pub(super) fn first_span(&self, beats: Range<usize>) -> Option<&KeptSpan> {
        let beats = self.stage.beats.get(beats).unwrap_or_default();
        beats
            .iter()
            .filter_map(|beat| beat.entry())
            .find_map(|handle| match self.entries.get(handle)? {
                Some(Entry::Span(span, _)) => Some(&**span),
                _ => None,
            })
    }
}
