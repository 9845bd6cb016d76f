//! Sizes where the agent logged what each request held (`context_by` log).
//!
//! Where every member of a context is known, a report is an equation: the sizes of the members add
//! up to the input. So what is new in a request is the difference to what stayed, and nothing else
//! can be in it. What was measured together is a *group*: its members share the sum by the counter.
//! A group is divided when a report tells a part of it: when some of its members have left, and
//! nothing else is new; or when the provider's cache ended at a place within it. Providers read and
//! write their cache up to the marks that the agent set, so that what was read is the size of what
//! stands in front of one of them, to the token.
//!
//! This is a walk of its own beside the forecast's, which it gives its sizes: a group may be
//! divided long after it was measured. A report that contradicts what is known by then moves
//! nothing here.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::context::Context;
use super::history::Call;
use super::output::proportional;
use super::predict::Prediction;
use crate::record::Basis;

/// A prefix is one in front of a mark if it is within this part of what the mark's is estimated at,
/// and so many tokens.
const NEAR_PART: u64 = 8;
const NEAR_TOKENS: u64 = 64;

/// Spans that were measured together.
#[derive(Clone, Debug, Default)]
struct Group {
    members: Vec<u32>,
    /// What all of them weigh, those that have left too; `None`: not known yet.
    all: Option<u64>,
    /// What the counter says of them all.
    counted: u64,
    /// How many stand in the context.
    here: usize,
    /// The sum is no report but an estimate.
    estimated: bool,
}

impl Group {
    /// What its members in the context weigh, where that is known.
    fn known(&self) -> Option<u64> {
        self.all.filter(|_| self.here == self.members.len())
    }

    fn is_open(&self) -> bool {
        self.here > 0 && self.known().is_none()
    }
}

/// What is known of the sizes of a thread's spans.
#[derive(Debug, Default)]
pub(super) struct Exact {
    groups: Vec<Group>,
    /// The group of a span, by its number.
    of: FxHashMap<u32, usize>,
    /// Members of groups that have left.
    gone: FxHashSet<u32>,
    /// Groups in the context whose sum there is not known.
    open: Vec<usize>,
    /// The sum of all others.
    sum: u64,
    /// The latest request was one of these: all that stands in the context is in a group.
    covered: bool,
    /// What the latest request had written to the cache and read from it, and its marks.
    cached: u64,
    marks: Vec<u32>,
}

impl Exact {
    /// A request comes that is not logged.
    pub(super) fn pass(&mut self) {
        self.covered = false;
    }

    /// A request comes whose members are known. `left`: spans that may have left since the latest.
    pub(super) fn request(
        &mut self,
        call: &Call,
        context: &Context,
        left: &[u32],
        weights: &[Prediction],
    ) {
        for number in left {
            if !context.stands(*number) {
                self.leave(*number);
            }
        }
        let entering: Vec<u32> = if self.covered {
            context.entered().collect()
        } else {
            context.all().collect()
        };
        let mut new = Vec::new();
        for number in entering {
            if self.of.contains_key(&number) {
                self.come_back(number)
            } else {
                new.push(number)
            }
        }
        self.begin(new, weights);
        let marks: Vec<u32> = call
            .marks
            .iter()
            .filter_map(|seq| context.find(*seq))
            .collect();
        self.cache(call, context, &marks, weights);
        self.close(call.input.unwrap_or(0), weights);
        (self.cached, self.marks) = (call.cache_read.saturating_add(call.cache_write), marks);
        self.covered = true;
    }

    /// The sizes of all spans that were measured.
    pub(super) fn give(&self, weights: &mut [Prediction]) {
        for group in &self.groups {
            let Some(all) = group.all else { continue };
            let shares = shares(all, &group.members, weights);
            let unsure = group
                .members
                .iter()
                .filter(|number| !is_sure(**number, weights))
                .count();
            for (number, tokens) in group.members.iter().zip(shares) {
                let Some(weight) = weights.get_mut(*number as usize) else {
                    continue;
                };
                let alone = if weight.sure {
                    group.members.len() - unsure
                } else {
                    unsure
                } == 1;
                let basis = match (group.estimated, alone) {
                    (false, true) => Basis::Difference,
                    _ => Basis::Split,
                };
                *weight = Prediction {
                    tokens,
                    sure: true,
                    over: 0,
                    under: 0,
                    basis: Some(basis),
                };
            }
        }
    }

    fn begin(&mut self, members: Vec<u32>, weights: &[Prediction]) {
        if members.is_empty() {
            return;
        }
        let group = self.groups.len();
        self.of
            .extend(members.iter().map(|number| (*number, group)));
        self.open.push(group);
        let (here, counted) = (members.len(), sum(&members, weights));
        self.groups.push(Group {
            members,
            here,
            counted,
            ..Group::default()
        });
    }

    fn leave(&mut self, number: u32) {
        if self.of.contains_key(&number) && self.gone.insert(number) {
            self.move_by(number, |here| here.saturating_sub(1));
        }
    }

    fn come_back(&mut self, number: u32) {
        if self.gone.remove(&number) {
            self.move_by(number, |here| here + 1);
        }
    }

    /// One more or less of a group's members stands in the context.
    fn move_by(&mut self, number: u32, step: impl Fn(usize) -> usize) {
        let Some(index) = self.of.get(&number).copied() else {
            return;
        };
        let Some(group) = self.groups.get_mut(index) else {
            return;
        };
        let (before, open) = (group.known().unwrap_or(0), group.is_open());
        group.here = step(group.here);
        self.sum = self.sum - before + group.known().unwrap_or(0);
        match (open, group.is_open()) {
            (false, true) => self.open.push(index),
            (true, false) => self.open.retain(|other| *other != index),
            _ => {}
        }
    }

    /// What the members of a group weigh by the counter, those in the context and all.
    fn estimate(&self, group: &Group, weights: &[Prediction]) -> u64 {
        let here = |number: &u32| !self.gone.contains(number);
        match group.all {
            Some(all) => {
                let shares = shares(all, &group.members, weights);
                group
                    .members
                    .iter()
                    .zip(shares)
                    .filter(|(number, _)| here(number))
                    .map(|(_, tokens)| tokens)
                    .sum()
            }
            None => group.counted,
        }
    }

    /// The members that `inside` names weigh so much together; the group is divided.
    fn divide(
        &mut self,
        index: usize,
        tokens: u64,
        inside: impl Fn(u32) -> bool,
        weights: &[Prediction],
        estimated: bool,
    ) {
        let Some(group) = self.groups.get(index) else {
            return;
        };
        let rest = match group.all {
            Some(all) if all < tokens => return,
            Some(all) => Some(all - tokens),
            None => None,
        };
        let (known, open) = (group.known().unwrap_or(0), group.is_open());
        let (in_it, out_of_it): (Vec<u32>, Vec<u32>) =
            group.members.iter().partition(|number| inside(**number));
        let estimated = group.estimated || estimated;
        self.sum -= known;
        if open {
            self.open.retain(|other| *other != index);
        }
        let gone = &self.gone;
        let here = |members: &[u32]| {
            members
                .iter()
                .filter(|number| !gone.contains(number))
                .count()
        };
        let parts = [(in_it, Some(tokens)), (out_of_it, rest)];
        let parts = parts.map(|(members, all)| Group {
            here: here(&members),
            counted: sum(&members, weights),
            members,
            all,
            estimated,
        });
        for (n, part) in parts
            .into_iter()
            .enumerate()
            .filter(|(_, part)| !part.members.is_empty())
        {
            let place = if n == 0 { index } else { self.groups.len() };
            self.of
                .extend(part.members.iter().map(|number| (*number, place)));
            self.sum += part.known().unwrap_or(0);
            if part.is_open() {
                self.open.push(place);
            }
            match self.groups.get_mut(place) {
                Some(group) => *group = part,
                None => self.groups.push(part),
            }
        }
    }

    /// The report: what is not known yet is what is left.
    fn close(&mut self, input: u64, weights: &[Prediction]) {
        let open = self.open.clone();
        let Some(mut left) = input.checked_sub(self.sum).filter(|_| !open.is_empty()) else {
            return;
        };
        let estimates: Vec<u64> = open
            .iter()
            .map(|index| {
                self.groups
                    .get(*index)
                    .map_or(0, |group| self.estimate(group, weights))
            })
            .collect();
        let new = open.iter().position(|index| {
            self.groups
                .get(*index)
                .is_some_and(|group| group.all.is_none())
        });
        let others: u64 = estimates
            .iter()
            .enumerate()
            .filter(|(n, _)| Some(*n) != new)
            .map(|(_, t)| *t)
            .sum();
        // What is new is the rest; if there is none, or too little, all share it by their
        // estimates.
        let parts = match new {
            Some(new) if others <= left => {
                let mut parts = estimates;
                if let Some(part) = parts.get_mut(new) {
                    *part = left - others;
                }
                parts
            }
            _ => proportional(left, &estimates),
        };
        let several = open.len() > 1;
        for (index, part) in open.into_iter().zip(parts) {
            let most = self
                .groups
                .get(index)
                .and_then(|group| group.all)
                .unwrap_or(u64::MAX);
            let part = part.min(most).min(left);
            left -= part;
            let here = |number: &u32| !self.gone.contains(number);
            let members = self
                .groups
                .get(index)
                .map_or(&[][..], |group| &group.members);
            let here: FxHashSet<u32> = members.iter().copied().filter(here).collect();
            self.divide(
                index,
                part,
                |number| here.contains(&number),
                weights,
                several,
            );
        }
    }

    /// The cache was read up to one mark, and written up to another.
    fn cache(&mut self, call: &Call, context: &Context, marks: &[u32], weights: &[Prediction]) {
        let read = call.cache_read;
        if read > 0 && read != self.cached {
            let all: Vec<u32> = marks.iter().chain(&self.marks).copied().collect();
            self.prefix(read, context, &all, weights);
        }
        let written = read.saturating_add(call.cache_write);
        if let Some(last) = marks
            .last()
            .filter(|last| call.cache_write > 0 && !context.is_last(**last))
        {
            self.prefix(written, context, &[*last], weights);
        }
    }

    /// What stands in front of the end of one of these spans weighs so much, if that can be.
    fn prefix(&mut self, tokens: u64, context: &Context, marks: &[u32], weights: &[Prediction]) {
        let mut front = Vec::new();
        let (mut sum, mut best): (u64, Option<(u64, usize)>) = (0, None);
        for number in context.all() {
            sum = sum.saturating_add(self.share(number, weights));
            front.push(number);
            if marks.contains(&number) && best.is_none_or(|(off, _)| sum.abs_diff(tokens) < off) {
                best = Some((sum.abs_diff(tokens), front.len()));
            }
        }
        let Some((_, length)) = best.filter(|(off, _)| *off <= NEAR_TOKENS.max(tokens / NEAR_PART))
        else {
            return;
        };
        front.truncate(length);
        let mut inside: BTreeMap<usize, usize> = BTreeMap::new();
        for number in &front {
            if let Some(group) = self.of.get(number) {
                *inside.entry(*group).or_default() += 1;
            }
        }
        let (mut known, mut unknown) = (0u64, Vec::new());
        for (index, count) in inside {
            let Some(group) = self.groups.get(index) else {
                continue;
            };
            match group.known() {
                Some(sum) if count == group.here => known = known.saturating_add(sum),
                _ => unknown.push(index),
            }
        }
        let Some(rest) = tokens.checked_sub(known).filter(|_| !unknown.is_empty()) else {
            return;
        };
        // Several groups share what is in front by what they are taken to weigh there.
        let estimate = |index: &usize| {
            let front = front
                .iter()
                .filter(|number| self.of.get(number) == Some(index));
            front
                .map(|number| self.share(*number, weights))
                .sum::<u64>()
                .max(1)
        };
        let parts = proportional(rest, &unknown.iter().map(estimate).collect::<Vec<_>>());
        let several = unknown.len() > 1;
        let front: FxHashSet<u32> = front.into_iter().collect();
        for (index, part) in unknown.into_iter().zip(parts) {
            self.divide(
                index,
                part,
                |number| front.contains(&number),
                weights,
                several,
            );
        }
    }

    /// What a span weighs, as far as that can be said by now.
    fn share(&self, number: u32, weights: &[Prediction]) -> u64 {
        let own = counted(number, weights);
        let group = self
            .of
            .get(&number)
            .and_then(|group| self.groups.get(*group));
        match group.and_then(|group| Some((group, group.all?))) {
            Some((group, all)) => {
                u64::try_from(u128::from(all) * u128::from(own) / u128::from(group.counted.max(1)))
                    .unwrap_or(own)
            }
            None => own,
        }
    }
}

fn counted(number: u32, weights: &[Prediction]) -> u64 {
    weights
        .get(number as usize)
        .map_or(0, |weight| weight.tokens)
}

fn sum(members: &[u32], weights: &[Prediction]) -> u64 {
    members.iter().map(|number| counted(*number, weights)).sum()
}

fn is_sure(number: u32, weights: &[Prediction]) -> bool {
    weights
        .get(number as usize)
        .is_some_and(|weight| weight.sure)
}

/// Shares a sum among spans by what they are counted at. What a response produced is reported: it
/// has that, and the others the rest.
fn shares(all: u64, members: &[u32], weights: &[Prediction]) -> Vec<u64> {
    let own: u64 = members
        .iter()
        .filter(|n| is_sure(**n, weights))
        .map(|n| counted(*n, weights))
        .sum();
    let is_apart = members.iter().any(|number| !is_sure(*number, weights)) && own <= all;
    if !is_apart {
        let weights: Vec<u64> = members
            .iter()
            .map(|number| counted(*number, weights).max(1))
            .collect();
        return proportional(all, &weights);
    }
    let others = |number: &u32| {
        if is_sure(*number, weights) {
            0
        } else {
            counted(*number, weights).max(1)
        }
    };
    let rest = proportional(all - own, &members.iter().map(others).collect::<Vec<_>>());
    let share = |(number, rest): (&u32, u64)| {
        if is_sure(*number, weights) {
            counted(*number, weights)
        } else {
            rest
        }
    };
    members.iter().zip(rest).map(share).collect()
}
