//! Numbers and names as they stand in a message: `21 k`, `1.2 MB`, `6 images`, `` `cargo test` ``.
//!
//! Integers only, so that the same number is the same text on every machine.

use crate::skip::visible;

/// Returns a number of tokens: `4,210`, `21 k`, `8.75 M`.
pub(super) fn tokens(n: u64) -> String {
    match n {
        0..10_000 => grouped(n),
        10_000..999_500 => format!("{} k", (n + 500) / 1_000),
        _ => format!("{} M", three_digits(n, 1_000_000)),
    }
}

/// Returns a number of bytes: `512 bytes`, `12.3 kB`, `61.0 MB` (powers of 1,000).
pub(super) fn bytes(n: u64) -> String {
    match n {
        0..1_000 => counted(n, "byte"),
        1_000..999_500 => format!("{} kB", three_digits(n, 1_000)),
        999_500..999_500_000 => format!("{} MB", three_digits(n, 1_000_000)),
        _ => format!("{} GB", three_digits(n, 1_000_000_000)),
    }
}

/// Returns the number with its noun, which takes an `s` where it is not one: `1 file`, `2 files`.
pub(super) fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// Returns how often, on average: `sent once`, `sent 97 times each`.
pub(super) fn sent(times: u64, items: u64) -> String {
    let mean = (times + items / 2) / items.max(1);
    match (mean, items) {
        (0 | 1, _) => "sent once".into(),
        (_, 1) => format!("sent {} times", grouped(mean)),
        _ => format!("sent {} times each", grouped(mean)),
    }
}

/// Returns a name that a session chose, fit to stand in a sentence: in backticks, on one line,
/// cut to 80 characters.
pub(super) fn name(text: &str) -> String {
    let text: String = text.chars().map(|c| if c == '`' { '\'' } else { c }).take(80).collect();
    format!("`{}`", visible(&text))
}

fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `n` in units of `unit`, with the three digits that count.
fn three_digits(n: u64, unit: u64) -> String {
    let places = |digits: u32| (n + unit / 10_u64.pow(digits) / 2) / (unit / 10_u64.pow(digits));
    match n {
        _ if places(2) < 1_000 => format!("{}.{:02}", places(2) / 100, places(2) % 100),
        _ if places(1) < 1_000 => format!("{}.{}", places(1) / 10, places(1) % 10),
        _ => grouped((n + unit / 2) / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        let all = [999, 4_210, 9_999, 10_499, 999_499, 999_500, 8_749_999, 99_960_000, 1_234_000_000].map(tokens);
        assert_eq!(all, ["999", "4,210", "9,999", "10 k", "999 k", "1.00 M", "8.75 M", "100 M", "1,234 M"]);
        assert_eq!([1, 999, 12_345, 61_000_000].map(bytes), ["1 byte", "999 bytes", "12.3 kB", "61.0 MB"]);
    }

    #[test]
    fn a_name_cannot_leave_its_backticks() {
        assert_eq!(name("a`b\n\u{1b}[2J"), "`a'b\\u{a}\\u{1b}[2J`");
    }
}
