//! Numbers formatted for people: `91.3M`, `610k`, `4.2k`, `61.0MB`, `94%`.
//!
//! A number and its unit are one word, so no line breaks between them.
//! All arithmetic is in integers, so a number becomes the same text on every machine.

use crate::record::Usd;

/// Formats a number of tokens: `421`, `4.2k`, `21k`, `8.75M`, `1,234M`.
pub fn tokens(n: u64) -> String {
    match n {
        0..1_000 => grouped(n),
        1_000..9_950 => {
            let tenths = rounded(n, 100);
            format!("{}.{}k", tenths / 10, tenths % 10)
        }
        9_950..999_500 => format!("{}k", rounded(n, 1_000)),
        _ => format!("{}M", three_digits(n, 1_000_000)),
    }
}

/// Formats a number of tokens as [`tokens`] does, with a minus sign where it is negative.
pub fn signed(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    format!("{sign}{}", tokens(n.unsigned_abs()))
}

/// Formats an amount, rounded to cents: `$1,234.56`, `-$0.12`. An amount that is not zero and would
/// be rounded to zero is `<$0.01`.
pub fn usd(amount: Usd) -> String {
    const CENT: u128 = 10_000_000_000;
    let sign = if amount < Usd::ZERO { "-" } else { "" };
    let pico = amount.pico().unsigned_abs();
    let cents = pico / CENT + u128::from(pico % CENT >= CENT / 2);
    if cents == 0 && pico > 0 {
        return format!("{sign}<$0.01");
    }
    let dollars = u64::try_from(cents / 100).unwrap_or(u64::MAX);
    format!("{sign}${}.{:02}", grouped(dollars), cents % 100)
}

/// Formats the share that `part` has of `whole`, as [`percent`] does.
pub fn percent_usd(part: Usd, whole: Usd) -> String {
    percent(micro(part), micro(whole))
}

/// Returns the amount in millionths of a dollar; 0 for a negative amount.
fn micro(amount: Usd) -> u64 {
    u64::try_from(amount.pico().max(0) / 1_000_000).unwrap_or(u64::MAX)
}

/// Formats a number of bytes: `512 bytes`, `12.3kB`, `61.0MB` (powers of 1,000).
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => counted(n, "byte"),
        1_000..999_500 => format!("{}kB", three_digits(n, 1_000)),
        999_500..999_500_000 => format!("{}MB", three_digits(n, 1_000_000)),
        _ => format!("{}GB", three_digits(n, 1_000_000_000)),
    }
}

/// Formats the share that `part` has of `whole`; `-` where `whole` is 0. A part that is not zero is
/// never shown as 0%, and a part that is not the whole never as 100%.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".into();
    }
    let percent = rounded(part.saturating_mul(100), whole);
    match percent {
        0 if part > 0 => "<1%".into(),
        100 if part < whole => ">99%".into(),
        _ => format!("{percent}%"),
    }
}

/// Formats a share as [`percent`] does, with a minus sign where the part is negative.
pub fn percent_signed(part: i64, whole: i64) -> String {
    let sign = if part < 0 { "-" } else { "" };
    format!(
        "{sign}{}",
        percent(part.unsigned_abs(), u64::try_from(whole).unwrap_or(0))
    )
}

/// Returns the number and its noun, which is put into the plural: `1 file`, `2 files`, `2 entries`.
pub fn counted(n: u64, noun: &str) -> String {
    if n == 1 {
        return format!("1 {noun}");
    }
    if let Some(stem) = noun.strip_suffix('y')
        && !stem.ends_with(['a', 'e', 'o', 'u'])
    {
        return format!("{} {stem}ies", grouped(n));
    }
    format!("{} {noun}s", grouped(n))
}

/// Formats a number with all its digits, in groups of three: `4,210`.
pub fn grouped(n: u64) -> String {
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

/// Formats `n` in multiples of `unit`, with three significant digits.
fn three_digits(n: u64, unit: u64) -> String {
    for (below, decimals) in [(10, 2), (100, 1)] {
        let scale = 10_u64.pow(decimals);
        let scaled = rounded(n, unit / scale);
        if scaled < below * scale {
            return format!(
                "{}.{:0width$}",
                scaled / scale,
                scaled % scale,
                width = decimals as usize
            );
        }
    }
    grouped(rounded(n, unit))
}

/// Divides and rounds to the nearest integer, halves up.
fn rounded(n: u64, unit: u64) -> u64 {
    n / unit + u64::from(n % unit >= unit.div_ceil(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_significant_and_rounding_carries_over() {
        let shown: Vec<String> = [
            0,
            999,
            4_249,
            9_949,
            9_950,
            21_499,
            999_499,
            999_500,
            8_754_999,
            9_996_000,
            99_960_000,
            1_234_000_000,
        ]
        .map(tokens)
        .into();
        let expected = [
            "0", "999", "4.2k", "9.9k", "10k", "21k", "999k", "1.00M", "8.75M", "10.0M", "100M",
            "1,234M",
        ];
        assert_eq!(shown, expected);
        assert_eq!(signed(-1_200_000), "-1.20M");
    }

    #[test]
    fn money_is_rounded_to_cents() {
        let shown = [
            0,
            1,
            4_999_999_999,
            5_000_000_000,
            1_234_565_000_000_000,
            -4_996_000_000_000,
            -7,
        ];
        let shown = shown.map(|pico| usd(Usd::from_pico(pico)));
        assert_eq!(
            shown,
            [
                "$0.00",
                "<$0.01",
                "<$0.01",
                "$0.01",
                "$1,234.57",
                "-$5.00",
                "-<$0.01"
            ]
        );
    }

    #[test]
    fn a_small_part_is_not_zero_and_a_large_part_is_not_everything() {
        assert_eq!(percent(1, 1_000_000), "<1%");
        assert_eq!(percent(999_999, 1_000_000), ">99%");
        assert_eq!(percent(0, 7), "0%");
        assert_eq!(percent(7, 7), "100%");
        assert_eq!(percent(0, 0), "-");
        assert_eq!(percent_signed(-2, 8), "-25%");
    }

    #[test]
    fn bytes_have_units() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(123_456), "123kB");
        assert_eq!(bytes(61_200_000), "61.2MB");
    }
}
