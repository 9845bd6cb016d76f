//! Numbers and names as they stand in a message: `21k`, `1.20MB`, `6 images`, `` `cargo test` ``.
//!
//! How a number is written is in [`crate::number`], the same for messages and reports.

use crate::number::grouped;
use crate::skip::visible;

pub(super) use crate::number::{bytes, counted, tokens, usd};

/// Returns how often, on average: `sent once`, `each sent 97 times on average`.
pub(super) fn sent_on_average(times: u64, items: u64) -> String {
    let mean = (times + items / 2) / items.max(1);
    match (mean, items) {
        (0 | 1, _) => "sent once".into(),
        (_, 1) => format!("sent {} times", grouped(mean)),
        _ => format!("each sent {} times on average", grouped(mean)),
    }
}

/// Returns how many things of a kind, how large, and how often they were sent: `1 output of 900
/// tokens, sent 7 times`, `3 outputs of 6.5k tokens sent 209 times, on average`.
pub(super) fn sized(noun: &str, items: u64, all_tokens: u64, times: u64) -> String {
    let several = items.max(1);
    let what = format!(
        "{} of {} tokens",
        counted(items, noun),
        tokens(all_tokens / several)
    );
    let mean = (times + several / 2) / several;
    match (mean, items) {
        (0 | 1, _) => format!("{what}, sent once"),
        (_, 1) => format!("{what}, sent {} times", grouped(mean)),
        _ => format!("{what} sent {} times, on average", grouped(mean)),
    }
}

/// Returns a name that a session chose, fit to stand in a sentence: in backticks, on one line,
/// cut to 80 characters.
pub(super) fn name(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c == '`' { '\'' } else { c })
        .take(80)
        .collect();
    format!("`{}`", visible(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        let all = [
            999,
            4_210,
            9_999,
            10_499,
            999_499,
            999_500,
            8_749_999,
            99_960_000,
            1_234_000_000,
        ]
        .map(tokens);
        assert_eq!(
            all,
            [
                "999", "4.2k", "10k", "10k", "999k", "1.00M", "8.75M", "100M", "1,234M"
            ]
        );
        assert_eq!(
            [1, 999, 12_345, 61_000_000].map(bytes),
            ["1 byte", "999 bytes", "12.3kB", "61.0MB"]
        );
    }

    #[test]
    fn a_name_cannot_leave_its_backticks() {
        assert_eq!(name("a`b\n\u{1b}[2J"), "`a'b\\u{a}\\u{1b}[2J`");
    }
}
