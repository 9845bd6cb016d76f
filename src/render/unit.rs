//! The unit of a short report: dollars, or tokens where most of them have no price.

use crate::number::{percent_signed, percent_usd, signed, tokens, usd};
use crate::record::{Finding, Summary, Usd};

/// What amounts are shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// US dollars at list prices.
    Usd,
    /// Tokens.
    Tokens,
}

/// What the findings can save together, in money and in tokens.
fn both(findings: &[&Finding]) -> (Usd, u64) {
    let cost = findings.iter().filter_map(|finding| finding.net_usd).sum();
    let mut tokens: u64 = 0;
    for finding in findings {
        tokens = tokens.saturating_add(finding.net_tokens);
    }
    (cost, tokens)
}

impl Unit {
    /// Dollars, unless more than half of the tokens have no price.
    pub(super) fn of(summary: &Summary) -> Unit {
        let all = summary.input_tokens.saturating_add(summary.output_tokens);
        let mut unpriced: u64 = 0;
        for tokens in summary.unpriced_tokens.values() {
            unpriced = unpriced.saturating_add(*tokens);
        }
        if summary.cost_usd.is_none() || unpriced > all / 2 {
            Unit::Tokens
        } else {
            Unit::Usd
        }
    }

    /// What a finding can save and no earlier one claims; `None` if that is nothing.
    pub(super) fn worth(self, finding: &Finding) -> Option<String> {
        match (self, finding.net_usd) {
            (Unit::Usd, Some(cost)) if cost > Usd::ZERO => Some(usd(cost)),
            (Unit::Usd, Some(_)) => None,
            _ if finding.net_tokens > 0 => Some(tokens(finding.net_tokens)),
            _ => None,
        }
    }

    /// What several findings can save together.
    pub(super) fn worth_of(self, findings: &[&Finding]) -> String {
        let (cost, tokens) = both(findings);
        match self {
            Unit::Usd if cost > Usd::ZERO => usd(cost),
            _ => crate::number::tokens(tokens),
        }
    }

    /// The same as a number for comparisons.
    pub(super) fn size_of(self, findings: &[&Finding]) -> (i128, u64) {
        let (cost, tokens) = both(findings);
        match self {
            Unit::Usd => (cost.pico(), tokens),
            Unit::Tokens => (0, tokens),
        }
    }

    /// An amount of which both are known.
    pub(super) fn amount(self, cost: Usd, tokens: i64) -> String {
        match self {
            Unit::Usd => usd(cost),
            Unit::Tokens => signed(tokens),
        }
    }

    /// The share of an amount in a whole.
    pub(super) fn share(self, part: (Usd, i64), whole: (Usd, i64)) -> String {
        match self {
            Unit::Usd if part.0 < Usd::ZERO => {
                format!("-{}", percent_usd(Usd::ZERO.minus(part.0), whole.0))
            }
            Unit::Usd => percent_usd(part.0, whole.0),
            Unit::Tokens => percent_signed(part.1, whole.1),
        }
    }

    /// A number for comparisons.
    pub(super) fn size(self, cost: Usd, tokens: i64) -> i128 {
        match self {
            Unit::Usd => cost.pico(),
            Unit::Tokens => i128::from(tokens),
        }
    }

    /// The heading of a column of amounts.
    pub(super) fn name(self) -> &'static str {
        match self {
            Unit::Usd => "cost",
            Unit::Tokens => "tokens",
        }
    }
}
