//! The outcome of a scenario: what the requests of a thread were sent and cost, and what they are
//! sent and cost under the policies.
//!
//! Only counted requests are in it. Money is compared over those requests that have a price on both
//! sides.

use std::cell::Cell;
use std::rc::Rc;

use super::cut_sizes::{CutPlan, CutSizes};
use super::scenario::PolicyPart;
use super::thread_study::{BilledRequest, ThreadStudy, is_added};
use super::watch::{PromptWatch, asked_again};
use crate::record::count::{bounded, plus};
use crate::record::{Request, Usd, WhatIf, WhatIfRequest};
use crate::replay::{Plan, Prices, RerunResult, RerunSent, RunKind, resized};

/// A part of a scenario, and what its cuts leave of the outputs of a thread.
pub(super) type PartOfThread<'p> = (&'p PolicyPart, Rc<CutSizes>);

/// Runs a scenario over a thread.
pub(super) struct Trial<'t> {
    study: &'t ThreadStudy,
    prices: &'t Prices,
    /// Each request is charged as one of this model.
    model: Option<&'t str>,
    outcome: WhatIf,
    /// What is made of each request, where that is asked for.
    series: Option<Vec<WhatIfRequest>>,
}

/// Tokens and money of a request, or of none.
#[derive(Clone, Copy, Debug, Default)]
struct Charged {
    input: u64,
    read: u64,
    written: u64,
    output: u64,
    cost: Option<Usd>,
}

impl Charged {
    fn of(request: &Request, cost: Option<Usd>) -> Charged {
        Charged {
            input: bounded(request.input_tokens.unwrap_or(0)),
            read: bounded(request.cache_read_tokens.unwrap_or(0)),
            written: bounded(request.cache_write_tokens.unwrap_or(0)),
            output: bounded(request.output_tokens.unwrap_or(0)),
            cost,
        }
    }
}

/// Returns the outcome of a scenario for a thread, and what is made of each request where `series`
/// asks for it.
pub(super) fn outcome(
    study: &ThreadStudy,
    parts: &[PartOfThread],
    prices: &Prices,
    series: bool,
) -> (WhatIf, Vec<WhatIfRequest>) {
    let mut plans: Vec<Box<dyn Plan + '_>> = Vec::new();
    for (part, sizes) in parts {
        if !sizes.is_empty() {
            plans.push(Box::new(CutPlan(Rc::clone(sizes))));
        }
        plans.extend(part.policies.plans(&study.facts));
    }
    let without_prompt = Rc::new(Cell::new(0));
    plans.push(Box::new(PromptWatch::new(&study.facts, &without_prompt)));
    let result = study.tape.rerun(&mut plans);
    drop(plans);
    let mut trial = Trial {
        study,
        prices,
        model: parts.iter().find_map(|(part, _)| part.policies.model()),
        outcome: WhatIf {
            threads: 1,
            requests_without_prompt: without_prompt.get(),
            ..WhatIf::default()
        },
        series: series.then(Vec::new),
    };
    trial.requests(&result.sent);
    trial.fates(&result);
    let mut outcome = trial.outcome;
    outcome.estimated = estimated(study, parts, &outcome);
    let is_changed = outcome.changed_requests > 0 || outcome.added_requests > 0;
    outcome.threads_changed = u64::from(is_changed);
    (outcome, trial.series.unwrap_or_default())
}

/// What of an outcome is not measured.
fn estimated(study: &ThreadStudy, parts: &[PartOfThread], outcome: &WhatIf) -> Vec<String> {
    let has_summaries = outcome.added_requests > 0 && study.facts.summary_tokens.is_none();
    let words = [
        (has_summaries, "summary_size"),
        (
            parts.iter().any(|(_, sizes)| sizes.are_estimated()),
            "output_size",
        ),
        (
            parts
                .iter()
                .any(|(part, _)| part.policies.model().is_some()),
            "price_of_model",
        ),
    ];
    let mut estimated = Vec::new();
    for (is_estimated, word) in words {
        if is_estimated {
            estimated.push(word.to_owned());
        }
    }
    estimated
}

impl Trial<'_> {
    fn requests(&mut self, sent: &[RerunSent]) {
        let mut runs = self.study.by_request(sent).peekable();
        let mut reported = self.study.by_request(&self.study.sent).peekable();
        for (at, billed) in self.study.requests.iter().enumerate() {
            let mut own: &[RerunSent] = &[];
            while let Some((_, runs)) = runs.next_if(|(request, _)| *request == at) {
                match runs {
                    // A request that is counted elsewhere has its summary there.
                    [run] if is_added(run) && !billed.request.counted => {}
                    [run] if is_added(run) => self.added(billed, run),
                    _ => own = runs,
                }
            }
            let as_reported = reported.next_if(|(request, _)| *request == at);
            if !billed.request.counted || billed.request.input_tokens.is_none() {
                continue;
            }
            let is_same = as_reported.is_some_and(|(_, runs)| runs == own);
            self.own(billed, own, is_same);
        }
    }

    /// A request of the thread; no runs: it is left out.
    fn own(&mut self, billed: &BilledRequest, runs: &[RerunSent], is_same: bool) {
        let before = Charged::of(&billed.request, billed.cost);
        if runs.is_empty() {
            self.outcome.removed_requests += 1;
            return self.add(billed, Some(before), Some(Charged::default()), false);
        }
        let mut after = before;
        if !is_same || self.model.is_some() {
            let mut request = resized(&billed.request, runs);
            if let Some(model) = self.model {
                request.model = Some(model.to_owned());
            }
            after = Charged::of(&request, self.prices.cost_of_runs(&request).ok());
            self.broken(&request, runs);
        }
        self.add(billed, Some(before), Some(after), true);
    }

    /// What the broken cache of a request costs.
    fn broken(&mut self, request: &Request, runs: &[RerunSent]) {
        let tokens: u64 = runs.iter().map(|run| run.broken).sum();
        if tokens == 0 {
            return;
        }
        self.outcome.broken_cache_tokens = plus(self.outcome.broken_cache_tokens, tokens);
        let mut whole = Vec::from(runs);
        for run in &mut whole {
            let written = run.broken.min(run.cache_write);
            run.cache_read += run.broken;
            run.cache_write -= written;
            run.cache_write_hour = run.cache_write_hour.min(run.cache_write);
        }
        let unbroken = resized(request, &whole);
        if let (Ok(paid), Ok(less)) = (
            self.prices.cost_of_runs(request),
            self.prices.cost_of_runs(&unbroken),
        ) {
            let usd = self.outcome.broken_cache_usd.unwrap_or_default();
            self.outcome.broken_cache_usd = Some(usd.plus(paid.minus(less)));
        }
    }

    /// A request that only a policy sends, with the terms of the one that it comes before.
    fn added(&mut self, billed: &BilledRequest, run: &RerunSent) {
        let RunKind::Extra(output) = run.kind else {
            return;
        };
        let mut request = Request {
            samplings: Vec::new(),
            web_searches: None,
            input_tokens: Some(run.input),
            cache_read_tokens: Some(run.cache_read),
            cache_write_tokens: Some(run.cache_write),
            cache_write_1h_tokens: Some(run.cache_write_hour),
            output_tokens: Some(output),
            ..billed.request.clone()
        };
        if let Some(model) = self.model {
            request.model = Some(model.to_owned());
        }
        let cost = self.prices.cost_of_runs(&request).ok();
        self.outcome.added_requests += 1;
        if let Some(cost) = cost {
            let sum = self.outcome.added_usd.unwrap_or_default();
            self.outcome.added_usd = Some(sum.plus(cost));
        }
        self.add(billed, None, Some(Charged::of(&request, cost)), true);
    }

    /// Adds up a request before and after. `is_sent`: the policy sends it.
    fn add(
        &mut self,
        billed: &BilledRequest,
        before: Option<Charged>,
        after: Option<Charged>,
        is_sent: bool,
    ) {
        let sums = &mut self.outcome;
        let is_new = before.is_none();
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        sums.requests += u64::from(!is_new);
        sums.after_requests += u64::from(is_sent);
        sums.input_tokens = plus(sums.input_tokens, before.input);
        sums.cache_read_tokens = plus(sums.cache_read_tokens, before.read);
        sums.cache_write_tokens = plus(sums.cache_write_tokens, before.written);
        sums.output_tokens = plus(sums.output_tokens, before.output);
        sums.after_input_tokens = plus(sums.after_input_tokens, after.input);
        sums.after_cache_read_tokens = plus(sums.after_cache_read_tokens, after.read);
        sums.after_cache_write_tokens = plus(sums.after_cache_write_tokens, after.written);
        sums.after_output_tokens = plus(sums.after_output_tokens, after.output);
        let is_changed = is_new
            || !is_sent
            || before.cost != after.cost
            || [before.input, before.read, before.written]
                != [after.input, after.read, after.written];
        sums.changed_requests += u64::from(is_changed && !is_new);
        let nothing = Some(Usd::ZERO);
        let cost = if is_new { nothing } else { before.cost };
        let after_cost = if is_sent { after.cost } else { nothing };
        match (cost, after_cost) {
            (Some(cost), Some(after)) => {
                sums.cost_usd = Some(sums.cost_usd.unwrap_or_default().plus(cost));
                sums.after_cost_usd = Some(sums.after_cost_usd.unwrap_or_default().plus(after));
            }
            _ => sums.unpriced_requests += 1,
        }
        if let Some(series) = &mut self.series {
            series.push(WhatIfRequest {
                thread: self.study.id.clone(),
                session: self.study.session.clone(),
                n: billed.request.n,
                added: is_new,
                removed: !is_sent,
                input_tokens: before.input,
                cache_read_tokens: before.read,
                cache_write_tokens: before.written,
                output_tokens: before.output,
                cost_usd: before.cost,
                after_input_tokens: after.input,
                after_cache_read_tokens: after.read,
                after_cache_write_tokens: after.written,
                after_output_tokens: after.output,
                after_cost_usd: after.cost,
                ..WhatIfRequest::default()
            });
        }
    }

    /// What became of the spans.
    fn fates(&mut self, result: &RerunResult) {
        let facts = &self.study.facts;
        for (fate, span) in result.fates.iter().zip(&facts.spans) {
            self.outcome.spans_cut += u64::from(fate.is_cut);
            self.outcome.spans_dropped += u64::from(fate.is_dropped);
            if fate.is_cut || fate.is_dropped {
                self.outcome.prompts_dropped += u64::from(span.is_prompt());
                self.outcome.instructions_dropped |= span.is_instruction();
            }
        }
        self.outcome.outputs_asked_again = asked_again(&result.fates, facts);
    }
}
