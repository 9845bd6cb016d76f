//! Measuring: spans whose size no law predicts take the size that the report says.

use super::attribution::{Verdict, judge};
use super::content::ContentKind;
use super::entering::Entering;
use super::law::Sizing;
use super::open_report::OpenReport;
use super::proportional::proportional;
use crate::record::Basis;
use crate::record::count::signed;

/// The spans that no law predicts, in sum.
struct Unsure {
    spans: usize,
    tokens: u64,
    /// All of them have a natural bound.
    bounded: bool,
    /// One of them has no size at all.
    missing: bool,
}

impl OpenReport<'_, '_> {
    /// 2. Spans that no law predicts share what is left, if the result is plausible.
    pub(super) fn measure(&mut self) {
        let unsure = self.unsure();
        if unsure.spans == 0 {
            return;
        }
        let counted = unsure.tokens;
        let Ok(found) = u64::try_from(signed(counted) + self.left) else {
            return;
        };
        if unsure.missing {
            return self.fill(counted, found);
        }
        if unsure.bounded && found > counted.saturating_mul(2).saturating_add(300) {
            return;
        }
        let verdict = if unsure.spans == 1 {
            self.judge([counted, found])
        } else {
            Verdict::Shared
        };
        self.besides = verdict.besides();
        self.set_unsure(found - verdict.besides() - verdict.grown(), verdict.basis());
        if verdict.grown() > 0 {
            self.grow_call(verdict.grown());
        }
        self.close_measured();
    }

    fn unsure(&self) -> Unsure {
        let mut unsure = Unsure {
            spans: 0,
            tokens: 0,
            bounded: true,
            missing: false,
        };
        for entering in &self.entering {
            if entering.prediction.sure {
                continue;
            }
            unsure.spans += 1;
            unsure.tokens += entering.tokens;
            unsure.bounded &= entering.bounded;
            unsure.missing |= entering.missing.is_some();
        }
        unsure
    }

    /// The spans that no law predicts share `tokens` by their counted sizes.
    fn set_unsure(&mut self, tokens: u64, basis: Basis) {
        let mut unsure = Vec::new();
        let mut weights = Vec::new();
        for entering in &mut self.entering {
            if !entering.prediction.sure {
                weights.push(entering.tokens.max(1));
                unsure.push(entering);
            }
        }
        for (entering, tokens) in unsure.into_iter().zip(proportional(tokens, &weights)) {
            (entering.tokens, entering.basis) = (tokens, Some(basis));
        }
    }

    /// The call of the response has grown.
    fn grow_call(&mut self, tokens: u64) {
        for entering in &mut self.entering {
            if !entering.prediction.sure {
                continue;
            }
            if let Some((_, span)) = self.context.span(entering.slot)
                && matches!(span.kind, ContentKind::Call { .. })
            {
                entering.tokens += tokens;
                return;
            }
        }
    }

    fn close_measured(&mut self) {
        self.left = 0;
        self.measured = matches!(self.call.law.rule, Sizing::Measured(_));
    }

    /// Spans without a size take what the others leave, in equal parts.
    fn fill(&mut self, counted: u64, found: u64) {
        let rest = found.saturating_sub(counted);
        let (mut most, mut weights) = (0u64, Vec::new());
        let (mut missing, mut counts): (Vec<&mut Entering>, Vec<&mut Entering>) =
            Default::default();
        for entering in &mut self.entering {
            if entering.prediction.sure {
                continue;
            }
            match entering.missing {
                Some(bound) => {
                    most = most.saturating_add(bound);
                    missing.push(entering);
                }
                None => {
                    weights.push(entering.tokens.max(1));
                    counts.push(entering);
                }
            }
        }
        if rest > most {
            return;
        }
        let basis = if missing.len() + counts.len() == 1 {
            Basis::Difference
        } else {
            Basis::Split
        };
        let equal = vec![1; missing.len()];
        for (entering, tokens) in counts.into_iter().zip(proportional(found - rest, &weights)) {
            (entering.tokens, entering.basis) = (tokens, Some(basis));
        }
        for (entering, tokens) in missing.into_iter().zip(proportional(rest, &equal)) {
            (entering.tokens, entering.basis) = (tokens, Some(basis));
        }
        self.close_measured();
    }

    /// What the step has measured, where one span entered that no law predicts: `numbers` are its
    /// counted and its measured size.
    fn judge(&self, numbers: [u64; 2]) -> Verdict {
        let Sizing::Measured(counter) = &self.call.law.rule else {
            return Verdict::Alone;
        };
        let of = |entering: &Entering| self.context.span(entering.slot).map(|(_, span)| span);
        let Some(unsure) = self.entering.iter().find(|one| !one.prediction.sure) else {
            return Verdict::Alone;
        };
        let Some(span) = of(unsure) else {
            return Verdict::Alone;
        };
        let response = self.entering.iter().filter(|one| one.prediction.sure);
        match judge(counter, span, numbers, response.filter_map(of)) {
            // The law belongs to a different model, so the estimate may be what is wrong.
            Verdict::Besides(_) if self.call.nearest => Verdict::Shared,
            verdict => verdict,
        }
    }
}
