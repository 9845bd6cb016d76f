//! Responses: which items the model made in one response, and which report belongs to them
//! (docs/formats.md 2.7).
//!
//! A *report* is the usage event of one response. The reader makes a request entry of it. The
//! *tape* is the sequence of all entries and marks of a file; each of them is a *beat* ([`Beat`]).
//!
//! The items of a response are recorded together, each call with its output, after its tools have
//! run; then the outputs are recorded again, as input of the next request. So a *group* of items
//! ends at an output that is recorded again, at any other input that is not the output of a tool,
//! at a compaction, or at the end of its task; in a file that records each output once, also at a
//! report. A report can be before, inside or after its group, but never beyond a neighbouring group
//! or a compaction. Reports and groups of a task are paired all at once ([`pair`]).
//!
//! A response in a review has a report and no items; one that was cut off has items and no report.

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
    pub(super) with_items: Vec<ItemGroup>,
    /// Reports of responses without items.
    pub(super) reports_without_items: Vec<Handle>,
}

/// Finds the responses of each task.
pub(super) fn responses(tasks: &Tasks, recording: &Recording) -> Vec<TaskResponses> {
    let mut reports_by_task: Vec<Vec<(usize, Handle)>> = vec![Vec::new(); tasks.list.len()];
    for (place, beat) in tasks.beats.iter().enumerate() {
        if let Beat::Entry(handle) = beat
            && let Some(report) = recording.tape.reports.get(handle)
            && let Some(reports) = reports_by_task.get_mut(tasks.task_of(place, &report.task))
        {
            reports.push((place, *handle));
        }
    }
    let marks = &recording.tape.marks;
    let records_outputs_twice = marks
        .iter()
        .any(|(_, mark)| matches!(mark, TapeMark::OutputAgain));
    let mut responses = Vec::with_capacity(tasks.list.len());
    for (task, reports) in tasks.list.iter().zip(reports_by_task) {
        let groups = item_groups(tasks, task, recording, records_outputs_twice);
        let mut placed = Vec::with_capacity(reports.len());
        for (place, handle) in reports {
            placed.push(place_report(place, handle, &groups, tasks, recording));
        }
        let (with_items, reports_without_items) = pair(groups, &placed);
        responses.push(TaskResponses {
            with_items,
            reports_without_items,
        });
    }
    responses
}

/// Finds the groups of a task. In a file that records each output once (`records_outputs_twice` is
/// false), only the next report shows that a response has ended.
fn item_groups(
    tasks: &Tasks,
    task: &ProgramTask,
    recording: &Recording,
    records_outputs_twice: bool,
) -> Vec<ItemGroup> {
    let mut groups: Vec<ItemGroup> = Vec::new();
    let mut is_open = false;
    for place in task.beats.clone() {
        let Some(beat) = tasks.beats.get(place) else {
            break;
        };
        match effect_of(recording, *beat, records_outputs_twice) {
            BeatEffect::AddsItem {
                visible_tokens,
                is_reasoning,
            } => {
                if !is_open {
                    groups.push(ItemGroup {
                        beats: place..place,
                        ..ItemGroup::default()
                    });
                }
                is_open = true;
                if let Some(group) = groups.last_mut() {
                    group.beats.end = place + 1;
                    group.visible_tokens += visible_tokens;
                    group.has_reasoning |= is_reasoning;
                }
            }
            // The model did not make the output: without an open group it begins none.
            BeatEffect::AddsOutput => {
                if is_open && let Some(group) = groups.last_mut() {
                    group.beats.end = place + 1;
                }
            }
            BeatEffect::EndsGroup => is_open = false,
            BeatEffect::Nothing => {}
        }
    }
    groups
}

/// What a beat does to the open group.
enum BeatEffect {
    /// The beat is an item of the model.
    AddsItem {
        visible_tokens: u64,
        is_reasoning: bool,
    },
    /// The beat is the output of a tool.
    AddsOutput,
    EndsGroup,
    Nothing,
}

fn effect_of(recording: &Recording, beat: Beat, records_outputs_twice: bool) -> BeatEffect {
    let Beat::Entry(handle) = beat else {
        return match mark(&recording.tape, beat) {
            Some(TapeMark::OutputAgain | TapeMark::Compacted(_)) => BeatEffect::EndsGroup,
            _ => BeatEffect::Nothing,
        };
    };
    match recording.entries.get(handle) {
        // An item of the model, whose request is found by the order of the file.
        Some(ThreadEntry::Span(span, Made::ByOrder)) => {
            let is_reasoning = span.part == Part::Reasoning;
            let visible_tokens = if is_reasoning {
                0
            } else {
                order::visible_tokens(span)
            };
            BeatEffect::AddsItem {
                visible_tokens,
                is_reasoning,
            }
        }
        Some(ThreadEntry::Span(span, _)) if span.role == Role::Tool => BeatEffect::AddsOutput,
        Some(ThreadEntry::Span(..)) => BeatEffect::EndsGroup,
        Some(ThreadEntry::Request(_)) if !records_outputs_twice => BeatEffect::EndsGroup,
        _ => BeatEffect::Nothing,
    }
}

/// Finds the groups to which a report may belong: the last that begins before it, and the first
/// that begins after it. `place`: the index of the report's beat.
fn place_report(
    place: usize,
    handle: Handle,
    groups: &[ItemGroup],
    tasks: &Tasks,
    recording: &Recording,
) -> PlacedReport {
    let groups_before = groups.partition_point(|group| group.beats.start < place);
    let (mut may_be_before, mut may_be_after) = (false, false);
    let mut is_inside = false;
    if groups_before > 0 {
        let end = groups[groups_before - 1].beats.end;
        is_inside = end > place;
        may_be_before = !has_compaction(tasks, &recording.tape, end.min(place)..place);
    }
    if let Some(after) = groups.get(groups_before) {
        let start = after.beats.start;
        may_be_after = !is_inside && !has_compaction(tasks, &recording.tape, place..start);
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
        groups_before,
        may_be_before,
        may_be_after,
        visible_tokens: output.saturating_sub(reasoning),
        has_reasoning: reasoning > 0,
    }
}

fn has_compaction(tasks: &Tasks, tape: &Tape, beats: Range<usize>) -> bool {
    let beats = tasks.beats.get(beats).unwrap_or_default();
    beats
        .iter()
        .any(|beat| matches!(mark(tape, *beat), Some(TapeMark::Compacted(_))))
}
