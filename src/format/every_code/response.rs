//! Responses: which items the model made in one response, and which report is its
//! (docs/formats.md 2.7).
//!
//! Items of a response are recorded together, calls each with its output, after its tools have run;
//! then the outputs are recorded again, as input of the next request. So a *group* of items ends at
//! an output that is recorded again, at a message of somebody else, or with its task. The report of
//! a response stands between the group before and the group after its own, wherever the two writers
//! of the file have put it: before its group, inside it, or behind it. What that leaves open is
//! decided for all groups of a task at once ([`pair`]): as many as can be have a report, and of the
//! ways to do that the one in which reported and recorded sizes differ least.
//!
//! A response in a review has a report and no items; one that was cut off has items and no report.

use std::collections::HashSet;
use std::ops::Range;

use super::task::{Beat, Stage, Task, mark};
use crate::format::history::{Entry, Handle, Made};
use crate::format::order;
use crate::format::rollout::tape::{Mark, Tape, Told};
use crate::record::{Part, Role};

/// Items of one response, with the outputs of its calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    /// From its first item to its last or to the last output.
    pub(super) beats: Range<usize>,
    /// Its report.
    pub(super) report: Option<Handle>,
    visible_tokens: u64,
    reasons: bool,
}

/// A report, and where it stands among the groups of its task.
#[derive(Clone, Copy, Debug)]
struct Report {
    handle: Handle,
    /// So many groups begin before it.
    gap: usize,
    /// Which groups it may be of: the one before the gap, the one behind.
    may: [bool; 2],
    visible_tokens: u64,
    reasons: bool,
}

/// The responses of a task.
pub(super) struct Responses {
    /// Those that have items, in order.
    pub(super) groups: Vec<Group>,
    /// Reports of those that have none.
    pub(super) alone: Vec<Handle>,
}

/// The responses of each task.
pub(super) fn responses(stage: &Stage, told: &Told) -> Vec<Responses> {
    let mut reports: Vec<Vec<(usize, Handle)>> = vec![Vec::new(); stage.tasks.len()];
    for (place, beat) in stage.beats.iter().enumerate() {
        if let Beat::Entry(handle) = beat
            && let Some(report) = told.tape.reports.get(handle)
            && let Some(reports) = reports.get_mut(stage.task_of(place, &report.task))
        {
            reports.push((place, *handle));
        }
    }
    let repeats = told
        .tape
        .marks
        .iter()
        .any(|(_, mark)| matches!(mark, Mark::OutputAgain));
    let of = |(task, reports): (&Task, Vec<(usize, Handle)>)| {
        let groups = groups(stage, task, told, repeats);
        let report = |(place, handle)| Report::of(place, handle, &groups, stage, told);
        let reports: Vec<Report> = reports.into_iter().map(report).collect();
        let groups = pair(groups, &reports);
        let paired: HashSet<Handle> = groups.iter().filter_map(|group| group.report).collect();
        let alone = reports
            .into_iter()
            .map(|report| report.handle)
            .filter(|handle| !paired.contains(handle));
        Responses {
            alone: alone.collect(),
            groups,
        }
    };
    stage.tasks.iter().zip(reports).map(of).collect()
}

/// The groups of a task. `repeats`: outputs of the file are recorded again; where none is, reports
/// end a group too.
fn groups(stage: &Stage, task: &Task, told: &Told, repeats: bool) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut open = false;
    for place in task.beats.clone() {
        let Some(beat) = stage.beats.get(place) else {
            break;
        };
        match item(told, *beat, repeats) {
            Item::Made {
                visible_tokens,
                reasons,
            } => {
                if !std::mem::replace(&mut open, true) {
                    groups.push(Group {
                        beats: place..place,
                        ..Group::default()
                    });
                }
                let Some(group) = groups.last_mut() else {
                    continue;
                };
                group.beats.end = place + 1;
                group.visible_tokens += visible_tokens;
                group.reasons |= reasons;
            }
            Item::Output => groups
                .last_mut()
                .filter(|_| open)
                .into_iter()
                .for_each(|group| group.beats.end = place + 1),
            Item::Ends => open = false,
            Item::Nothing => {}
        }
    }
    groups
}

/// What a beat is to a group.
enum Item {
    Made { visible_tokens: u64, reasons: bool },
    Output,
    Ends,
    Nothing,
}

fn item(told: &Told, beat: Beat, repeats: bool) -> Item {
    let Beat::Entry(handle) = beat else {
        return match mark(&told.tape, beat) {
            Some(Mark::OutputAgain | Mark::Compacted(_)) => Item::Ends,
            _ => Item::Nothing,
        };
    };
    match told.entries.get(handle) {
        Some(Entry::Span(span, Made::ByOrder)) => {
            let reasons = span.part == Part::Reasoning;
            Item::Made {
                visible_tokens: if reasons {
                    0
                } else {
                    order::visible_tokens(span)
                },
                reasons,
            }
        }
        Some(Entry::Span(span, _)) if span.role == Role::Tool => Item::Output,
        Some(Entry::Span(..)) => Item::Ends,
        Some(Entry::Request(_)) if !repeats => Item::Ends,
        _ => Item::Nothing,
    }
}

impl Report {
    fn of(place: usize, handle: Handle, groups: &[Group], stage: &Stage, told: &Told) -> Report {
        let gap = groups.partition_point(|group| group.beats.start < place);
        let before = gap.checked_sub(1).and_then(|n| groups.get(n));
        let behind = groups.get(gap);
        let compacted = |beats: Range<usize>| is_compacted(stage, &told.tape, beats);
        let may = [
            before.is_some_and(|group| !compacted(group.beats.end.min(place)..place)),
            behind.is_some_and(|group| !compacted(place..group.beats.start))
                && before.is_none_or(|group| group.beats.end <= place),
        ];
        let (output, reasoning) = match told.entries.get(handle) {
            Some(Entry::Request(request)) => (
                request.output_tokens.unwrap_or(0),
                request.reasoning_tokens.unwrap_or(0),
            ),
            _ => (0, 0),
        };
        Report {
            handle,
            gap,
            may,
            visible_tokens: output.saturating_sub(reasoning),
            reasons: reasoning > 0,
        }
    }

    /// How little it fits a group, in thousandths of the larger size; half as much again where only
    /// one of the two reasons.
    fn misfit(&self, group: &Group) -> u64 {
        let (reported, recorded) = (self.visible_tokens, group.visible_tokens);
        let size = reported.abs_diff(recorded).saturating_mul(1000)
            / reported.max(recorded).max(LEAST_TOKENS);
        size + if self.reasons == group.reasons {
            0
        } else {
            500
        }
    }
}

fn is_compacted(stage: &Stage, tape: &Tape, beats: Range<usize>) -> bool {
    let beats = stage.beats.get(beats).unwrap_or_default();
    beats
        .iter()
        .any(|beat| matches!(mark(tape, *beat), Some(Mark::Compacted(_))))
}

/// Sizes are guessed from bytes: below so many tokens they say nothing.
const LEAST_TOKENS: u64 = 16;
/// What a group without a report weighs, and a report without a group: more than any misfit.
const ALONE: u64 = 4_000;
/// Of the reports in a gap, so many at either end may be of the groups around it.
const NEAR: usize = 3;

/// A way to give the groups up to some gap their reports.
#[derive(Clone, Debug)]
struct Way {
    cost: u64,
    /// The way before this gap: whether its group behind has a report.
    from: usize,
    /// Numbers of the reports in this gap that are of the group before and of the group behind.
    before: Option<usize>,
    behind: Option<usize>,
}

/// Gives groups their reports. Of the reports in a gap one may be of the group before, and a later
/// one of the group behind; so the best way up to a gap depends only on whether the group behind it
/// has its report already.
fn pair(mut groups: Vec<Group>, reports: &[Report]) -> Vec<Group> {
    let mut ways: Vec<[Option<Way>; 2]> = Vec::with_capacity(groups.len() + 1);
    for gap in 0..=groups.len() {
        let range = reports.partition_point(|report| report.gap < gap)
            ..reports.partition_point(|report| report.gap <= gap);
        let mut best: [Option<Way>; 2] = [None, None];
        for from in 0..2 {
            let Some(cost) = cost_so_far(&ways, from) else {
                continue;
            };
            let (before, behind) = (
                gap.checked_sub(1).and_then(|n| groups.get(n)),
                groups.get(gap),
            );
            for way in choices(reports, range.clone(), before.filter(|_| from == 0), behind) {
                let way = Way {
                    cost: way.cost + cost,
                    from,
                    ..way
                };
                let place = &mut best[usize::from(way.behind.is_some())];
                if place.as_ref().is_none_or(|best| way.cost < best.cost) {
                    *place = Some(way);
                }
            }
        }
        ways.push(best);
    }
    let mut at = 0;
    for gap in (0..ways.len()).rev() {
        let Some(way) = ways.get(gap).and_then(|ways| ways.get(at)?.as_ref()) else {
            break;
        };
        let handle = |number: usize| reports.get(number).map(|report| report.handle);
        if let (Some(number), Some(group)) = (way.behind, groups.get_mut(gap)) {
            group.report = handle(number);
        }
        if let (Some(number), Some(group)) = (
            way.before,
            gap.checked_sub(1).and_then(|n| groups.get_mut(n)),
        ) {
            group.report = handle(number);
        }
        at = way.from;
    }
    groups
}

/// What the best way up to the last gap costs; before the first one, no group has a report.
fn cost_so_far(ways: &[[Option<Way>; 2]], from: usize) -> Option<u64> {
    match ways.last() {
        Some(ways) => ways.get(from)?.as_ref().map(|way| way.cost),
        None => (from == 0).then_some(0),
    }
}

/// All that the reports of a gap may be: one of the group `before` (`None`: it has one, or there is
/// none), a later one of the group `behind`, the others of none.
fn choices(
    reports: &[Report],
    range: Range<usize>,
    before: Option<&Group>,
    behind: Option<&Group>,
) -> Vec<Way> {
    let fits = |number: usize, side: usize, group: Option<&Group>| {
        let report = reports.get(number)?;
        group
            .filter(|_| report.may[side])
            .map(|group| report.misfit(group))
    };
    let all = range.len() as u64;
    let firsts = range
        .clone()
        .take(NEAR)
        .filter_map(|n| Some((Some(n), fits(n, 0, before)?)));
    let lasts = range
        .rev()
        .take(NEAR)
        .filter_map(|n| Some((Some(n), fits(n, 1, behind)?)));
    let lasts: Vec<(Option<usize>, u64)> = std::iter::once((None, 0)).chain(lasts).collect();
    let alone = if before.is_some() { ALONE } else { 0 };
    let mut ways = Vec::new();
    for (before, misfit) in std::iter::once((None, alone)).chain(firsts) {
        for (behind, other) in &lasts {
            if before.is_some() && behind.is_some() && before >= *behind {
                continue;
            }
            let used = u64::from(before.is_some()) + u64::from(behind.is_some());
            let cost = misfit + other + (all - used) * ALONE;
            ways.push(Way {
                cost,
                from: 0,
                before,
                behind: *behind,
            });
        }
    }
    ways
}
