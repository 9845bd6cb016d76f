//! Versions of the agent, for behaviour that its lines do not show.

/// Whether a version is `last` or older; a text that is no version is neither.
pub(super) fn is_up_to(version: &str, last: [u32; 3]) -> bool {
    let mut numbers = [0; 3];
    let parts = version.split(['.', '-']);
    for (at, (number, part)) in std::iter::zip(&mut numbers, parts).enumerate() {
        match part.parse() {
            Ok(parsed) => *number = parsed,
            Err(_) if at == 0 => return false,
            Err(_) => {}
        }
    }
    numbers <= last
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
