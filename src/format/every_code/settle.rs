//! The order of the entries of a thread (docs/formats.md 2.7).
//!
//! Items are in the file in the order in which the program's history had them, so they stay where
//! they are. Each request moves before the first item of its response. Generated entries are the
//! changes of the context by the rules of the program ([`super::carried`]), and requests that
//! are never reported: those of an automatic drive, which asks another model what to do next.

use std::collections::HashSet;
use std::sync::Arc;

use super::pairing::ItemGroup;
use super::response::{TaskResponses, responses};
use super::task::{Beat, ProgramTask, Tasks, mark};
use super::walk::{STATUS, TapeWalk};
use crate::format::history::{Handle, KeptRequest, Made, ThreadEntry, unreported};
use crate::format::rollout::tape::{Compaction, Recording, TapeMark};
use crate::record::{Form, Part, Purpose, Role, Uncounted, What};

/// A compaction sends messages cut in the middle to this size.
const CUT_TEXT_BYTES: u64 = 8 << 10;
/// A compaction sends calls and outputs cut in the middle to this size.
const CUT_OUTPUT_BYTES: u64 = 4 << 10;
/// What a compaction sends besides the history, without tools: the program's instructions, the
/// environment and the prompt for the summary. A remote compaction sends the history alone.
const SUMMARY_HEAD_TOKENS: u64 = 6_430;
/// Puts the entries of a thread in order.
pub(super) fn settle(recording: Recording) -> Vec<(Handle, ThreadEntry)> {
    let stage = Tasks::of(&recording);
    let responses = responses(&stage, &recording);
    let Recording { entries, tape } = recording;
    let mut paired: HashSet<Handle> = HashSet::new();
    for responses in &responses {
        for group in &responses.groups {
            paired.extend(group.report);
        }
    }
    let mut walk = TapeWalk::new(entries, &tape, &stage, paired);
    for (task, responses) in stage.tasks.iter().zip(&responses) {
        walk.task(task, responses);
    }
    walk.done
}

impl<'t> TapeWalk<'t> {
    fn task(&mut self, task: &ProgramTask, responses: &TaskResponses) {
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
            for group in groups {
                if let Some(report) = group.report {
                    self.serves(report, Purpose::ReviewFollowUp);
                }
            }
            for report in &responses.alone {
                self.serves(*report, Purpose::ReviewFollowUp);
            }
        }
        for place in task.beats.clone() {
            if let Ok(at) = groups.binary_search_by_key(&place, |group| group.beats.start) {
                let group = &groups[at];
                if at + 1 == groups.len() {
                    for handle in self.statuses(group.beats.end..task.beats.end) {
                        self.entry(handle);
                    }
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

    /// Writes the request of a group, which precedes its items; an unreported one is generated.
    fn open(&mut self, group: &ItemGroup) {
        self.latest.clear();
        self.begun = true;
        let (mut at, mut turn) = (None, None);
        if let Some(span) = self.first_span(group.beats.clone()) {
            at = span.at.clone();
            turn = span.turn;
        }
        let Some(handle) = group.report else {
            let mut request = unreported(at, None, turn);
            if self.follows_review {
                request.purpose = Some(Purpose::ReviewFollowUp);
            }
            self.response = Some(self.put(ThreadEntry::Request(Box::new(request.into()))));
            return;
        };
        if let Some(Some(ThreadEntry::Request(request))) = self.entries.get_mut(handle) {
            request.turn = turn.or(request.turn);
        }
        // The rest of the sum's growth was reported with this request.
        if let Some(before) = handle.checked_sub(1)
            && matches!(self.entries.get(before), Some(Some(ThreadEntry::Hidden(_))))
        {
            self.put_out(before);
        }
        self.put_out(handle);
        self.response = Some(handle);
    }

    /// Sets the purpose of a reported request.
    pub(super) fn serves(&mut self, handle: Handle, purpose: Purpose) {
        if let Some(Some(ThreadEntry::Request(request))) = self.entries.get_mut(handle) {
            request.purpose = Some(purpose);
        }
    }

    /// Whether a task begins with the findings of a review.
    fn follows_review(&self, task: &ProgramTask) -> bool {
        let beats = self.stage.beats.get(task.beats.clone()).unwrap_or_default();
        for beat in beats {
            if let Beat::Entry(handle) = beat
                && let Some(message) = self.carried.message(*handle)
                && message.is_users
                && message.look.follows_review
            {
                return true;
            }
        }
        false
    }

    /// Takes the entry of a beat.
    pub(super) fn entry(&mut self, handle: Handle) {
        let Some(Some(entry)) = self.entries.get_mut(handle) else {
            return;
        };
        match entry {
            ThreadEntry::Request(request) if request.uncounted == Some(Uncounted::Unreported) => {
                if self.stage.staged
                    && let Some(compacted) = self.compacting
                {
                    compacts(request, compacted);
                }
            }
            ThreadEntry::Request(_) if self.paired.contains(&handle) => return,
            ThreadEntry::Hidden(_) if self.paired.contains(&(handle + 1)) => return,
            ThreadEntry::Request(_) | ThreadEntry::Hidden(_) => {}
            ThreadEntry::Event(event, _) if event.what == What::Context && event.clear => {
                return self.compacted(handle);
            }
            ThreadEntry::Event(_, references) => {
                if let Some(place) = references.back_to {
                    self.carried.back_to(place);
                }
            }
            ThreadEntry::Span(span, made) => {
                // The program sends outputs as they are recorded.
                if self.stage.staged && span.form == Some(Form::ShellJson) {
                    span.form = None;
                }
                if *made == Made::ByOrder {
                    *made = match self.response {
                        Some(response) => Made::By(response),
                        None => Made::Input,
                    };
                }
                if span.part == Part::ToolCall || span.role == Role::Tool {
                    self.latest.push(handle);
                }
                return self.record(handle);
            }
        }
        self.put_out(handle);
    }

    /// Adds a span to the history, and writes it. A message that was queued while a response ran
    /// is sent a second time, in one request.
    fn record(&mut self, handle: Handle) {
        let Some(Some(ThreadEntry::Span(span, made))) = self.entries.get(handle) else {
            return;
        };
        if handle < self.tape.documents_end {
            self.carried.document(handle, span.bytes);
            return self.put_out(handle);
        }
        let is_goal = match self.carried.message(handle) {
            Some(message) => message.look.goal,
            None => false,
        };
        let is_input = matches!(span.role, Role::User | Role::Developer) && *made == Made::Input;
        if is_input && matches!(&*span.source, "user" | "machine") {
            if is_goal {
                self.drive = Some(Arc::clone(&span.source));
            } else if self.drive.as_ref() != Some(&span.source) {
                self.drive = None;
            }
        }
        let mut again = None;
        if self.stage.staged && self.begun && is_input && &*span.source != STATUS {
            again = Some(span.clone());
        }
        self.carried.record(handle);
        self.put_out(handle);
        if let Some(mut span) = again {
            span.line = None;
            span.set_detail("ephemeral");
            self.put(ThreadEntry::Span(span, Made::Input));
        }
    }

    /// Takes the mark of a beat.
    fn mark(&mut self, beat: Beat, task: &ProgramTask) {
        match mark(self.tape, beat) {
            Some(TapeMark::Compacted(compacted)) => self.compacting = Some(compacted),
            Some(TapeMark::TaskEnded { at }) if !task.reviews && self.drive.is_some() => {
                let mut request = unreported(at.clone(), None, None);
                request.purpose = Some(Purpose::Coordinator);
                self.put(ThreadEntry::Request(Box::new(request.into())));
            }
            _ => {}
        }
    }
}

/// Completes the unreported request of a compaction.
fn compacts(request: &mut KeptRequest, compacted: &Compaction) {
    request.purpose = Some(Purpose::Compaction);
    let rest = request.rest();
    rest.cut_text_bytes = Some(CUT_TEXT_BYTES);
    rest.cut_output_bytes = Some(CUT_OUTPUT_BYTES);
    rest.head_tokens = Some(if compacted.remote {
        0
    } else {
        SUMMARY_HEAD_TOKENS
    });
}
