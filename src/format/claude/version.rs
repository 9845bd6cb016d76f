//! Versions of the agent: where what stands in a file does not tell what it did.

/// Whether a version is this one or older; one that is no version is not.
pub(super) fn is_up_to(version: &str, last: [u32; 3]) -> bool {
    let mut numbers = version.split(['.', '-']).map(|part| part.parse::<u32>());
    let mut next = || numbers.next().and_then(Result::ok);
    let Some(major) = next() else { return false };
    [major, next().unwrap_or(0), next().unwrap_or(0)] <= last
}

#[cfg(test)]
mod tests {
    use super::is_up_to;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let old = |version| is_up_to(version, [2, 1, 59]);
        assert!(
            old("2.1.59")
                && old("2.1.9")
                && old("2.0.76")
                && old("1.0.100")
                && old("2.1.59-beta.3")
        );
        assert!(!old("2.1.60") && !old("2.1.332") && !old("10.0") && !old("next"));
    }
}
