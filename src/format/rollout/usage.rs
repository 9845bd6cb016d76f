//! Usage as one line of a rollout reports it, and how amounts of it are compared
//! (docs/formats.md 1.8).
//!
//! A part that is missing is not the same as zero: `Info` keeps the difference. What all lines of a
//! file add up to is decided in [`super::counter`].

use serde::Deserialize;
use serde_json::Value;

use crate::format::object;
use crate::format::value::read_whole;
use crate::json;

/// Usage as these files report it: cached and cache-written tokens are part of the input,
/// reasoning is part of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default)]
pub(crate) struct ReportedUsage {
    #[serde(deserialize_with = "read_whole")]
    pub(crate) input_tokens: u64,
    #[serde(deserialize_with = "read_whole")]
    pub(crate) cached_input_tokens: u64,
    #[serde(deserialize_with = "read_whole")]
    pub(crate) cache_write_input_tokens: u64,
    #[serde(deserialize_with = "read_whole")]
    pub(crate) output_tokens: u64,
    #[serde(deserialize_with = "read_whole")]
    pub(crate) reasoning_output_tokens: u64,
    /// Never billed: in some files it counts the reasoning twice, in others it is an estimate.
    #[serde(deserialize_with = "read_whole")]
    pub(crate) total_tokens: u64,
}

/// The member `info` of a `token_count` event.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Info {
    /// What the thread has used so far.
    #[serde(rename = "total_token_usage", deserialize_with = "usage")]
    pub(crate) sum: Option<ReportedUsage>,
    /// What its last response used.
    #[serde(rename = "last_token_usage", deserialize_with = "usage")]
    pub(crate) last: Option<ReportedUsage>,
    #[serde(deserialize_with = "read_whole")]
    pub(crate) model_context_window: u64,
    pub(crate) requested_model: Option<String>,
    pub(crate) latest_response_model: Option<String>,
    /// The event holds a usage, and no number of it can be used.
    #[serde(skip)]
    pub(crate) unusable: bool,
    /// The service tier of the response.
    pub(crate) service_tier: Option<Value>,
}

impl Info {
    /// Reads what the event says.
    pub(crate) fn read(text: &str) -> serde_json::Result<Info> {
        let mut info: Info = serde_json::from_str(text)?;
        if info.sum.is_none() && info.last.is_none() {
            let named = json::members(text, ["total_token_usage", "last_token_usage"]);
            info.unusable = named.is_some_and(|named| named.iter().any(Option::is_some));
        }
        Ok(info)
    }
}

/// The parts of a usage in one fixed order, without its total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct TokenParts([u64; 5]);

/// Reads a usage; `None` for what is no object or holds a part that is no count: a sum without its
/// input would be taken for a sum that started again.
fn usage<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<ReportedUsage>, D::Error> {
    Ok(object::lenient::<D, RawUsage>(value)?.and_then(RawUsage::usage))
}

/// The parts of a usage as the line has them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawUsage {
    input_tokens: Value,
    cached_input_tokens: Value,
    cache_write_input_tokens: Value,
    output_tokens: Value,
    reasoning_output_tokens: Value,
    total_tokens: Value,
}

/// Reads a part of a usage; a part that is missing is zero.
fn part(value: &Value) -> Option<u64> {
    if value.is_null() {
        return Some(0);
    }
    crate::format::value::count(value)
}

impl RawUsage {
    fn usage(self) -> Option<ReportedUsage> {
        let usage = ReportedUsage {
            input_tokens: part(&self.input_tokens)?,
            cached_input_tokens: part(&self.cached_input_tokens)?,
            cache_write_input_tokens: part(&self.cache_write_input_tokens)?,
            output_tokens: part(&self.output_tokens)?,
            reasoning_output_tokens: part(&self.reasoning_output_tokens)?,
            total_tokens: part(&self.total_tokens).unwrap_or(0),
        };
        if self.input_tokens.is_null() && !usage.is_empty() {
            return None;
        }
        // Tokens read from the cache and written to it are part of the input.
        let cached = usage
            .cached_input_tokens
            .saturating_add(usage.cache_write_input_tokens);
        if cached > usage.input_tokens {
            return None;
        }
        Some(usage)
    }
}

impl ReportedUsage {
    pub(crate) fn parts(self) -> TokenParts {
        TokenParts([
            self.input_tokens,
            self.cached_input_tokens,
            self.cache_write_input_tokens,
            self.output_tokens,
            self.reasoning_output_tokens,
        ])
    }

    /// Whether all parts are zero; the total may not be.
    pub(crate) fn is_empty(self) -> bool {
        self.parts().is_zero()
    }

    /// The usage as text for the key of a request. This text must not change: keys of other files
    /// and of earlier runs are compared with it.
    pub(crate) fn key_text(self) -> String {
        let ReportedUsage {
            input_tokens,
            cached_input_tokens,
            cache_write_input_tokens,
            output_tokens,
            reasoning_output_tokens,
            total_tokens,
        } = self;
        format!(
            "Usage {{ input_tokens: {input_tokens}, cached_input_tokens: {cached_input_tokens}, \
             cache_write_input_tokens: {cache_write_input_tokens}, output_tokens: {output_tokens}, \
             reasoning_output_tokens: {reasoning_output_tokens}, total_tokens: {total_tokens} }}"
        )
    }
}

impl From<TokenParts> for ReportedUsage {
    fn from(parts: TokenParts) -> ReportedUsage {
        let [
            input_tokens,
            cached_input_tokens,
            cache_write_input_tokens,
            output_tokens,
            reasoning_output_tokens,
        ] = parts.0;
        ReportedUsage {
            input_tokens,
            cached_input_tokens,
            cache_write_input_tokens,
            output_tokens,
            reasoning_output_tokens,
            total_tokens: 0,
        }
    }
}

impl TokenParts {
    pub(crate) const ZERO: TokenParts = TokenParts([0; 5]);

    pub(crate) fn is_zero(self) -> bool {
        self == TokenParts::ZERO
    }

    pub(crate) fn plus(self, other: TokenParts) -> TokenParts {
        TokenParts(std::array::from_fn(|n| {
            self.0[n].saturating_add(other.0[n])
        }))
    }

    /// Subtracts part by part; no part falls below zero.
    pub(crate) fn minus(self, other: TokenParts) -> TokenParts {
        TokenParts(std::array::from_fn(|n| {
            self.0[n].saturating_sub(other.0[n])
        }))
    }

    /// Whether any part is less than the other's.
    pub(crate) fn fell_below(self, other: TokenParts) -> bool {
        (0..self.0.len()).any(|n| self.0[n] < other.0[n])
    }

    /// Input and output together.
    pub(crate) fn size(self) -> u64 {
        self.0[0].saturating_add(self.0[3])
    }

    /// The larger of two sums by size; this one where they are equal.
    pub(crate) fn or_larger(self, other: Option<TokenParts>) -> TokenParts {
        match other {
            Some(other) if other.size() > self.size() => other,
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_with_a_part_that_is_no_count_says_nothing() {
        let input = |text: &str| {
            let info =
                format!(r#"{{"total_token_usage":{{"input_tokens":{text},"output_tokens":5}}}}"#);
            let info = Info::read(&info).unwrap();
            assert_eq!(info.unusable, info.sum.is_none());
            info.sum.map(|sum| sum.input_tokens)
        };
        assert_eq!(input("7"), Some(7));
        for text in ["null", "-7", "1.5", "\"7\"", "[7]", "18446744073709551616"] {
            assert_eq!(input(text), None, "{text}");
        }
        let cached = r#"{"last_token_usage":{"input_tokens":500,"cached_input_tokens":12345}}"#;
        assert!(
            Info::read(cached).unwrap().unusable,
            "more was cached than sent"
        );
        assert!(!Info::read("{}").unwrap().unusable);
        assert!(
            Info::read(r#"{"last_token_usage":"none"}"#)
                .unwrap()
                .unusable
        );
    }

    #[test]
    fn what_is_absent_or_no_usage_is_not_zero() {
        let read = |info: &str| serde_json::from_str::<Info>(info).unwrap();
        let info = read(
            r#"{"total_token_usage":null,
                "last_token_usage":{"input_tokens":5,"output_tokens":7.0}}"#,
        );
        let last = ReportedUsage {
            input_tokens: 5,
            output_tokens: 7,
            ..ReportedUsage::default()
        };
        assert_eq!((info.sum, info.last), (None, Some(last)));
        let info = read(r#"{"total_token_usage":"many","last_token_usage":[1]}"#);
        assert_eq!((info.sum, info.last), (None, None));
    }
}
