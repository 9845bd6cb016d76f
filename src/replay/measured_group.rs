//! Spans that were measured together, and how such groups are divided.
//!
//! A group has a sum that its members share by their predictions. It is divided when a report shows
//! what a part of it is. This file knows neither reports nor the cache: see [`super::exact`].

use rustc_hash::{FxHashMap, FxHashSet};

use super::ids::{GroupIndex, SpanNumber};
use super::indexed_list::IndexedList;
use super::predict::Predictions;
use super::proportional::proportional;

/// Spans that were measured together.
#[derive(Clone, Debug, Default)]
pub(super) struct MeasuredGroup {
    pub(super) members: Vec<SpanNumber>,
    /// The tokens of all members, those that have left included; `None`: not known yet.
    pub(super) all: Option<u64>,
    /// The predicted tokens of all members.
    counted: u64,
    /// How many members are in the context.
    pub(super) here: usize,
    /// The sum is no report but an estimate.
    pub(super) estimated: bool,
}

impl MeasuredGroup {
    /// The tokens of its members in the context, where that is known.
    pub(super) fn known(&self) -> Option<u64> {
        if self.here == self.members.len() {
            self.all
        } else {
            None
        }
    }

    fn is_open(&self) -> bool {
        self.here > 0 && self.known().is_none()
    }
}

/// All groups of a thread. A span is in one group at most.
#[derive(Debug, Default)]
pub(super) struct MeasuredGroups {
    pub(super) groups: IndexedList<GroupIndex, MeasuredGroup>,
    /// The group of a span, by the span's number.
    of: FxHashMap<SpanNumber, GroupIndex>,
    /// Members of groups that have left the context.
    gone: FxHashSet<SpanNumber>,
    /// Groups in the context whose sum there is not known.
    pub(super) open: Vec<GroupIndex>,
    /// The sum of all other groups.
    pub(super) sum: u64,
}

impl MeasuredGroups {
    /// The index of a span's group.
    pub(super) fn of(&self, number: SpanNumber) -> Option<GroupIndex> {
        self.of.get(&number).copied()
    }

    /// New spans begin a group, whose sum is not known.
    pub(super) fn begin(&mut self, members: Vec<SpanNumber>, predictions: &Predictions) {
        if members.is_empty() {
            return;
        }
        let index = self.groups.end();
        for number in &members {
            self.of.insert(*number, index);
        }
        self.open.push(index);
        self.groups.push(MeasuredGroup {
            here: members.len(),
            counted: sum(&members, predictions),
            members,
            ..MeasuredGroup::default()
        });
    }

    /// A span has left the context.
    pub(super) fn leave(&mut self, number: SpanNumber) {
        if let Some(index) = self.of(number)
            && self.gone.insert(number)
        {
            self.set_here(index, |here| here.saturating_sub(1));
        }
    }

    /// A span that has a group enters the context, again or still.
    pub(super) fn come_back(&mut self, number: SpanNumber) {
        if self.gone.remove(&number)
            && let Some(index) = self.of(number)
        {
            self.set_here(index, |here| here + 1);
        }
    }

    fn set_here(&mut self, index: GroupIndex, step: impl Fn(usize) -> usize) {
        let group = &mut self.groups[index];
        let (before, was_open) = (group.known().unwrap_or(0), group.is_open());
        group.here = step(group.here);
        self.sum = self.sum - before + group.known().unwrap_or(0);
        match (was_open, group.is_open()) {
            (false, true) => self.open.push(index),
            (true, false) => self.open.retain(|other| *other != index),
            _ => {}
        }
    }

    /// The estimated tokens of those members of a group that are in the context; of a group whose
    /// sum is not known, of all members.
    pub(super) fn estimate(&self, index: GroupIndex, predictions: &Predictions) -> u64 {
        let group = &self.groups[index];
        let Some(all) = group.all else {
            return group.counted;
        };
        let shares = shares(all, &group.members, predictions);
        let mut estimate = 0;
        for (number, tokens) in group.members.iter().zip(shares) {
            if !self.gone.contains(number) {
                estimate += tokens;
            }
        }
        estimate
    }

    /// The size of a span, as far as it is known by now.
    pub(super) fn share(&self, number: SpanNumber, predictions: &Predictions) -> u64 {
        let own = counted(number, predictions);
        let Some(index) = self.of(number) else {
            return own;
        };
        let group = &self.groups[index];
        let Some(all) = group.all else {
            return own;
        };
        let share = u128::from(all) * u128::from(own) / u128::from(group.counted.max(1));
        u64::try_from(share).unwrap_or(own)
    }

    /// The members of a group that are in the context.
    pub(super) fn here(&self, index: GroupIndex) -> FxHashSet<SpanNumber> {
        let mut here = FxHashSet::default();
        for number in &self.groups[index].members {
            if !self.gone.contains(number) {
                here.insert(*number);
            }
        }
        here
    }

    /// Divides a group: the members in `inside` have `tokens` together. `estimated`: that number is
    /// no report.
    pub(super) fn divide(
        &mut self,
        index: GroupIndex,
        tokens: u64,
        inside: &FxHashSet<SpanNumber>,
        predictions: &Predictions,
        estimated: bool,
    ) {
        let group = &self.groups[index];
        let rest = match group.all {
            Some(all) if all < tokens => return,
            Some(all) => Some(all - tokens),
            None => None,
        };
        let estimated = group.estimated || estimated;
        let (in_it, out_of_it): (Vec<SpanNumber>, Vec<SpanNumber>) = group
            .members
            .iter()
            .partition(|number| inside.contains(number));
        self.sum -= group.known().unwrap_or(0);
        if group.is_open() {
            self.open.retain(|other| *other != index);
        }
        let mut place = index;
        for (members, all) in [(in_it, Some(tokens)), (out_of_it, rest)] {
            if !members.is_empty() {
                let part = self.part(members, all, estimated, predictions);
                self.put(place, part);
            }
            place = self.groups.end();
        }
    }

    fn part(
        &self,
        members: Vec<SpanNumber>,
        all: Option<u64>,
        estimated: bool,
        predictions: &Predictions,
    ) -> MeasuredGroup {
        let mut here = 0;
        for number in &members {
            here += usize::from(!self.gone.contains(number));
        }
        MeasuredGroup {
            here,
            counted: sum(&members, predictions),
            members,
            all,
            estimated,
        }
    }

    /// Puts a part of a divided group in that place; a place beyond the end is a new one.
    fn put(&mut self, place: GroupIndex, part: MeasuredGroup) {
        for number in &part.members {
            self.of.insert(*number, place);
        }
        self.sum += part.known().unwrap_or(0);
        if part.is_open() {
            self.open.push(place);
        }
        match self.groups.get_mut(place) {
            Some(group) => *group = part,
            None => {
                self.groups.push(part);
            }
        }
    }
}

fn counted(number: SpanNumber, predictions: &Predictions) -> u64 {
    predictions[number].tokens
}

fn sum(members: &[SpanNumber], predictions: &Predictions) -> u64 {
    members.iter().map(|n| counted(*n, predictions)).sum()
}

/// Whether the law predicts a span exactly.
pub(super) fn is_sure(number: SpanNumber, predictions: &Predictions) -> bool {
    predictions[number].sure
}

/// Shares a sum among spans by their predictions. What a response produced is reported: such spans
/// have exactly that, and the others share the rest.
pub(super) fn shares(all: u64, members: &[SpanNumber], predictions: &Predictions) -> Vec<u64> {
    let (mut own, mut others) = (0, 0);
    for number in members {
        if is_sure(*number, predictions) {
            own += counted(*number, predictions);
        } else {
            others += 1;
        }
    }
    let is_apart = others > 0 && own <= all;
    let mut weights = Vec::with_capacity(members.len());
    for number in members {
        weights.push(if is_apart && is_sure(*number, predictions) {
            0
        } else {
            counted(*number, predictions).max(1)
        });
    }
    if !is_apart {
        return proportional(all, &weights);
    }
    let mut shares = proportional(all - own, &weights);
    for (share, number) in shares.iter_mut().zip(members) {
        if is_sure(*number, predictions) {
            *share = counted(*number, predictions);
        }
    }
    shares
}
