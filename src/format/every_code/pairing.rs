//! Pairing: which report belongs to which group of items (docs/formats.md 2.7).
//!
//! A *gap* is the part of a task between the starts of two neighbouring groups; gap N has N groups
//! before it. A report belongs to the group before its gap, to the group after its gap, or to none.
//! All groups of a task are paired at once: as many groups as possible get a report, and among the
//! ways to do so the chosen one has the least difference between reported and recorded sizes. This
//! file does not know how groups and gaps are found.

use std::ops::Range;

use crate::format::history::Handle;

/// Items of one response, with the outputs of its calls.
#[derive(Clone, Debug, Default)]
pub(super) struct ItemGroup {
    /// From the first item to the last item or output.
    pub(super) beats: Range<usize>,
    /// The request that reports the response.
    pub(super) report: Option<Handle>,
    /// Estimated tokens of the items without reasoning.
    pub(super) visible_tokens: u64,
    pub(super) has_reasoning: bool,
}

/// A report, and its place among the groups of its task.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlacedReport {
    pub(super) handle: Handle,
    /// The number of groups that begin before the report, which is the index of its gap.
    pub(super) groups_before: usize,
    /// The report may belong to the group before its gap.
    pub(super) may_be_before: bool,
    /// The report may belong to the group after its gap.
    pub(super) may_be_after: bool,
    /// Reported output tokens without reasoning.
    pub(super) visible_tokens: u64,
    pub(super) has_reasoning: bool,
}

impl PlacedReport {
    /// The difference between the sizes of the report and of a group, in thousandths of the larger
    /// size. If only one of the two has reasoning, 500 is added.
    fn misfit(&self, group: &ItemGroup) -> u64 {
        let (reported, recorded) = (self.visible_tokens, group.visible_tokens);
        let larger = reported.max(recorded).max(LEAST_TOKENS);
        let misfit = reported.abs_diff(recorded).saturating_mul(1000) / larger;
        if self.has_reasoning == group.has_reasoning {
            misfit
        } else {
            misfit + 500
        }
    }
}

/// Sizes are estimates from bytes: smaller ones are compared as if they had this many tokens.
const LEAST_TOKENS: u64 = 16;
/// The cost of a group without a report, and of a report without a group: more than any misfit.
const UNPAIRED_COST: u64 = 4_000;
/// The number of reports at each end of a gap that are tried for the neighbouring group.
const NEAR: usize = 3;

/// One choice of reports for the groups up to a gap.
#[derive(Clone, Debug)]
struct Way {
    cost: u64,
    /// Which of the two best ways up to the previous gap this one continues.
    from: usize,
    /// The report in this gap that belongs to the group before it, as an index.
    before: Option<usize>,
    /// The report in this gap that belongs to the group after it, as an index.
    after: Option<usize>,
}

/// Gives each group its report. Returns the groups, and the reports that belong to none. In each
/// gap at most one report belongs to the group before it, and at most one later report belongs to
/// the group after it. So the best way up to a gap depends only on whether the group after that
/// gap has its report already.
pub(super) fn pair(
    mut groups: Vec<ItemGroup>,
    reports: &[PlacedReport],
) -> (Vec<ItemGroup>, Vec<Handle>) {
    let ways = best_ways(&groups, reports);
    let mut is_paired = vec![false; reports.len()];
    let mut at = 0;
    for gap in (0..ways.len()).rev() {
        let Some(way) = &ways[gap][at] else {
            break;
        };
        if let Some(number) = way.after
            && let Some(group) = groups.get_mut(gap)
        {
            group.report = Some(reports[number].handle);
            is_paired[number] = true;
        }
        if let Some(number) = way.before
            && gap > 0
        {
            groups[gap - 1].report = Some(reports[number].handle);
            is_paired[number] = true;
        }
        at = way.from;
    }
    let mut unpaired = Vec::new();
    for (report, is_paired) in reports.iter().zip(is_paired) {
        if !is_paired {
            unpaired.push(report.handle);
        }
    }
    (groups, unpaired)
}

/// Finds the two best ways up to each gap: at index 0 the best in which the group after the gap has
/// no report yet, at index 1 the best in which it has one.
fn best_ways(groups: &[ItemGroup], reports: &[PlacedReport]) -> Vec<[Option<Way>; 2]> {
    let mut ways: Vec<[Option<Way>; 2]> = Vec::with_capacity(groups.len() + 1);
    for gap in 0..=groups.len() {
        let first = reports.partition_point(|report| report.groups_before < gap);
        let end = reports.partition_point(|report| report.groups_before <= gap);
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
                let best = &mut best[usize::from(way.after.is_some())];
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

/// The cost of the best way `from` up to the last gap of `ways`. Before the first gap no group has
/// a report.
fn cost_so_far(ways: &[[Option<Way>; 2]], from: usize) -> Option<u64> {
    match ways.last() {
        Some(ways) => Some(ways[from].as_ref()?.cost),
        None if from == 0 => Some(0),
        None => None,
    }
}

/// All ways to use the reports of a gap (`range`): one report or none for the group `before`, a
/// later one or none for the group `after`. The others stay unpaired. `before` is `None` if that
/// group has a report already, or if there is no such group.
fn choices(
    reports: &[PlacedReport],
    range: Range<usize>,
    before: Option<&ItemGroup>,
    after: Option<&ItemGroup>,
) -> Vec<Way> {
    let all = range.len() as u64;
    let without_report = if before.is_some() { UNPAIRED_COST } else { 0 };
    let mut firsts = vec![(None, without_report)];
    for number in range.clone().take(NEAR) {
        if let Some(misfit) =
            misfit_if_allowed(&reports[number], reports[number].may_be_before, before)
        {
            firsts.push((Some(number), misfit));
        }
    }
    let mut lasts = vec![(None, 0)];
    for number in range.rev().take(NEAR) {
        if let Some(misfit) =
            misfit_if_allowed(&reports[number], reports[number].may_be_after, after)
        {
            lasts.push((Some(number), misfit));
        }
    }
    let mut ways = Vec::new();
    for (before, misfit) in firsts {
        for (after, misfit_after) in &lasts {
            if before.is_some() && after.is_some() && before >= *after {
                continue;
            }
            let used = u64::from(before.is_some()) + u64::from(after.is_some());
            let cost = misfit + misfit_after + (all - used) * UNPAIRED_COST;
            ways.push(Way {
                cost,
                from: 0,
                before,
                after: *after,
            });
        }
    }
    ways
}

/// The misfit of a report and a group; `None` if the report cannot belong to it.
fn misfit_if_allowed(
    report: &PlacedReport,
    is_allowed: bool,
    group: Option<&ItemGroup>,
) -> Option<u64> {
    let group = group?;
    if !is_allowed {
        return None;
    }
    Some(report.misfit(group))
}
