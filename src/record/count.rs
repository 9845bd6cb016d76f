//! Counts: whole numbers that every JSON reader keeps exactly, and sums and products of them.

/// The largest count, 2^53 - 1: every JSON reader keeps integers up to there exactly
/// (docs/design.md 2.1). A sum or product that would be larger stops there.
pub const MOST: u64 = (1 << 53) - 1;

/// The number itself, or [`MOST`] where it is larger.
pub fn bounded(n: u64) -> u64 {
    n.min(MOST)
}

/// `a` + `b`, at most [`MOST`].
pub fn plus(a: u64, b: u64) -> u64 {
    a.saturating_add(b).min(MOST)
}

/// `a` × `b`, at most [`MOST`].
pub fn times(a: u64, b: u64) -> u64 {
    a.saturating_mul(b).min(MOST)
}

/// The same number as a signed one, at most `i64::MAX`.
pub fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
