//! Sizes where the agent logged what each request held (`context_by` log).
//!
//! Where every member of a context is known, a report is an equation: the sizes of the members add
//! up to the input. So what is new in a request is the difference to what stayed, and nothing else
//! can be in it. Spans that were measured together form a group ([`super::measured_group`]). A
//! group is divided when a report shows a part of it: when some of its members have left and
//! nothing else is new, or when the provider's cache ended within it. Providers read and write
//! their cache up to the marks that the agent set, so what was read is the size of everything
//! before one of them, to the token.
//!
//! The first walk feeds this and takes the sizes at its end: a group may be divided long after it
//! was measured. A report that contradicts what is known by then changes nothing here.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::call::ModelCall;
use super::context::Context;
use super::ids::{GroupIndex, SpanNumber};
use super::measured_group::{MeasuredGroup, MeasuredGroups, is_sure, shares};
use super::predict::{Prediction, Predictions};
use super::proportional::proportional;
use crate::record::Basis;

/// A number of cached tokens belongs to the prefix before a mark if it is within this part of that
/// prefix's estimate, or within `NEAR_TOKENS` of it.
const NEAR_PART: u64 = 8;
const NEAR_TOKENS: u64 = 64;

/// What is known of the sizes of a thread's spans.
#[derive(Debug, Default)]
pub(super) struct Exact {
    groups: MeasuredGroups,
    /// The latest request was logged: everything in the context is in a group.
    covered: bool,
    /// What the latest request had written to the cache and read from it, and its marks.
    cached: u64,
    marks: Vec<SpanNumber>,
}

impl Exact {
    /// A request comes that is not logged.
    pub(super) fn pass(&mut self) {
        self.covered = false;
    }

    /// A request comes whose members are known. `left`: spans that may have left since the latest.
    pub(super) fn request(
        &mut self,
        call: &ModelCall,
        context: &Context,
        left: &[SpanNumber],
        predictions: &Predictions,
    ) {
        for number in left {
            if !context.holds(*number) {
                self.groups.leave(*number);
            }
        }
        let entering = if self.covered {
            context.entered()
        } else {
            context.all()
        };
        let mut new = Vec::new();
        for number in entering {
            match self.groups.of(number) {
                Some(_) => self.groups.come_back(number),
                None => new.push(number),
            }
        }
        self.groups.begin(new, predictions);
        let mut marks = Vec::new();
        for seq in &call.marks {
            marks.extend(context.find(*seq));
        }
        self.cache(call, context, &marks, predictions);
        self.close(call.input.unwrap_or(0), predictions);
        (self.cached, self.marks) = (call.cache_read.saturating_add(call.cache_write), marks);
        self.covered = true;
    }

    /// Writes the sizes of all spans that were measured to their predictions.
    pub(super) fn give(&self, predictions: &mut Predictions) {
        for group in self.groups.groups.iter() {
            if let Some(all) = group.all {
                give(group, all, predictions);
            }
        }
    }

    /// The report: the groups whose sums are not known share what is left of it.
    fn close(&mut self, input: u64, predictions: &Predictions) {
        let open = self.groups.open.clone();
        if open.is_empty() {
            return;
        }
        let Some(mut left) = input.checked_sub(self.groups.sum) else {
            return;
        };
        let parts = self.parts(&open, left, predictions);
        let several = open.len() > 1;
        for (index, part) in open.into_iter().zip(parts) {
            let all = self.groups.groups[index].all;
            let part = part.min(all.unwrap_or(u64::MAX)).min(left);
            left -= part;
            let here = self.groups.here(index);
            self.groups.divide(index, part, &here, predictions, several);
        }
    }

    /// The parts of `left` for the open groups. The new group takes what the estimates of the
    /// others leave; if there is none, or too little is left, all share it by their estimates.
    fn parts(&self, open: &[GroupIndex], left: u64, predictions: &Predictions) -> Vec<u64> {
        let mut new = None;
        let (mut parts, mut others) = (Vec::new(), 0u64);
        for (at, index) in open.iter().enumerate() {
            let estimate = self.groups.estimate(*index, predictions);
            parts.push(estimate);
            if self.groups.groups[*index].all.is_none() && new.is_none() {
                new = Some(at);
            } else {
                others += estimate;
            }
        }
        match new {
            Some(new) if others <= left => {
                parts[new] = left - others;
                parts
            }
            _ => proportional(left, &parts),
        }
    }

    /// The cache was read up to one mark, and written up to another.
    fn cache(
        &mut self,
        call: &ModelCall,
        context: &Context,
        marks: &[SpanNumber],
        predictions: &Predictions,
    ) {
        let read = call.cache_read;
        if read > 0 && read != self.cached {
            let all = [marks, &self.marks].concat();
            self.prefix(read, context, &all, predictions);
        }
        let written = read.saturating_add(call.cache_write);
        if let Some(last) = marks.last()
            && call.cache_write > 0
            && !context.is_last(*last)
        {
            self.prefix(written, context, &[*last], predictions);
        }
    }

    /// The spans up to the end of one of the marks have `tokens` together, if one is near enough.
    fn prefix(
        &mut self,
        tokens: u64,
        context: &Context,
        marks: &[SpanNumber],
        predictions: &Predictions,
    ) {
        let Some(front) = self.front(tokens, context, marks, predictions) else {
            return;
        };
        let (known, unknown) = self.unknown_in(&front);
        let Some(rest) = tokens.checked_sub(known) else {
            return;
        };
        // Several groups share the rest by the estimated sizes of their members in the prefix.
        let mut estimates = Vec::new();
        for index in &unknown {
            let mut estimate = 0u64;
            for number in &front {
                if self.groups.of(*number) == Some(*index) {
                    estimate += self.groups.share(*number, predictions);
                }
            }
            estimates.push(estimate.max(1));
        }
        let several = unknown.len() > 1;
        let front: FxHashSet<SpanNumber> = front.into_iter().collect();
        for (index, part) in unknown.into_iter().zip(proportional(rest, &estimates)) {
            self.groups
                .divide(index, part, &front, predictions, several);
        }
    }

    /// The spans up to the mark whose prefix is estimated nearest to `tokens`; `None` where none is
    /// near enough.
    fn front(
        &self,
        tokens: u64,
        context: &Context,
        marks: &[SpanNumber],
        predictions: &Predictions,
    ) -> Option<Vec<SpanNumber>> {
        let mut front = context.all();
        let mut sum: u64 = 0;
        let mut best: Option<(u64, usize)> = None;
        for (at, number) in front.iter().enumerate() {
            sum = sum.saturating_add(self.groups.share(*number, predictions));
            if !marks.contains(number) {
                continue;
            }
            let off = sum.abs_diff(tokens);
            match best {
                Some((least, _)) if off >= least => {}
                _ => best = Some((off, at + 1)),
            }
        }
        let (off, length) = best?;
        if off > NEAR_TOKENS.max(tokens / NEAR_PART) {
            return None;
        }
        front.truncate(length);
        Some(front)
    }

    /// Of the groups that have members in `front`: the sum of those that are known and wholly
    /// inside, and the indices of the others.
    fn unknown_in(&self, front: &[SpanNumber]) -> (u64, Vec<GroupIndex>) {
        let mut inside: BTreeMap<GroupIndex, usize> = BTreeMap::new();
        for number in front {
            if let Some(index) = self.groups.of(*number) {
                *inside.entry(index).or_default() += 1;
            }
        }
        let (mut known, mut unknown) = (0u64, Vec::new());
        for (index, count) in inside {
            let group = &self.groups.groups[index];
            match group.known() {
                Some(sum) if count == group.here => known = known.saturating_add(sum),
                _ => unknown.push(index),
            }
        }
        (known, unknown)
    }
}

/// The members of a group share its sum. A span that is the only one of its kind (predicted
/// exactly, or not) in a group whose sum is a report has a measured size.
fn give(group: &MeasuredGroup, all: u64, predictions: &mut Predictions) {
    let shares = shares(all, &group.members, predictions);
    let mut unsure = 0;
    for number in &group.members {
        unsure += usize::from(!is_sure(*number, predictions));
    }
    let sure = group.members.len() - unsure;
    for (number, tokens) in group.members.iter().zip(shares) {
        let prediction = &mut predictions[*number];
        let of_its_kind = if prediction.sure { sure } else { unsure };
        let basis = if of_its_kind == 1 && !group.estimated {
            Basis::Difference
        } else {
            Basis::Split
        };
        *prediction = Prediction {
            tokens,
            sure: true,
            over: 0,
            under: 0,
            basis: Some(basis),
        };
    }
}
