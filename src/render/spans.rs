//! The spans that cost most, of all that are in the stream.
//!
//! `tok-rank` passes a few, or all of them (`--keep-all`); the best ten are kept here, whatever
//! comes.

use serde::{Deserialize, Serialize};

use crate::record::{Part, Usd, subject};

/// How many are kept.
const KEPT: usize = 10;

/// Of a span, what a reader wants to know; the keys mean what they mean in `span` records.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Costly {
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

impl Costly {
    /// What carrying and producing it cost; `None` where no price is known.
    pub(super) fn cost(&self) -> Option<Usd> {
        match (self.input_cost_usd, self.output_cost_usd) {
            (Some(input), Some(output)) => Some(input.plus(output)),
            (input, output) => input.or(output),
        }
    }

    /// What it is, as findings name it: the command, else the tool, else the source.
    pub(super) fn subject(&self) -> String {
        subject(
            self.command.as_deref(),
            self.server.as_deref(),
            self.tool.as_deref(),
            &self.source,
        )
    }

    /// Money before tokens; tokens only where there is no money.
    fn order(&self) -> (Option<Usd>, u64) {
        let cost = self.cost();
        (
            cost,
            if cost.is_some() {
                0
            } else {
                self.carried_tokens
            },
        )
    }
}

/// The dearest first; among equals the first seen.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Costly>);

impl Spans {
    /// Takes a span; keeps it if it is one of the dearest.
    pub(super) fn take(&mut self, span: Costly) {
        let at = self.0.partition_point(|kept| kept.order() >= span.order());
        if at < KEPT && span.order() > (None, 0) {
            self.0.insert(at, span);
            self.0.truncate(KEPT);
        }
    }

    /// The spans, the dearest first.
    pub(super) fn all(&self) -> &[Costly] {
        &self.0
    }
}
