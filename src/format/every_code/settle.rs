//! The order of the entries of a thread (docs/formats.md 2.7, 2.10).
//!
//! Items are in the file in the order in which the program's history had them, so they stay where
//! they are. Each request moves before the first item of its response. Two kinds of entries are
//! generated: changes of the context, by the rules of the program ([`super::carried`]), and
//! requests that are never reported, such as those of an automatic drive, in which the program asks
//! another model what to do next.

use std::collections::HashSet;
use std::sync::Arc;

use super::pairing::ItemGroup;
use super::reordering::{Reordering, STATUS};
use super::response::{TaskResponses, responses};
use super::task::{Beat, ProgramTask, Tasks, mark};
use crate::format::history::{Handle, KeptRequest, Made, ThreadEntry, unreported};
use crate::format::rollout::tape::{Compaction, Recording, TapeMark};
use crate::record::{Form, Part, Purpose, Role, Uncounted, What};

/// A compaction cuts each message in the middle to this size.
const CUT_TEXT_BYTES: u64 = 8 << 10;
/// A compaction cuts each call and output in the middle to this size.
const CUT_OUTPUT_BYTES: u64 = 4 << 10;
/// What a compaction sends besides the history: the program's instructions, the environment and the
/// prompt for the summary, but no tools. A remote compaction sends the history alone.
const SUMMARY_HEAD_TOKENS: u64 = 6_430;

/// Puts the entries of a thread in order.
pub(super) fn settle(recording: Recording) -> Vec<(Handle, ThreadEntry)> {
    let tasks = Tasks::of(&recording);
    let responses_by_task = responses(&tasks, &recording);
    let Recording { entries, tape } = recording;
    let mut paired: HashSet<Handle> = HashSet::new();
    for responses in &responses_by_task {
        for group in &responses.with_items {
            paired.extend(group.report);
        }
    }
    let mut reordering = Reordering::new(entries, &tape, &tasks, paired);
    for (task, responses) in tasks.list.iter().zip(&responses_by_task) {
        reordering.place_task(task, responses);
    }
    reordering.into_placed()
}

impl<'t> Reordering<'t> {
    /// Places the entries of a task.
    fn place_task(&mut self, task: &ProgramTask, responses: &TaskResponses) {
        (self.response_begun, self.current_request) = (false, None);
        self.latest_tool_items.clear();
        if task.resumes {
            self.resume_process();
        }
        match (self.tasks.are_recorded, task.is_review) {
            (true, true) => self.place_review(task, responses),
            (true, false) => self.begin_turn(task),
            (false, _) => {}
        }
        let groups = &responses.with_items;
        self.follows_review = self.has_review_findings(task);
        if self.follows_review {
            for group in groups {
                if let Some(report) = group.report {
                    self.set_purpose(report, Purpose::ReviewFollowUp);
                }
            }
            for report in &responses.reports_without_items {
                self.set_purpose(*report, Purpose::ReviewFollowUp);
            }
        }
        for place in task.beats.clone() {
            if let Ok(at) = groups.binary_search_by_key(&place, |group| group.beats.start) {
                let group = &groups[at];
                if at + 1 == groups.len() {
                    for handle in self.statuses(group.beats.end..task.beats.end) {
                        self.place_entry(handle);
                    }
                }
                self.place_request_of(group);
            }
            match self.tasks.beats.get(place) {
                Some(Beat::Entry(handle)) => self.place_entry(*handle),
                Some(beat) => self.take_mark(*beat, task),
                None => {}
            }
        }
    }

    /// Places the request of a group, before the items of the group. A group without a report gets
    /// a generated request.
    fn place_request_of(&mut self, group: &ItemGroup) {
        self.latest_tool_items.clear();
        self.response_begun = true;
        let (mut at, mut turn) = (None, None);
        if let Some(span) = self.first_pending_span(group.beats.clone()) {
            at = span.at.clone();
            turn = span.turn;
        }
        let Some(handle) = group.report else {
            let mut request = unreported(at, None, turn);
            if self.follows_review {
                request.purpose = Some(Purpose::ReviewFollowUp);
            }
            self.current_request =
                Some(self.place_generated(ThreadEntry::Request(Box::new(request.into()))));
            return;
        };
        if let Some(Some(ThreadEntry::Request(request))) = self.pending.get_mut(handle) {
            request.turn = turn.or(request.turn);
        }
        // A hidden request directly before this one is the rest of the growth of the running sum,
        // which the file reports together with this request.
        if let Some(before) = handle.checked_sub(1)
            && matches!(self.pending.get(before), Some(Some(ThreadEntry::Hidden(_))))
        {
            self.place(before);
        }
        self.place(handle);
        self.current_request = Some(handle);
    }

    /// Sets the purpose of a reported request.
    pub(super) fn set_purpose(&mut self, handle: Handle, purpose: Purpose) {
        if let Some(Some(ThreadEntry::Request(request))) = self.pending.get_mut(handle) {
            request.purpose = Some(purpose);
        }
    }

    /// Whether the user's messages of a task ask the agent to fix the findings of a review.
    fn has_review_findings(&self, task: &ProgramTask) -> bool {
        let beats = self.tasks.beats.get(task.beats.clone()).unwrap_or_default();
        for beat in beats {
            if let Beat::Entry(handle) = beat
                && let Some(message) = self.carried.message(*handle)
                && message.is_from_user
                && message.look.follows_review
            {
                return true;
            }
        }
        false
    }

    /// Places the entry of a beat, unless its request is placed with its group.
    pub(super) fn place_entry(&mut self, handle: Handle) {
        let Some(Some(entry)) = self.pending.get_mut(handle) else {
            return;
        };
        match entry {
            ThreadEntry::Request(request) if request.uncounted == Some(Uncounted::Unreported) => {
                if self.tasks.are_recorded
                    && let Some(compaction) = self.compaction
                {
                    complete_compaction(request, compaction);
                }
            }
            ThreadEntry::Request(_) if self.paired.contains(&handle) => return,
            ThreadEntry::Hidden(_) if self.paired.contains(&(handle + 1)) => return,
            ThreadEntry::Request(_) | ThreadEntry::Hidden(_) => {}
            ThreadEntry::Event(event, _) if event.what == What::Context && event.clear => {
                return self.compact(handle);
            }
            ThreadEntry::Event(_, references) => {
                if let Some(place) = references.back_to {
                    self.carried.rewind_to(place);
                }
            }
            ThreadEntry::Span(span, made) => {
                // The program sends outputs as they are recorded.
                if self.tasks.are_recorded && span.form == Some(Form::ShellJson) {
                    span.form = None;
                }
                if *made == Made::ByOrder {
                    *made = match self.current_request {
                        Some(response) => Made::By(response),
                        None => Made::Input,
                    };
                }
                if span.part == Part::ToolCall || span.role == Role::Tool {
                    self.latest_tool_items.push(handle);
                }
                return self.place_span(handle);
            }
        }
        self.place(handle);
    }

    /// Adds a span to the program's history, and places it. A message that was queued while a
    /// response ran is sent twice in one request: a copy of it is generated.
    fn place_span(&mut self, handle: Handle) {
        let Some(Some(ThreadEntry::Span(span, made))) = self.pending.get(handle) else {
            return;
        };
        if handle < self.tape.documents_end {
            self.carried.add_document(handle, span.bytes);
            return self.place(handle);
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
        let mut second_copy = None;
        if self.tasks.are_recorded && self.response_begun && is_input && &*span.source != STATUS {
            second_copy = Some(span.clone());
        }
        self.carried.add_span(handle);
        self.place(handle);
        if let Some(mut span) = second_copy {
            span.line = None;
            span.set_detail("ephemeral");
            self.place_generated(ThreadEntry::Span(span, Made::Input));
        }
    }

    /// Takes the mark of a beat.
    fn take_mark(&mut self, beat: Beat, task: &ProgramTask) {
        match mark(self.tape, beat) {
            Some(TapeMark::Compacted(compaction)) => self.compaction = Some(compaction),
            Some(TapeMark::TaskEnded { at }) if !task.is_review && self.drive.is_some() => {
                let mut request = unreported(at.clone(), None, None);
                request.purpose = Some(Purpose::Coordinator);
                self.place_generated(ThreadEntry::Request(Box::new(request.into())));
            }
            _ => {}
        }
    }
}

/// Completes the unreported request of a compaction.
fn complete_compaction(request: &mut KeptRequest, compaction: &Compaction) {
    request.purpose = Some(Purpose::Compaction);
    let rest = request.rest();
    rest.cut_text_bytes = Some(CUT_TEXT_BYTES);
    rest.cut_output_bytes = Some(CUT_OUTPUT_BYTES);
    rest.head_tokens = Some(if compaction.remote {
        0
    } else {
        SUMMARY_HEAD_TOKENS
    });
}
