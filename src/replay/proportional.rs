//! Cutting a whole number into parts by weights.

/// Cuts `whole` into parts in proportion to the weights; the parts add up to it. Where all weights
/// are 0, the parts are equal.
pub(super) fn proportional(whole: u64, weights: &[u64]) -> Vec<u64> {
    let are_equal = weights.iter().all(|weight| *weight == 0);
    let share = |weight: u64| if are_equal { 1 } else { u128::from(weight) };
    let all: u128 = weights.iter().map(|weight| share(*weight)).sum();
    let (mut sum, mut given) = (0u128, 0u64);
    let mut parts = Vec::with_capacity(weights.len());
    for weight in weights {
        sum += share(*weight);
        let reached = u64::try_from(u128::from(whole) * sum / all.max(1)).unwrap_or(whole);
        parts.push(reached - given);
        given = reached;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_to_the_whole() {
        assert_eq!(proportional(100, &[1, 1, 1]), [33, 33, 34]);
        assert_eq!(proportional(7, &[0, 0]), [3, 4]);
        assert_eq!(proportional(7, &[]), Vec::<u64>::new());
    }
}
