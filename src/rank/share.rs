//! Shares of counts and of money that stay in range, whatever the input claims.

use crate::record::Usd;
use crate::record::count::MOST;

/// `part` in per cent of `whole`, rounded down; may be above 100.
pub(super) fn percent(part: u64, whole: u64) -> u64 {
    let percent = u128::from(part) * 100 / u128::from(whole.max(1));
    u64::try_from(percent).unwrap_or(MOST).min(MOST)
}

/// `whole` × `part` / `of`, and never more than `whole`.
pub(super) fn share(whole: u64, part: u64, of: u64) -> u64 {
    let share = u128::from(whole) * u128::from(part.min(of)) / u128::from(of.max(1));
    u64::try_from(share).unwrap_or(whole)
}

/// `whole` × `part` / `of` in money, rounded down, and never more than `whole`.
pub(super) fn share_usd(whole: Usd, part: u64, of: u64) -> Usd {
    let (part, of) = (i128::from(part.min(of)), i128::from(of.max(1)));
    // Two steps: the product of absurd numbers could pass the range.
    let (each, rest) = (whole.pico() / of, whole.pico() % of);
    Usd::from_pico(
        each.saturating_mul(part)
            .saturating_add(rest.saturating_mul(part) / of),
    )
}
