//! Counts: whole numbers that every JSON reader keeps exactly, and their sums.

/// The largest integer that every JSON reader keeps exactly is one below 2^53 (docs/design.md 2.1).
/// A sum of absurd numbers stops there.
pub const MOST: u64 = (1 << 53) - 1;

/// The number itself, or the largest where it is absurd.
pub fn bounded(n: u64) -> u64 {
    n.min(MOST)
}

/// `a` + `b`.
pub fn plus(a: u64, b: u64) -> u64 {
    a.saturating_add(b).min(MOST)
}

/// `a` × `b`.
pub fn times(a: u64, b: u64) -> u64 {
    a.saturating_mul(b).min(MOST)
}

/// The same number with a sign.
pub fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
