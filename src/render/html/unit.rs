//! What a page measures in: dollars, or tokens where no price is known.
//!
//! One page has one unit, so that all its bars and shares can be compared.

use crate::number::{percent, signed, tokens, usd};
use crate::record::Usd;
use crate::render::days::Spent;
use crate::render::report::ReportContent;

/// The unit of all bars and shares of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageUnit {
    /// Dollars at list prices.
    Dollars,
    /// Tokens, input and output together.
    Tokens,
}

impl PageUnit {
    /// Dollars where anything in the report has a price.
    pub(super) fn of(report: &ReportContent) -> PageUnit {
        let cost = match &report.summary {
            Some(summary) => summary.cost_usd,
            None => report.bill.whole().cost_usd,
        };
        if cost.is_some() {
            PageUnit::Dollars
        } else {
            PageUnit::Tokens
        }
    }

    /// The length of an amount in a drawing; 0 where it is negative or has no price.
    pub(super) fn weight(self, spent: Spent) -> u64 {
        match self {
            PageUnit::Dollars => weight_usd(spent.cost.unwrap_or_default()),
            PageUnit::Tokens => weight_tokens(spent.tokens),
        }
    }

    /// The amount in words. On a page of dollars, an amount without a price is in tokens.
    pub(super) fn amount(self, spent: Spent) -> String {
        match (self, spent.cost) {
            (PageUnit::Dollars, Some(cost)) => usd(cost),
            _ => format!("{} tokens", signed(spent.tokens)),
        }
    }

    /// The share of an amount.
    pub(super) fn share(self, part: Spent, whole: Spent) -> String {
        match (self, part.cost) {
            (PageUnit::Dollars, None) => "-".into(),
            _ => percent(self.weight(part), self.weight(whole)),
        }
    }
}

/// A cost in millionths of a dollar; 0 for a negative one.
pub(super) fn weight_usd(cost: Usd) -> u64 {
    u64::try_from(cost.pico().max(0) / 1_000_000).unwrap_or(u64::MAX)
}

/// A number of tokens; 0 for a negative one.
pub(super) fn weight_tokens(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// A cost, or tokens where it is not known.
pub(super) fn worth(cost: Option<Usd>, n: u64) -> String {
    match cost {
        Some(cost) => usd(cost),
        None => format!("{} tokens", tokens(n)),
    }
}
