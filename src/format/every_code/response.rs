//! Responses: which items the model made in one response, and which report is of it
//! (docs/formats.md 2.7).
//!
//! The items of a response are recorded together, each call with its output, after its tools have
//! run; then the outputs are recorded again, as input of the next request. So a *group* of items
//! ends at an output that is recorded again, at a message that the model did not make, or with its
//! task. The report of a response is somewhere between the group before and the group after its
//! own: before its group, inside it, or after it. Which report is of which group is decided for all
//! groups of a task at once ([`pair`]).
//!
//! A response in a review has a report and no items; one that was cut off has items and no report.

use std::collections::HashSet;
use std::ops::Range;

use super::pairing::{ItemGroup, PlacedReport, pair};
use super::task::{Beat, ProgramTask, Tasks, mark};
use crate::format::history::{Handle, Made, ThreadEntry};
use crate::format::order;
use crate::format::rollout::tape::{Recording, Tape, TapeMark};
use crate::record::{Part, Role};

/// The responses of a task.
pub(super) struct TaskResponses {
    /// Responses with items, in order.
    pub(super) groups: Vec<ItemGroup>,
    /// Reports of responses without items.
    pub(super) alone: Vec<Handle>,
}

/// The responses of each task.
pub(super) fn responses(stage: &Tasks, recording: &Recording) -> Vec<TaskResponses> {
    let mut reports: Vec<Vec<(usize, Handle)>> = vec![Vec::new(); stage.tasks.len()];
    for (place, beat) in stage.beats.iter().enumerate() {
        if let Beat::Entry(handle) = beat
            && let Some(report) = recording.tape.reports.get(handle)
            && let Some(reports) = reports.get_mut(stage.task_of(place, &report.task))
        {
            reports.push((place, *handle));
        }
    }
    let marks = &recording.tape.marks;
    let repeats = marks
        .iter()
        .any(|(_, mark)| matches!(mark, TapeMark::OutputAgain));
    let mut found = Vec::with_capacity(stage.tasks.len());
    for (task, reports) in stage.tasks.iter().zip(reports) {
        let groups = groups(stage, task, recording, repeats);
        found.push(responses_of(stage, recording, groups, reports));
    }
    found
}

/// The responses of a task. `reports`: its reports, each with its place on the tape.
fn responses_of(
    stage: &Tasks,
    recording: &Recording,
    groups: Vec<ItemGroup>,
    reports: Vec<(usize, Handle)>,
) -> TaskResponses {
    let mut placed = Vec::with_capacity(reports.len());
    for (place, handle) in reports {
        placed.push(place_report(place, handle, &groups, stage, recording));
    }
    let groups = pair(groups, &placed);
    let mut paired = HashSet::new();
    for group in &groups {
        paired.extend(group.report);
    }
    let mut alone: Vec<Handle> = placed.iter().map(|report| report.handle).collect();
    alone.retain(|handle| !paired.contains(handle));
    TaskResponses { groups, alone }
}

/// The groups of a task. `repeats`: the file records outputs again; where it does not, reports end
/// a group too.
fn groups(
    stage: &Tasks,
    task: &ProgramTask,
    recording: &Recording,
    repeats: bool,
) -> Vec<ItemGroup> {
    let mut groups: Vec<ItemGroup> = Vec::new();
    let mut open = false;
    for place in task.beats.clone() {
        let Some(beat) = stage.beats.get(place) else {
            break;
        };
        let begins = ItemGroup {
            beats: place..place,
            ..ItemGroup::default()
        };
        match item(recording, *beat, repeats) {
            GroupItem::Made {
                visible_tokens,
                reasons,
            } => {
                if !open {
                    groups.push(begins);
                }
                open = true;
                if let Some(group) = groups.last_mut() {
                    group.beats.end = place + 1;
                    group.visible_tokens += visible_tokens;
                    group.reasons |= reasons;
                }
            }
            GroupItem::Output => {
                if open && let Some(group) = groups.last_mut() {
                    group.beats.end = place + 1;
                }
            }
            GroupItem::Ends => open = false,
            GroupItem::Nothing => {}
        }
    }
    groups
}

/// What a beat means for a group.
enum GroupItem {
    Made { visible_tokens: u64, reasons: bool },
    Output,
    Ends,
    Nothing,
}

fn item(recording: &Recording, beat: Beat, repeats: bool) -> GroupItem {
    let Beat::Entry(handle) = beat else {
        return match mark(&recording.tape, beat) {
            Some(TapeMark::OutputAgain | TapeMark::Compacted(_)) => GroupItem::Ends,
            _ => GroupItem::Nothing,
        };
    };
    match recording.entries.get(handle) {
        Some(ThreadEntry::Span(span, Made::ByOrder)) => {
            let reasons = span.part == Part::Reasoning;
            let visible_tokens = if reasons {
                0
            } else {
                order::visible_tokens(span)
            };
            GroupItem::Made {
                visible_tokens,
                reasons,
            }
        }
        Some(ThreadEntry::Span(span, _)) if span.role == Role::Tool => GroupItem::Output,
        Some(ThreadEntry::Span(..)) => GroupItem::Ends,
        Some(ThreadEntry::Request(_)) if !repeats => GroupItem::Ends,
        _ => GroupItem::Nothing,
    }
}

/// Finds the place of a report among the groups of its task. `place`: its place on the tape.
fn place_report(
    place: usize,
    handle: Handle,
    groups: &[ItemGroup],
    stage: &Tasks,
    recording: &Recording,
) -> PlacedReport {
    let gap = groups.partition_point(|group| group.beats.start < place);
    let mut may = [false, false];
    let mut is_inside = false;
    if gap > 0 {
        let end = groups[gap - 1].beats.end;
        is_inside = end > place;
        may[0] = !is_compacted(stage, &recording.tape, end.min(place)..place);
    }
    if let Some(behind) = groups.get(gap) {
        let start = behind.beats.start;
        may[1] = !is_inside && !is_compacted(stage, &recording.tape, place..start);
    }
    let (output, reasoning) = match recording.entries.get(handle) {
        Some(ThreadEntry::Request(request)) => (
            request.output_tokens.unwrap_or(0),
            request.reasoning_tokens.unwrap_or(0),
        ),
        _ => (0, 0),
    };
    PlacedReport {
        handle,
        gap,
        may,
        visible_tokens: output.saturating_sub(reasoning),
        reasons: reasoning > 0,
    }
}

fn is_compacted(stage: &Tasks, tape: &Tape, beats: Range<usize>) -> bool {
    let beats = stage.beats.get(beats).unwrap_or_default();
    beats
        .iter()
        .any(|beat| matches!(mark(tape, *beat), Some(TapeMark::Compacted(_))))
}
