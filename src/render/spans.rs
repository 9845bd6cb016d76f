//! The most expensive spans of the stream.
//!
//! `tok-rank` passes a few spans, or all of them (`--keep-all`). This module keeps the ten most
//! expensive and does not rely on the order of the stream.

use serde::{Deserialize, Serialize};

use crate::record::{Part, Usd, subject};

/// The number of spans that are kept.
const KEPT: usize = 10;

/// The fields of a span that a report shows; the keys mean the same as in `span` records.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct CostlySpan {
    pub(super) thread: String,
    pub(super) id: String,
    pub(super) part: Part,
    pub(super) source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sent_tokens: Option<u64>,
    #[serde(default)]
    pub(super) carried_requests: u64,
    #[serde(default)]
    pub(super) carried_tokens: u64,
    #[serde(default)]
    pub(super) carried_cache_read_tokens: u64,
    #[serde(default)]
    pub(super) output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_cost_usd: Option<Usd>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_cost_usd: Option<Usd>,
}

impl CostlySpan {
    /// Returns the cost of sending and producing the span; `None` where no price is known.
    pub(super) fn cost(&self) -> Option<Usd> {
        match (self.input_cost_usd, self.output_cost_usd) {
            (Some(input), Some(output)) => Some(input.plus(output)),
            (input, output) => input.or(output),
        }
    }

    /// Returns the subject of the span, as findings name it: the command, else the tool, else the
    /// source.
    pub(super) fn subject(&self) -> String {
        subject(
            self.command.as_deref(),
            self.server.as_deref(),
            self.tool.as_deref(),
            &self.source,
        )
    }

    /// A sort key: spans with a cost come first and are compared by cost only; the others are
    /// compared by tokens.
    fn rank(&self) -> (Option<Usd>, u64) {
        match self.cost() {
            Some(cost) => (Some(cost), 0),
            None => (None, self.carried_tokens),
        }
    }
}

/// The most expensive spans so far, in order; of two equal spans the earlier one comes first.
#[derive(Debug, Default)]
pub(super) struct CostlySpans(Vec<CostlySpan>);

impl CostlySpans {
    /// Takes a span and keeps it if it is one of the most expensive.
    pub(super) fn take(&mut self, span: CostlySpan) {
        let at = self.0.partition_point(|kept| kept.rank() >= span.rank());
        if at < KEPT && span.rank() > (None, 0) {
            self.0.insert(at, span);
            self.0.truncate(KEPT);
        }
    }

    /// Returns the kept spans, the most expensive first.
    pub(super) fn all(&self) -> &[CostlySpan] {
        &self.0
    }
}
