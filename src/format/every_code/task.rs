//! Tasks: what the program does between two inputs, and in which of its processes
//! (docs/formats.md 2.8).
//!
//! A task begins with what was said since the one before it: the messages stand in front of its
//! `task_started`. A session that is resumed is another process: ids of tasks and the running sum
//! of tokens begin again. A file that tells of no task (older versions, sessions of another agent
//! that were rewritten) is one task, and not *staged*: the rules of a turn are not its.

use std::ops::Range;

use crate::format::history::{Entry, Handle};
use crate::format::rollout::tape::{Mark, Tape, Told};
use crate::record::{Role, What};

/// One thing on the tape: an entry, or a mark by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Entry(Handle),
    Mark(usize),
}

impl Beat {
    /// The entry, if it is one.
    pub(super) fn entry(self) -> Option<Handle> {
        match self {
            Beat::Entry(handle) => Some(handle),
            Beat::Mark(_) => None,
        }
    }
}

/// What a task spans.
#[derive(Debug)]
pub(super) struct Task {
    /// Its beats, by their places.
    pub(super) beats: Range<usize>,
    pub(super) id: String,
    /// It is a review.
    pub(super) reviews: bool,
    /// Another process than that of the task before it.
    pub(super) resumes: bool,
}

/// A thread as its tasks.
pub(super) struct Stage {
    pub(super) beats: Vec<Beat>,
    pub(super) tasks: Vec<Task>,
    /// Whether the file tells when its tasks begin.
    pub(super) staged: bool,
}

impl Stage {
    pub(super) fn of(told: &Told) -> Stage {
        let beats = beats(told);
        let began: Vec<(usize, &str)> = beats
            .iter()
            .enumerate()
            .filter_map(|(place, beat)| Some((place, began(&told.tape, *beat)?)))
            .collect();
        let mut tasks: Vec<Task> = Vec::new();
        for (place, id) in &began {
            let start = if tasks.is_empty() {
                0
            } else {
                start(told, &beats, *place)
            };
            if let Some(before) = tasks.last_mut() {
                before.beats.end = start;
            }
            tasks.push(Task {
                beats: start..beats.len(),
                id: (*id).to_owned(),
                reviews: false,
                resumes: false,
            });
        }
        let staged = !tasks.is_empty();
        if !staged {
            tasks.push(Task {
                beats: 0..beats.len(),
                id: String::new(),
                reviews: false,
                resumes: false,
            });
        }
        let mut stage = Stage {
            beats,
            tasks,
            staged,
        };
        stage.review(&told.tape);
        stage.resume(told);
        stage
    }

    /// The task that a report at that place is of: the latest of its id that has begun, or the one
    /// that the place lies in.
    pub(super) fn task_of(&self, place: usize, id: &str) -> usize {
        let begun = self.tasks.partition_point(|task| task.beats.start <= place);
        let latest = begun.saturating_sub(1);
        self.tasks
            .iter()
            .take(begun)
            .rposition(|task| task.id == id)
            .filter(|_| !id.is_empty())
            .unwrap_or(latest)
    }

    fn review(&mut self, tape: &Tape) {
        for task in &mut self.tasks {
            let beats = self.beats.get(task.beats.clone()).unwrap_or_default();
            task.reviews = beats
                .iter()
                .any(|beat| matches!(mark(tape, *beat), Some(Mark::ReviewBegan { .. })));
        }
    }

    /// A task is of another process than the one before it where its id is none that could follow,
    /// or where the running sum begins again with it though nothing was compacted.
    fn resume(&mut self, told: &Told) {
        let anew = self.sums_anew(told);
        let mut before: Option<u64> = None;
        for (at, (task, anew)) in self.tasks.iter_mut().zip(anew).enumerate() {
            let number = task.id.parse::<u64>().ok();
            let follows = number
                .zip(before)
                .is_none_or(|(number, before)| number > before);
            task.resumes = at > 0 && (anew || !follows);
            before = number.or(before.filter(|_| !task.resumes));
        }
    }

    /// For each task, whether the running sum begins again with its first report, though there was
    /// a report before and nothing was compacted since.
    fn sums_anew(&self, told: &Told) -> Vec<bool> {
        let mut anew = vec![None; self.tasks.len()];
        let mut continues = false;
        for (place, beat) in self.beats.iter().enumerate() {
            if let Beat::Entry(handle) = beat
                && let Some(report) = told.tape.reports.get(handle)
            {
                let first = anew.get_mut(self.task_of(place, &report.task));
                first
                    .into_iter()
                    .for_each(|anew| *anew = anew.or(Some(continues && report.begins_sum)));
                continues = true;
            }
            if matches!(mark(&told.tape, *beat), Some(Mark::Compacted(_))) {
                continues = false;
            }
        }
        anew.into_iter().map(|anew| anew == Some(true)).collect()
    }
}

/// The mark of a beat, if it is one.
pub(super) fn mark(tape: &Tape, beat: Beat) -> Option<&Mark> {
    match beat {
        Beat::Mark(number) => tape.marks.get(number).map(|(_, mark)| mark),
        Beat::Entry(_) => None,
    }
}

fn began(tape: &Tape, beat: Beat) -> Option<&str> {
    match mark(tape, beat)? {
        Mark::TaskBegan { id } => Some(id),
        _ => None,
    }
}

fn beats(told: &Told) -> Vec<Beat> {
    let mut beats = Vec::with_capacity(told.entries.len() + told.tape.marks.len());
    let mut marks = told.tape.marks.iter().enumerate().peekable();
    for handle in 0..=told.entries.len() {
        while let Some((number, _)) = marks.next_if(|(_, (before, _))| *before <= handle) {
            beats.push(Beat::Mark(number));
        }
        if handle < told.entries.len() {
            beats.push(Beat::Entry(handle));
        }
    }
    beats
}

/// Where a task begins whose `task_started` is at that place: with the messages in front of it. A
/// report in between may be late.
fn start(told: &Told, beats: &[Beat], place: usize) -> usize {
    let is_input = |beat: &Beat| match beat {
        Beat::Entry(handle) if *handle < told.tape.documents_end => false,
        Beat::Entry(handle) => match told.entries.get(*handle) {
            Some(Entry::Span(span, _)) => matches!(span.role, Role::User | Role::Developer),
            Some(Entry::Event(event, _)) => {
                matches!(event.what, What::Turn | What::Review | What::RateLimit)
            }
            Some(Entry::Request(_) | Entry::Hidden(_)) => true,
            None => false,
        },
        Beat::Mark(_) => matches!(mark(&told.tape, *beat), Some(Mark::ReviewBegan { .. })),
    };
    let in_front = beats
        .get(..place)
        .unwrap_or_default()
        .iter()
        .rev()
        .take_while(|beat| is_input(beat))
        .count();
    let mut start = place - in_front;
    // A report that ends what came before is not of this task.
    while let Some(Beat::Entry(handle)) = beats.get(start).filter(|_| start < place) {
        match told.entries.get(*handle) {
            Some(Entry::Request(_) | Entry::Hidden(_)) => start += 1,
            Some(Entry::Event(event, _)) if event.what == What::RateLimit => start += 1,
            _ => break,
        }
    }
    start
}
