//! Places in a drawing.
//!
//! Drawings are as wide as the page allows, so places across are in percent of the width, to two
//! decimals. All arithmetic is in integers: a drawing is the same on every machine, and no text
//! from input can be part of it.

/// Returns the share of `part` in `whole` in hundredths of a percent, at most 10,000.
fn hundredths(part: u64, whole: u64) -> u64 {
    if whole == 0 {
        return 0;
    }
    let share = u128::from(part.min(whole)) * 10_000 / u128::from(whole);
    u64::try_from(share).unwrap_or(10_000)
}

/// Returns the place of `part` in `whole`: `12.34%`.
pub(super) fn place(part: u64, whole: u64) -> String {
    let share = hundredths(part, whole);
    format!("{}.{:02}%", share / 100, share % 100)
}

/// Returns the length from one place to another, so that the end of one bar is the beginning of
/// the next in spite of rounding.
pub(super) fn length(from: u64, to: u64, whole: u64) -> String {
    let share = hundredths(to, whole).saturating_sub(hundredths(from, whole));
    format!("{}.{:02}%", share / 100, share % 100)
}

/// Returns `part * size / whole`, at most `size`.
pub(super) fn pixels(part: u64, whole: u64, size: u64) -> u64 {
    if whole == 0 {
        return 0;
    }
    let at = u128::from(part.min(whole)) * u128::from(size) / u128::from(whole);
    u64::try_from(at).unwrap_or(size)
}

/// Returns a round step, of which `most` has at most four: 1, 2 or 5 times a power of ten.
pub(super) fn step(most: u64) -> u64 {
    let mut power: u64 = 1;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if most / step <= 4 {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_meet_and_end_at_the_edge() {
        assert_eq!(place(1, 3), "33.33%");
        assert_eq!(length(1, 2, 3), "33.33%");
        assert_eq!(length(2, 3, 3), "33.34%");
        assert_eq!(place(9, 3), "100.00%");
        assert_eq!(place(1, 0), "0.00%");
        assert_eq!(place(u64::MAX, u64::MAX), "100.00%");
        assert_eq!(pixels(u64::MAX / 2, u64::MAX, 700), 349);
    }

    #[test]
    fn steps_are_round_and_few() {
        assert_eq!(step(0), 1);
        assert_eq!(step(9), 2);
        assert_eq!(step(559_000), 200_000);
        assert_eq!(step(1_000_000), 500_000);
        assert_eq!(step(20_000), 5_000);
        assert!(step(u64::MAX) > u64::MAX / 10);
    }
}
