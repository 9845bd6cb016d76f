//! Tasks: what the program does between two inputs, and in which process (docs/formats.md 2.8).
//!
//! A task begins with the messages since the task before it, which precede its `task_started`. A
//! session that is resumed is another process: ids of tasks and the running sum of tokens begin
//! again. A file without tasks (older versions, rewritten sessions of another agent) is one task,
//! and not *staged*: the rules of a turn do not apply to it.

use std::ops::Range;

use crate::format::history::{Handle, ThreadEntry};
use crate::format::rollout::tape::{Recording, Tape, TapeMark};
use crate::record::{Role, What};

/// One thing on the tape: an entry, or a mark by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Entry(Handle),
    Mark(usize),
}

impl Beat {}

/// What a task spans.
#[derive(Debug)]
pub(super) struct ProgramTask {
    /// The beats of the task, by their indices.
    pub(super) beats: Range<usize>,
    pub(super) id: String,
    /// The task is a review.
    pub(super) reviews: bool,
    /// The task is of another process than the task before it.
    pub(super) resumes: bool,
}

/// A thread as its tasks.
pub(super) struct Tasks {
    pub(super) beats: Vec<Beat>,
    pub(super) tasks: Vec<ProgramTask>,
    /// Whether the file records when its tasks begin.
    pub(super) staged: bool,
}

impl ProgramTask {
    fn new(beats: Range<usize>, id: &str) -> ProgramTask {
        ProgramTask {
            beats,
            id: id.to_owned(),
            reviews: false,
            resumes: false,
        }
    }
}

impl Tasks {
    pub(super) fn of(recording: &Recording) -> Tasks {
        let beats = beats(recording);
        let mut tasks: Vec<ProgramTask> = Vec::new();
        for (place, beat) in beats.iter().enumerate() {
            let Some(id) = began(&recording.tape, *beat) else {
                continue;
            };
            let mut start = 0;
            if let Some(before) = tasks.last_mut() {
                start = start_of(recording, &beats, place);
                before.beats.end = start;
            }
            tasks.push(ProgramTask::new(start..beats.len(), id));
        }
        let staged = !tasks.is_empty();
        if !staged {
            tasks.push(ProgramTask::new(0..beats.len(), ""));
        }
        let mut stage = Tasks {
            beats,
            tasks,
            staged,
        };
        stage.review(&recording.tape);
        stage.resume(recording);
        stage
    }

    /// The task of a report at that place: the latest task of its id that has begun, or the one
    /// that contains the place.
    pub(super) fn task_of(&self, place: usize, id: &str) -> usize {
        let begun = self.tasks.partition_point(|task| task.beats.start <= place);
        let latest = begun.saturating_sub(1);
        if id.is_empty() {
            return latest;
        }
        let mut tasks = self.tasks.iter().take(begun);
        tasks.rposition(|task| task.id == id).unwrap_or(latest)
    }

    fn review(&mut self, tape: &Tape) {
        for task in &mut self.tasks {
            let beats = self.beats.get(task.beats.clone()).unwrap_or_default();
            task.reviews = beats
                .iter()
                .any(|beat| matches!(mark(tape, *beat), Some(TapeMark::ReviewBegan { .. })));
        }
    }

    /// Marks the tasks of another process than the task before: the id of such a task is none that
    /// could follow, or the running sum begins again with it though nothing was compacted.
    fn resume(&mut self, recording: &Recording) {
        let anew = self.sums_anew(recording);
        let mut before: Option<u64> = None;
        for (at, (task, anew)) in self.tasks.iter_mut().zip(anew).enumerate() {
            let number = task.id.parse::<u64>().ok();
            let follows = match (number, before) {
                (Some(number), Some(before)) => number > before,
                _ => true,
            };
            task.resumes = at > 0 && (anew || !follows);
            if number.is_some() || task.resumes {
                before = number;
            }
        }
    }

    /// For each task, whether the running sum begins again with its first report, though there was
    /// a report before and nothing was compacted since.
    fn sums_anew(&self, recording: &Recording) -> Vec<bool> {
        let mut anew = vec![None; self.tasks.len()];
        let mut continues = false;
        for (place, beat) in self.beats.iter().enumerate() {
            if let Beat::Entry(handle) = beat
                && let Some(report) = recording.tape.reports.get(handle)
            {
                let task = self.task_of(place, &report.task);
                if let Some(anew @ None) = anew.get_mut(task) {
                    *anew = Some(continues && report.begins_sum);
                }
                continues = true;
            }
            if matches!(mark(&recording.tape, *beat), Some(TapeMark::Compacted(_))) {
                continues = false;
            }
        }
        anew.into_iter().map(|anew| anew == Some(true)).collect()
    }
}

/// The mark of a beat, if it is one.
pub(super) fn mark(tape: &Tape, beat: Beat) -> Option<&TapeMark> {
    match beat {
        Beat::Mark(number) => {
            let (_, mark) = tape.marks.get(number)?;
            Some(mark)
        }
        Beat::Entry(_) => None,
    }
}

fn began(tape: &Tape, beat: Beat) -> Option<&str> {
    match mark(tape, beat)? {
        TapeMark::TaskBegan { id } => Some(id),
        _ => None,
    }
}

fn beats(recording: &Recording) -> Vec<Beat> {
    let mut beats = Vec::with_capacity(recording.entries.len() + recording.tape.marks.len());
    let mut marks = recording.tape.marks.iter().enumerate().peekable();
    for handle in 0..=recording.entries.len() {
        while let Some((number, _)) = marks.next_if(|(_, (before, _))| *before <= handle) {
            beats.push(Beat::Mark(number));
        }
        if handle < recording.entries.len() {
            beats.push(Beat::Entry(handle));
        }
    }
    beats
}

/// Where a task begins: with the messages before its `task_started`, which is at `place`. A report
/// among them may be late.
fn start_of(recording: &Recording, beats: &[Beat], place: usize) -> usize {
    let mut start = place;
    while start > 0 && is_input(recording, beats[start - 1]) {
        start -= 1;
    }
    // Reports that end what came before are not of this task.
    while start < place && is_late(recording, beats[start]) {
        start += 1;
    }
    start
}

/// Whether a beat may precede the `task_started` of its task.
fn is_input(recording: &Recording, beat: Beat) -> bool {
    let Beat::Entry(handle) = beat else {
        let mark = mark(&recording.tape, beat);
        return matches!(mark, Some(TapeMark::ReviewBegan { .. }));
    };
    if handle < recording.tape.documents_end {
        return false;
    }
    match recording.entries.get(handle) {
        Some(ThreadEntry::Span(span, _)) => matches!(span.role, Role::User | Role::Developer),
        Some(ThreadEntry::Event(event, _)) => {
            matches!(event.what, What::Turn | What::Review | What::RateLimit)
        }
        Some(ThreadEntry::Request(_) | ThreadEntry::Hidden(_)) => true,
        None => false,
    }
}

/// Whether a beat is a late report of the task before.
fn is_late(recording: &Recording, beat: Beat) -> bool {
    let Beat::Entry(handle) = beat else {
        return false;
    };
    match recording.entries.get(handle) {
        Some(ThreadEntry::Request(_) | ThreadEntry::Hidden(_)) => true,
        Some(ThreadEntry::Event(event, _)) => event.what == What::RateLimit,
        _ => false,
    }
}
