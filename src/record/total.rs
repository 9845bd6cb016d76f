//! `total`: what was charged, by hour and by kind of content.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Usd, is_zero};

/// One per thread, hour, model and kind of content. Sums over all rows equal sums over the counted
/// requests: input = `first_tokens` + `resent_cached_tokens` + `resent_uncached_tokens`, output =
/// `output_tokens`, cost = `cost_usd`. The row without `source` holds tokens that belong to no
/// span; its amounts may be negative.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "total")]
pub struct Total {
    /// Thread it belongs to.
    pub thread: String,
    /// The agent's id of the session.
    pub session: String,
    /// Start of the hour (RFC 3339 UTC); absent where the file has no times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hour: Option<String>,
    /// Model that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `source` of the spans. Absent on the row of tokens that belong to no span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `part` of the spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<super::Part>,
    /// `tool` of the spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// `server` of the spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// `command` of the spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Number of spans that were first sent in this hour; on the row without source, number of
    /// requests.
    pub items: u64,
    /// Tokens sent for the first time.
    pub first_tokens: i64,
    /// Tokens sent again and read from the cache.
    pub resent_cached_tokens: i64,
    /// Tokens sent again and not read from the cache.
    pub resent_uncached_tokens: i64,
    /// Part of the tokens sent that was written to the cache.
    pub cache_write_tokens: i64,
    /// Tokens produced.
    pub output_tokens: i64,
    /// Part of the tokens sent (`first_tokens` and both `resent_*`) in spans whose size a law
    /// predicts and the reports confirm (`basis` counted). This and the next five parts add up to
    /// all tokens sent; an absent part is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub counted_tokens: i64,
    /// Part in spans whose size a report measures (`basis` difference).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub difference_tokens: i64,
    /// Part in spans that share one measurement (`basis` split).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub split_tokens: i64,
    /// Part in spans whose size is neither predicted nor measured (`basis` estimated, file).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub estimated_tokens: i64,
    /// Part that no file records (on the row without source).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unrecorded_tokens: i64,
    /// Part that nothing explains; may be negative (on the row without source).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unexplained_tokens: i64,
    /// Cost of all tokens of the row at list prices, with fees: the sum of the next five parts.
    /// Absent where the prices of the model are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
    /// Cost of `first_tokens`. An absent part of the cost is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub first_cost_usd: Usd,
    /// Cost of `resent_cached_tokens`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resent_cached_cost_usd: Usd,
    /// Cost of `resent_uncached_tokens`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resent_uncached_cost_usd: Usd,
    /// Cost of `output_tokens`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub output_cost_usd: Usd,
    /// Fees for web searches (on the row without source).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fee_cost_usd: Usd,
    /// Part of `resent_uncached_cost_usd` that was paid for `unexplained_tokens`; may be negative.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unexplained_cost_usd: Usd,
}

impl Total {
    /// All tokens sent: for the first time and again.
    pub fn input_tokens(&self) -> i64 {
        self.first_tokens
            .saturating_add(self.resent_cached_tokens)
            .saturating_add(self.resent_uncached_tokens)
    }

    /// Adds the amounts of another row; the names stay. Absurd sums stop at the end of the range.
    pub fn add(&mut self, other: &Total) {
        let add = |sum: &mut i64, tokens: i64| *sum = sum.saturating_add(tokens);
        self.items = self.items.saturating_add(other.items);
        add(&mut self.first_tokens, other.first_tokens);
        add(&mut self.resent_cached_tokens, other.resent_cached_tokens);
        add(
            &mut self.resent_uncached_tokens,
            other.resent_uncached_tokens,
        );
        add(&mut self.cache_write_tokens, other.cache_write_tokens);
        add(&mut self.output_tokens, other.output_tokens);
        add(&mut self.counted_tokens, other.counted_tokens);
        add(&mut self.difference_tokens, other.difference_tokens);
        add(&mut self.split_tokens, other.split_tokens);
        add(&mut self.estimated_tokens, other.estimated_tokens);
        add(&mut self.unrecorded_tokens, other.unrecorded_tokens);
        add(&mut self.unexplained_tokens, other.unexplained_tokens);
        if let Some(cost) = other.cost_usd {
            self.cost_usd = Some(self.cost_usd.unwrap_or_default().plus(cost));
        }
        let pay = |sum: &mut Usd, cost: Usd| *sum = sum.plus(cost);
        pay(&mut self.first_cost_usd, other.first_cost_usd);
        pay(
            &mut self.resent_cached_cost_usd,
            other.resent_cached_cost_usd,
        );
        pay(
            &mut self.resent_uncached_cost_usd,
            other.resent_uncached_cost_usd,
        );
        pay(&mut self.output_cost_usd, other.output_cost_usd);
        pay(&mut self.fee_cost_usd, other.fee_cost_usd);
        pay(&mut self.unexplained_cost_usd, other.unexplained_cost_usd);
    }
}
