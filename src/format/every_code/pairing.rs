//! Pairing: which report is of which group of items (docs/formats.md 2.7).
//!
//! A report may be of the group before or after the gap in which it is. The pairing is decided for
//! all groups of a task at once: as many groups as possible have a report, and of the ways to do
//! that the one is taken in which reported and recorded sizes differ least. Nothing here knows how
//! groups and gaps are found.

use std::ops::Range;

use crate::format::history::Handle;

/// Items of one response, with the outputs of its calls.
#[derive(Clone, Debug, Default)]
pub(super) struct ItemGroup {
    /// From the first item to the last item or output.
    pub(super) beats: Range<usize>,
    /// The request that reports the response.
    pub(super) report: Option<Handle>,
    pub(super) visible_tokens: u64,
    pub(super) reasons: bool,
}

/// A report, and its place among the groups of its task.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlacedReport {
    pub(super) handle: Handle,
    /// The number of groups that begin before the report.
    pub(super) gap: usize,
    /// Which groups the report may be of: the group before the gap, and the group after it.
    pub(super) may: [bool; 2],
    pub(super) visible_tokens: u64,
    pub(super) reasons: bool,
}

impl PlacedReport {
    /// How badly the report fits a group, in thousandths of the larger size; half as much again
    /// where only one of the two has reasoning.
    fn misfit(&self, group: &ItemGroup) -> u64 {
        let (reported, recorded) = (self.visible_tokens, group.visible_tokens);
        let larger = reported.max(recorded).max(LEAST_TOKENS);
        let misfit = reported.abs_diff(recorded).saturating_mul(1000) / larger;
        if self.reasons == group.reasons {
            misfit
        } else {
            misfit + 500
        }
    }
}

/// Sizes are estimates from bytes: smaller ones are compared as if they had this many tokens.
const LEAST_TOKENS: u64 = 16;
/// The cost of a group without a report, and of a report without a group: more than any misfit.
const ALONE: u64 = 4_000;
/// Of the reports in a gap, this many at either end may be of the groups around it.
const NEAR: usize = 3;

/// A way to give the groups up to some gap their reports.
#[derive(Clone, Debug)]
struct Way {
    cost: u64,
    /// The way up to the gap before: 1 where the group after that gap has a report, else 0.
    from: usize,
    /// Indices of the reports in this gap that are of the group before it and of the group after.
    before: Option<usize>,
    behind: Option<usize>,
}

/// Gives groups their reports. Of the reports in a gap one may be of the group before, and a later
/// one of the group after; so the best way up to a gap depends only on whether the group after it
/// has its report already.
pub(super) fn pair(mut groups: Vec<ItemGroup>, reports: &[PlacedReport]) -> Vec<ItemGroup> {
    let ways = best_ways(&groups, reports);
    let mut at = 0;
    for gap in (0..ways.len()).rev() {
        let Some(way) = &ways[gap][at] else {
            break;
        };
        if let Some(number) = way.behind
            && let Some(group) = groups.get_mut(gap)
        {
            group.report = Some(reports[number].handle);
        }
        if let Some(number) = way.before
            && gap > 0
        {
            groups[gap - 1].report = Some(reports[number].handle);
        }
        at = way.from;
    }
    groups
}

/// For each gap the best way up to it: the first without a report of the group after the gap, the
/// second with one.
fn best_ways(groups: &[ItemGroup], reports: &[PlacedReport]) -> Vec<[Option<Way>; 2]> {
    let mut ways: Vec<[Option<Way>; 2]> = Vec::with_capacity(groups.len() + 1);
    for gap in 0..=groups.len() {
        let first = reports.partition_point(|report| report.gap < gap);
        let end = reports.partition_point(|report| report.gap <= gap);
        let mut best: [Option<Way>; 2] = [None, None];
        for from in 0..2 {
            let Some(cost) = cost_so_far(&ways, from) else {
                continue;
            };
            let before = match from {
                0 if gap > 0 => Some(&groups[gap - 1]),
                _ => None,
            };
            for mut way in choices(reports, first..end, before, groups.get(gap)) {
                way.cost += cost;
                way.from = from;
                let best = &mut best[usize::from(way.behind.is_some())];
                match best {
                    Some(best) if best.cost <= way.cost => {}
                    _ => *best = Some(way),
                }
            }
        }
        ways.push(best);
    }
    ways
}

/// The cost of the best way up to the last gap; before the first one, no group has a report.
fn cost_so_far(ways: &[[Option<Way>; 2]], from: usize) -> Option<u64> {
    match ways.last() {
        Some(ways) => Some(ways[from].as_ref()?.cost),
        None if from == 0 => Some(0),
        None => None,
    }
}

/// All ways to use the reports of a gap: one for the group `before` (`None`: it has one, or there
/// is none), a later one for the group `behind`, the others for no group.
fn choices(
    reports: &[PlacedReport],
    range: Range<usize>,
    before: Option<&ItemGroup>,
    behind: Option<&ItemGroup>,
) -> Vec<Way> {
    let all = range.len() as u64;
    let alone = if before.is_some() { ALONE } else { 0 };
    let mut firsts = vec![(None, alone)];
    for number in range.clone().take(NEAR) {
        if let Some(misfit) = fit(&reports[number], 0, before) {
            firsts.push((Some(number), misfit));
        }
    }
    let mut lasts = vec![(None, 0)];
    for number in range.rev().take(NEAR) {
        if let Some(misfit) = fit(&reports[number], 1, behind) {
            lasts.push((Some(number), misfit));
        }
    }
    let mut ways = Vec::new();
    for (before, misfit) in firsts {
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

/// The misfit of a report and the group on one side of its gap; `None` where it cannot be of it.
fn fit(report: &PlacedReport, side: usize, group: Option<&ItemGroup>) -> Option<u64> {
    let group = group?;
    if !report.may[side] {
        return None;
    }
    Some(report.misfit(group))
}
