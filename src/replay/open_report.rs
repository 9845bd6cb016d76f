//! A report while it is being closed: the spans that enter with it, and what is left of its step.
//!
//! It knows the spans of one request only; what lasts from request to request is in
//! [`super::close`].

use super::call::ModelCall;
use super::context::Context;
use super::entering::Entering;
use super::law::{Sizing, TOLERANCE};
use super::proportional::proportional;
use super::request_forecast::RequestForecast;
use super::span_cost::SpanCosts;
use crate::record::Basis;
use crate::record::count::signed;

/// Where the file holds the head, the first report may differ from the counted sizes by the
/// counter's error: up to this part of them.
const HEAD_PART: u64 = 3;

/// A report that is being closed.
pub(super) struct OpenReport<'s, 'h> {
    pub(super) call: &'s ModelCall,
    pub(super) ahead: &'s RequestForecast,
    pub(super) context: &'s mut Context<'h>,
    pub(super) entering: Vec<Entering>,
    /// What is not attributed yet.
    pub(super) left: i64,
    /// Whether a measurement determined the sizes of the entering spans.
    pub(super) measured: bool,
    /// Tokens that the measurement found and that belong to no span.
    pub(super) besides: u64,
}

impl<'s, 'h> OpenReport<'s, 'h> {
    pub(super) fn new(
        call: &'s ModelCall,
        ahead: &'s RequestForecast,
        context: &'s mut Context<'h>,
        entering: Vec<Entering>,
    ) -> OpenReport<'s, 'h> {
        OpenReport {
            call,
            ahead,
            context,
            entering,
            left: 0,
            measured: false,
            besides: 0,
        }
    }

    /// The tokens of all spans that enter.
    fn entering_tokens(&self) -> u64 {
        self.entering.iter().map(|entering| entering.tokens).sum()
    }

    /// Whether what is left can be the counter's own error.
    pub(super) fn is_near(&self) -> bool {
        self.left.unsigned_abs() <= self.entering_tokens() / HEAD_PART
    }

    /// All spans that enter share what is left, by their sizes, unless a size would be negative.
    pub(super) fn share(&mut self) {
        if self.left == 0 || self.entering.is_empty() {
            return;
        }
        let Ok(found) = u64::try_from(signed(self.entering_tokens()) + self.left) else {
            return;
        };
        let counted: Vec<u64> = self.entering.iter().map(|one| one.tokens).collect();
        for (entering, tokens) in self.entering.iter_mut().zip(proportional(found, &counted)) {
            (entering.tokens, entering.basis) = (tokens, Some(Basis::Split));
        }
        self.left = 0;
    }

    /// 1. Reported reasoning is rounded: it takes up to what the rounding cut off.
    pub(super) fn round(&mut self) {
        let mut rooms = Vec::with_capacity(self.entering.len());
        for entering in &self.entering {
            rooms.push(if self.left > 0 {
                entering.prediction.over
            } else {
                entering.prediction.under
            });
        }
        let all: u64 = rooms.iter().sum();
        if all == 0 || self.left.unsigned_abs() > self.ahead.tolerance() + all {
            return;
        }
        let given = self.left.unsigned_abs().min(all);
        let sign = self.left.signum();
        for (entering, part) in self.entering.iter_mut().zip(proportional(given, &rooms)) {
            entering.tokens = entering.tokens.saturating_add_signed(sign * signed(part));
        }
        self.left -= sign * signed(given);
    }

    /// 3. The largest span takes a small rest.
    pub(super) fn trim(&mut self) {
        let all = self.entering_tokens();
        if self.left.unsigned_abs() > (all / 50).max(TOLERANCE) {
            return;
        }
        let Some(largest) = self.entering.iter_mut().max_by_key(|one| one.tokens) else {
            return;
        };
        if let Some(tokens) = largest.tokens.checked_add_signed(self.left) {
            largest.tokens = tokens;
            self.left = 0;
        }
    }

    /// Notes how the predicted sizes are known. Under a counter, the whole output of a response is
    /// reported as one number. `by_law`: the step is as the laws predict it.
    pub(super) fn name(&mut self, by_law: bool) {
        let by_counter = matches!(self.call.law.rule, Sizing::Measured(_));
        let mut predicted = 0;
        for entering in &self.entering {
            predicted += usize::from(entering.prediction.sure);
        }
        let basis = match (by_counter, by_law) {
            (true, _) if predicted == 1 => Basis::Difference,
            (true, _) => Basis::Split,
            (false, true) => Basis::Counted,
            (false, false) => return,
        };
        for entering in &mut self.entering {
            if entering.basis.is_none() && entering.prediction.sure {
                entering.basis = Some(basis);
            }
        }
    }

    /// The sizes are final.
    pub(super) fn keep(&mut self, costs: &mut SpanCosts) {
        for entering in &self.entering {
            let of_file = self.context.span_of(entering.number).of_file;
            let basis = match entering.basis {
                None | Some(Basis::Counted) if of_file => Basis::File,
                basis => basis.unwrap_or(Basis::Estimated),
            };
            let tokens = if entering.image {
                entering.tokens.min(self.ahead.most)
            } else {
                entering.tokens
            };
            self.context.close(entering.slot, tokens, basis);
            let cost = &mut costs[entering.number];
            (cost.closed, cost.tokens, cost.basis) = (true, tokens, basis);
            cost.known |= entering.prediction.sure || basis != Basis::Estimated;
        }
    }
}
