//! Suggestions: which presets save most on these threads, alone and together.
//!
//! Every preset is tried on the threads of its agent. Then presets are added one after the other,
//! each time the one that saves most in addition to those before it, so that nothing is counted
//! twice: the combination is run as a whole. A preset that saves no more in a combination than the
//! best so far saves by itself need not be tried there.

use std::rc::Rc;

use super::cut_sizes::CutSizes;
use super::outcome;
use super::scenario::PolicyPart;
use super::sums::{join, settle};
use super::thread_study::ThreadStudy;
use crate::record::{Usd, WhatIf};
use crate::replay::Prices;

/// Presets in a combination, at most.
const MOST_PARTS: usize = 5;

/// A preset has to save this part of the cost to be added, in hundredths of a percent.
const LEAST_SHARE: i128 = 50;

/// A thread, and what the cuts of each part leave of its outputs.
pub(super) struct TriedThread {
    study: ThreadStudy,
    sizes: Vec<Rc<CutSizes>>,
    /// What each part alone makes of it; `None` for a part that is for other agents.
    alone: Vec<Option<WhatIf>>,
    /// What the combination makes of it.
    together: WhatIf,
}

impl TriedThread {
    /// A thread, and the outcome of each part for it.
    pub(super) fn new(
        study: ThreadStudy,
        sizes: Vec<Rc<CutSizes>>,
        alone: Vec<Option<WhatIf>>,
        reported: WhatIf,
    ) -> TriedThread {
        TriedThread {
            study,
            sizes,
            alone,
            together: reported,
        }
    }

    fn under(&self, parts: &[PolicyPart], chosen: &[usize], prices: &Prices) -> WhatIf {
        let mut of_thread = Vec::new();
        for at in chosen {
            if let (Some(part), Some(sizes)) = (parts.get(*at), self.sizes.get(*at))
                && part.is_for(&self.study.agent)
            {
                of_thread.push((part, Rc::clone(sizes)));
            }
        }
        outcome::outcome(&self.study, &of_thread, prices, false).0
    }
}

/// A preset in the order of the suggestions.
struct SuggestedPreset {
    part: usize,
    alone: WhatIf,
    more: Option<Usd>,
}

/// What is suggested.
pub(super) struct Suggestions {
    /// The presets, the best first: those of the combination, then the others.
    pub(super) presets: Vec<WhatIf>,
    /// All those of the combination together; `None` where there are fewer than two.
    pub(super) together: Option<WhatIf>,
}

/// Ranks the parts by what they save, and combines them.
pub(super) fn suggestions(
    threads: &mut [TriedThread],
    parts: &[PolicyPart],
    begun: impl Fn(&PolicyPart) -> WhatIf,
    prices: &Prices,
) -> Suggestions {
    let mut candidates = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let mut sum = begun(part);
        for thread in threads.iter() {
            if let Some(Some(alone)) = thread.alone.get(at) {
                join(&mut sum, alone);
            }
        }
        settle(&mut sum);
        if sum.threads_changed > 0 {
            candidates.push(SuggestedPreset {
                part: at,
                alone: sum,
                more: None,
            });
        }
    }
    candidates.sort_by_key(|candidate| std::cmp::Reverse(saved(&candidate.alone)));
    let chosen = combine(&mut candidates, threads, parts, prices);
    let mut together = None;
    if chosen.len() > 1 {
        let mut sum = WhatIf::default();
        for thread in threads.iter() {
            join(&mut sum, &thread.together);
        }
        settle(&mut sum);
        let of = |name: fn(&PolicyPart) -> &str| -> Vec<String> {
            let parts = chosen.iter().filter_map(|at| parts.get(*at));
            parts.map(|part| name(part).to_owned()).collect()
        };
        sum.policy = of(|part| &part.text).join("+");
        sum.presets = of(PolicyPart::name);
        together = Some(sum);
    }
    let order = |candidate: &SuggestedPreset| {
        let place = chosen.iter().position(|at| *at == candidate.part);
        place.unwrap_or(usize::MAX)
    };
    candidates.sort_by_key(order);
    let presets = candidates.into_iter().map(|candidate| WhatIf {
        more_usd: candidate.more,
        ..candidate.alone
    });
    Suggestions {
        presets: presets.collect(),
        together,
    }
}

/// Adds presets one after the other; returns them in that order.
fn combine(
    candidates: &mut [SuggestedPreset],
    threads: &mut [TriedThread],
    parts: &[PolicyPart],
    prices: &Prices,
) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    let spent: i128 = threads.iter().map(|it| pico(it.together.cost_usd)).sum();
    let least = spent * LEAST_SHARE / 10_000;
    while chosen.len() < MOST_PARTS {
        let mut best: Option<(i128, usize, Vec<Option<WhatIf>>)> = None;
        for (place, candidate) in candidates.iter().enumerate() {
            let top = best.as_ref().map_or(least, |(more, ..)| *more);
            if saved(&candidate.alone) <= top {
                // The candidates are in the order of what they save alone.
                break;
            }
            if is_taken(candidate.part, &chosen, parts) {
                continue;
            }
            let with = [chosen.as_slice(), &[candidate.part]].concat();
            let (more, outcomes) = trial(threads, parts, &with, candidate.part, prices);
            if more > top {
                best = Some((more, place, outcomes));
            }
        }
        let Some((more, place, outcomes)) = best else {
            break;
        };
        for (thread, outcome) in threads.iter_mut().zip(outcomes) {
            if let Some(outcome) = outcome {
                thread.together = outcome;
            }
        }
        if let Some(candidate) = candidates.get_mut(place) {
            candidate.more = Some(Usd::from_pico(more));
            chosen.push(candidate.part);
        }
    }
    chosen
}

/// Whether a preset of the same group is chosen already.
fn is_taken(part: usize, chosen: &[usize], parts: &[PolicyPart]) -> bool {
    let group = |at: usize| {
        let preset = parts.get(at)?.preset.as_ref()?;
        Some(preset.group.as_str())
    };
    chosen
        .iter()
        .any(|other| *other == part || (group(part).is_some() && group(*other) == group(part)))
}

/// Runs a combination over the threads that its last part is for. Returns what it saves in addition
/// to the combination so far, in pico-dollars, and its outcomes.
fn trial(
    threads: &[TriedThread],
    parts: &[PolicyPart],
    with: &[usize],
    last: usize,
    prices: &Prices,
) -> (i128, Vec<Option<WhatIf>>) {
    let mut more = 0;
    let mut outcomes = Vec::with_capacity(threads.len());
    for thread in threads {
        let alone = thread.alone.get(last).and_then(Option::as_ref);
        if alone.is_none_or(|alone| alone.threads_changed == 0) {
            outcomes.push(None);
            continue;
        }
        let outcome = thread.under(parts, with, prices);
        more += pico(thread.together.after_cost_usd) - pico(outcome.after_cost_usd);
        outcomes.push(Some(outcome));
    }
    (more, outcomes)
}

fn pico(usd: Option<Usd>) -> i128 {
    usd.map_or(0, Usd::pico)
}

/// What orders suggestions: the money that is saved.
fn saved(outcome: &WhatIf) -> i128 {
    pico(outcome.saved_usd)
}
