//! The running usage counter of a rollout, read without its traps (FORMATS 1.8).
//!
//! A `token_count` event carries the sum so far and the last response's usage. It is emitted again
//! when nothing happened, it starts again after some events, and it holds estimates. What comes
//! out here is what each event adds to the bill, and nothing twice.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

/// Usage as these files report it: cached and cache-written tokens are part of the input,
/// reasoning is part of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default)]
pub(crate) struct Usage {
    #[serde(deserialize_with = "count")]
    pub(crate) input_tokens: u64,
    #[serde(deserialize_with = "count")]
    pub(crate) cached_input_tokens: u64,
    #[serde(deserialize_with = "count")]
    pub(crate) cache_write_input_tokens: u64,
    #[serde(deserialize_with = "count")]
    pub(crate) output_tokens: u64,
    #[serde(deserialize_with = "count")]
    pub(crate) reasoning_output_tokens: u64,
    #[serde(deserialize_with = "count")]
    pub(crate) total_tokens: u64,
}

/// Reads a count; what is no whole number of at least 0 (FAULTS 18) counts nothing.
fn count<'de, D: serde::Deserializer<'de>>(value: D) -> Result<u64, D::Error> {
    Ok(crate::format::whole(&serde_json::Value::deserialize(value)?))
}

impl Usage {
    fn parts(self) -> [u64; 5] {
        [
            self.input_tokens,
            self.cached_input_tokens,
            self.cache_write_input_tokens,
            self.output_tokens,
            self.reasoning_output_tokens,
        ]
    }

    fn minus(self, other: Usage) -> Option<Usage> {
        Some(Usage {
            input_tokens: self.input_tokens.checked_sub(other.input_tokens)?,
            cached_input_tokens: self.cached_input_tokens.checked_sub(other.cached_input_tokens)?,
            cache_write_input_tokens: self.cache_write_input_tokens.checked_sub(other.cache_write_input_tokens)?,
            output_tokens: self.output_tokens.checked_sub(other.output_tokens)?,
            reasoning_output_tokens: self.reasoning_output_tokens.checked_sub(other.reasoning_output_tokens)?,
            total_tokens: self.total_tokens.saturating_sub(other.total_tokens),
        })
    }

    /// Whether both report the same, in all parts.
    pub(crate) fn is_same(self, other: Usage) -> bool {
        self.parts() == other.parts()
    }

    /// Whether it reports nothing: an estimate has only `total_tokens`.
    pub(crate) fn is_empty(self) -> bool {
        self.parts() == [0; 5]
    }
}

/// What `info` of a `token_count` event holds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Info {
    pub(crate) total_token_usage: Usage,
    pub(crate) last_token_usage: Usage,
    pub(crate) requested_model: Option<String>,
    pub(crate) latest_response_model: Option<String>,
    /// The service tier of the response.
    pub(crate) service_tier: Option<Value>,
}

/// What an event adds to the bill.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Added {
    /// What the sum has grown by beyond the last response: a request that no event reported
    /// (FORMATS 1.8, rule 6).
    pub(crate) unseen: Option<Usage>,
    /// The last response.
    pub(crate) last: Option<Usage>,
}

impl Added {
    /// Whether it adds nothing to the bill.
    pub(crate) fn is_nothing(&self) -> bool {
        self.unseen.is_none() && self.last.is_none()
    }
}

/// The counter of one file.
#[derive(Default)]
pub(crate) struct Counter {
    total: Option<Usage>,
    seen: HashSet<(Usage, Usage)>,
    /// The sums of this file continue those of another one, which are not in it.
    pub(crate) continues: bool,
}

impl Counter {
    /// Takes an event; returns what it adds.
    pub(crate) fn take(&mut self, info: &Info) -> Added {
        let (total, last) = (info.total_token_usage, info.last_token_usage);
        let repeated = self.total.is_some_and(|before| before.parts() == total.parts());
        let stale = !self.seen.insert((total, last)) && total != last;
        if repeated || stale || (total.is_empty() && last.is_empty()) {
            // A sum of nothing but a context window is an estimate, and the sum starts again
            // (rule 7); a repeated one changes nothing (rules 2 and 4).
            if !repeated && !stale {
                self.total = Some(total);
            }
            return Added::default();
        }
        let before = match self.total {
            None if self.continues => total.minus(last).unwrap_or_default(),
            before => before.unwrap_or_default(),
        };
        self.total = Some(total);
        let Some(grown) = total.minus(before) else {
            // The sum fell: it has started again, with this response (rule 6).
            return Added { unseen: None, last: Some(last).filter(|usage| !usage.is_empty()) };
        };
        match grown.minus(last) {
            Some(rest) if rest.is_empty() => Added { unseen: None, last: Some(last) },
            Some(rest) if !last.is_empty() => Added { unseen: Some(rest), last: Some(last) },
            // The sum is what is billed; a last response that exceeds it is a misreport.
            _ => Added { unseen: None, last: Some(grown) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input_tokens: u64, output_tokens: u64) -> Usage {
        Usage { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens, ..Usage::default() }
    }

    fn take(counter: &mut Counter, total: Usage, last: Usage) -> Added {
        counter.take(&Info { total_token_usage: total, last_token_usage: last, ..Info::default() })
    }

    fn one(last: Usage) -> Added {
        Added { unseen: None, last: Some(last) }
    }

    #[test]
    fn an_event_emitted_again_adds_nothing() {
        let mut counter = Counter::default();
        assert_eq!(take(&mut counter, usage(10, 1), usage(10, 1)), one(usage(10, 1)));
        assert_eq!(take(&mut counter, usage(10, 1), usage(10, 1)), Added::default());
        assert_eq!(take(&mut counter, usage(10, 1), usage(0, 0)), Added::default());
    }

    #[test]
    fn a_sum_that_starts_again_adds_its_last_response() {
        let mut counter = Counter::default();
        take(&mut counter, usage(100, 10), usage(100, 10));
        assert_eq!(take(&mut counter, usage(30, 3), usage(30, 3)), one(usage(30, 3)));
        assert_eq!(take(&mut counter, usage(70, 5), usage(40, 2)), one(usage(40, 2)));
    }

    #[test]
    fn a_sum_that_grows_by_more_than_the_last_response_hides_a_request() {
        let mut counter = Counter::default();
        take(&mut counter, usage(100, 10), usage(100, 10));
        let added = take(&mut counter, usage(300, 15), usage(150, 5));
        assert_eq!(added.last, Some(usage(150, 5)));
        assert_eq!(added.unseen.map(Usage::parts), Some([50, 0, 0, 0, 0]));
    }

    #[test]
    fn a_full_context_window_is_an_estimate() {
        let mut counter = Counter::default();
        take(&mut counter, usage(100, 10), usage(100, 10));
        let full = Usage { total_tokens: 272_000, ..Usage::default() };
        assert_eq!(take(&mut counter, full, full), Added::default());
        assert_eq!(take(&mut counter, usage(50, 5), usage(50, 5)), one(usage(50, 5)));
    }
}
