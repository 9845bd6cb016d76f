//! Money as records hold it: exact decimals.
//!
//! An amount is a whole number of pico-dollars (10⁻¹² US dollars), because prices are that fine:
//! $0.0125 for a million tokens is 12,500 pico-dollars for a token. In a record it is a JSON number
//! of dollars without exponent: `0.0000000125`. It is never converted to a float, neither in
//! reading nor in writing, so sums of amounts are exact. Other programs may use floats (jq turns
//! this amount into `1.25e-08`); numbers with an exponent are read as well.

#[cfg(feature = "schema")]
use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;

#[cfg(feature = "schema")]
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Pico-dollars in a dollar.
const DOLLAR: u128 = 1_000_000_000_000;
/// Decimals of an amount in dollars.
const DECIMALS: i32 = 12;

/// An amount of US dollars, exact to 10⁻¹²; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(i128);

impl Usd {
    /// The amount zero.
    pub const ZERO: Usd = Usd(0);

    /// An amount of pico-dollars.
    pub const fn from_pico(pico: i128) -> Usd {
        Usd(pico)
    }

    /// The amount in pico-dollars.
    pub const fn pico(self) -> i128 {
        self.0
    }

    /// Adds; an absurd sum stops at the end of the range.
    #[must_use]
    pub const fn plus(self, other: Usd) -> Usd {
        Usd(self.0.saturating_add(other.0))
    }

    /// Subtracts; an absurd difference stops at the end of the range.
    #[must_use]
    pub const fn minus(self, other: Usd) -> Usd {
        Usd(self.0.saturating_sub(other.0))
    }

    /// Reads a JSON number, rounded to whole pico-dollars. `None` where the text is no number, or
    /// the amount is too large.
    pub fn parse(text: &str) -> Option<Usd> {
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (decimal, exponent) = match text.split_once(['e', 'E']) {
            Some((decimal, exponent)) => (decimal, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
        let digits = format!("{whole}{fraction}");
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number: i128 = digits.parse().ok()?;
        let power = |n: i32| 10_i128.checked_pow(u32::try_from(n).ok()?);
        let shift = exponent
            .checked_add(DECIMALS)?
            .checked_sub(i32::try_from(fraction.len()).ok()?)?;
        let pico = match shift {
            _ if number == 0 => 0,
            0.. => number.checked_mul(power(shift)?)?,
            _ => match power(shift.checked_neg()?) {
                Some(unit) => number / unit + i128::from(number % unit >= unit / 2),
                // An amount that much smaller than a pico-dollar rounds to zero.
                None => 0,
            },
        };
        Some(Usd(sign * pico))
    }
}

/// The amount in dollars as records hold it: as many decimals as it needs, at most twelve, and at
/// least one, so that a program that infers types never takes the key for an integer.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (
            self.0.unsigned_abs() / DOLLAR,
            self.0.unsigned_abs() % DOLLAR,
        );
        let fraction = format!("{rest:012}");
        let fraction = fraction.trim_end_matches('0');
        write!(
            f,
            "{sign}{whole}.{}",
            if fraction.is_empty() { "0" } else { fraction }
        )
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Usd>>(amounts: I) -> Usd {
        amounts.fold(Usd::ZERO, Usd::plus)
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string())
            .map_err(S::Error::custom)?
            .serialize(to)
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Usd, D::Error> {
        let number = Box::<RawValue>::deserialize(from)?;
        Usd::parse(number.get())
            .ok_or_else(|| D::Error::custom(format!("{number} is no amount of money")))
    }
}

#[cfg(feature = "schema")]
impl JsonSchema for Usd {
    fn schema_name() -> Cow<'static, str> {
        "Usd".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number"})
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_comes_back_to_the_pico_dollar() {
        let amounts = [
            0,
            1,
            12_500,
            -12_500,
            1_000_000_000_000,
            40_123_456_789_012,
            -1,
            i128::MAX,
            i128::MIN + 1,
        ];
        for pico in amounts {
            let text = serde_json::to_string(&Usd::from_pico(pico)).unwrap();
            assert!(!text.contains(['e', 'E']) && text.contains('.'), "{text}");
            assert_eq!(
                serde_json::from_str::<Usd>(&text).unwrap().pico(),
                pico,
                "{text}"
            );
        }
        assert_eq!(Usd::from_pico(12_500).to_string(), "0.0000000125");
        assert_eq!(Usd::from_pico(3_000_000_000_000).to_string(), "3.0");
    }

    #[test]
    fn numbers_that_other_programs_rewrote_are_read() {
        let read = |text| Usd::parse(text).map(Usd::pico);
        assert_eq!(read("1.25e-08"), Some(12_500));
        assert_eq!(read("1.25E+2"), Some(125_000_000_000_000));
        assert_eq!(read("7"), Some(7_000_000_000_000));
        assert_eq!(read("0.0000000000005"), Some(1));
        assert_eq!(read("-0.00000000000049"), Some(0));
        assert_eq!(read("1e-400"), Some(0));
        assert_eq!(read("0e999999999"), Some(0));
        assert_eq!(read("1e400"), None);
        for text in ["true", "\"1\"", "", "-", "+1", "1e", "{}", "null"] {
            assert!(serde_json::from_str::<Usd>(text).is_err(), "{text}");
        }
    }
}
