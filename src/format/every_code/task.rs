//! Tasks: what the program does between two inputs, and in which process (docs/formats.md 2.8).
//!
//! A task begins with its input, the messages directly before its `task_started`. A session that is
//! resumed is another process: ids of tasks and the running sum of tokens begin again. A file that
//! records no tasks (older versions, rewritten sessions of another agent) is read as one task, and
//! the rules of a turn do not apply to it.

use std::ops::Range;

use crate::format::history::{Handle, ThreadEntry};
use crate::format::rollout::tape::{Recording, Tape, TapeMark};
use crate::record::{Role, What};

/// One position on the tape, which is the sequence of the entries and marks of a file: an entry by
/// its handle, or a mark by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Entry(Handle),
    Mark(usize),
}

/// One task of the program.
#[derive(Debug)]
pub(super) struct ProgramTask {
    /// The beats of the task, by their indices.
    pub(super) beats: Range<usize>,
    pub(super) id: String,
    pub(super) is_review: bool,
    /// The task runs in another process than the task before it.
    pub(super) resumes: bool,
}

/// A thread as its tasks.
pub(super) struct Tasks {
    pub(super) beats: Vec<Beat>,
    /// The tasks, in order; at least one.
    pub(super) list: Vec<ProgramTask>,
    /// Whether the file records when its tasks begin.
    pub(super) are_recorded: bool,
}

impl ProgramTask {
    fn new(beats: Range<usize>, id: &str) -> ProgramTask {
        ProgramTask {
            beats,
            id: id.to_owned(),
            is_review: false,
            resumes: false,
        }
    }
}

impl Tasks {
    pub(super) fn of(recording: &Recording) -> Tasks {
        let beats = beats(recording);
        let mut list: Vec<ProgramTask> = Vec::new();
        for (place, beat) in beats.iter().enumerate() {
            let Some(id) = id_of_begun(&recording.tape, *beat) else {
                continue;
            };
            let mut start = 0;
            if let Some(before) = list.last_mut() {
                start = start_of(recording, &beats, place);
                before.beats.end = start;
            }
            list.push(ProgramTask::new(start..beats.len(), id));
        }
        let are_recorded = !list.is_empty();
        if !are_recorded {
            list.push(ProgramTask::new(0..beats.len(), ""));
        }
        let mut tasks = Tasks {
            beats,
            list,
            are_recorded,
        };
        tasks.mark_reviews(&recording.tape);
        tasks.mark_resumed(recording);
        tasks
    }

    /// The index of the task that a report belongs to: the latest task with this id that begins
    /// before the report. If there is none, the task that contains the report. `place`: the index
    /// of the report's beat.
    pub(super) fn task_of(&self, place: usize, id: &str) -> usize {
        let begun = self.list.partition_point(|task| task.beats.start <= place);
        let latest = begun.saturating_sub(1);
        if id.is_empty() {
            return latest;
        }
        let mut tasks = self.list.iter().take(begun);
        tasks.rposition(|task| task.id == id).unwrap_or(latest)
    }

    fn mark_reviews(&mut self, tape: &Tape) {
        for task in &mut self.list {
            let beats = self.beats.get(task.beats.clone()).unwrap_or_default();
            task.is_review = beats
                .iter()
                .any(|beat| matches!(mark(tape, *beat), Some(TapeMark::ReviewBegan { .. })));
        }
    }

    /// Marks each task that runs in another process than the task before it: its id is not greater
    /// than the previous id, or the running sum begins again with it although nothing was
    /// compacted.
    fn mark_resumed(&mut self, recording: &Recording) {
        let restarts = self.sum_restarts(recording);
        let mut before: Option<u64> = None;
        for (at, (task, sum_restarts)) in self.list.iter_mut().zip(restarts).enumerate() {
            let number = task.id.parse::<u64>().ok();
            let follows = match (number, before) {
                (Some(number), Some(before)) => number > before,
                _ => true,
            };
            task.resumes = at > 0 && (sum_restarts || !follows);
            if number.is_some() || task.resumes {
                before = number;
            }
        }
    }

    /// For each task, whether the running sum begins again with its first report, although there is
    /// an earlier report and no compaction since then.
    fn sum_restarts(&self, recording: &Recording) -> Vec<bool> {
        let mut restarts = vec![None; self.list.len()];
        let mut continues = false;
        for (place, beat) in self.beats.iter().enumerate() {
            if let Beat::Entry(handle) = beat
                && let Some(report) = recording.tape.reports.get(handle)
            {
                let task = self.task_of(place, &report.task);
                if let Some(restarts @ None) = restarts.get_mut(task) {
                    *restarts = Some(continues && report.begins_sum);
                }
                continues = true;
            }
            if matches!(mark(&recording.tape, *beat), Some(TapeMark::Compacted(_))) {
                continues = false;
            }
        }
        restarts
            .into_iter()
            .map(|restarts| restarts == Some(true))
            .collect()
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

/// The id of the task that begins with this beat.
fn id_of_begun(tape: &Tape, beat: Beat) -> Option<&str> {
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

/// The index of the beat with which a task begins: the first of the messages directly before its
/// `task_started`, which is at `place`.
fn start_of(recording: &Recording, beats: &[Beat], place: usize) -> usize {
    let mut start = place;
    while start > 0 && is_input(recording, beats[start - 1]) {
        start -= 1;
    }
    // Reports before these messages belong to the previous task.
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

/// Whether a beat directly before the input of a task is a late report of the previous task.
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
