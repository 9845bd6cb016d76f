//! The stages of the pipeline, and how to find out which of them a stream has been through.
//!
//! Each stage names itself in the `stream` record. Where that record was filtered out, or made by
//! hand, a stage is recognised by the keys and record types that only it writes.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Record;
use crate::record::Type;

/// A filter whose output later filters need. The order is that of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// tok-measure: sizes of spans.
    Measure,
    /// tok-dedup: copies among spans.
    Dedup,
    /// tok-usage-join: which requests carried which spans, and what that cost.
    Join,
    /// tok-rank: the summary and the findings.
    Rank,
}

/// The stages that a stream has been through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stages([bool; 4]);

impl Stages {
    pub(super) fn has(self, stage: Stage) -> bool {
        self.0[stage as usize]
    }

    pub(super) fn add(&mut self, stage: Stage) {
        self.0[stage as usize] = true;
    }

    /// The stages that a `stream` record names.
    pub(super) fn named(record: &Record) -> Stages {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Marks {
            measured_by: Option<IgnoredAny>,
            deduped_by: Option<IgnoredAny>,
            prices: Option<IgnoredAny>,
            ranked_by: Option<IgnoredAny>,
        }
        let Marks {
            measured_by,
            deduped_by,
            prices,
            ranked_by,
        } = record.read().unwrap_or_default();
        Stages([measured_by, deduped_by, prices, ranked_by].map(|mark| mark.is_some()))
    }
}

impl Stage {
    /// Whether the stage wrote the record or a key of it. A record for which this is false may have
    /// been through the stage too: a span that was never sent has no price.
    pub(super) fn shows(self, record: &Record) -> bool {
        match (self, record.kind) {
            (Stage::Join, Type::Total) => true,
            (Stage::Rank, Type::Summary | Type::Finding) => {
                record.read::<RankKeys>().is_ok_and(|keys| keys.any())
            }
            (Stage::Measure, Type::Span) => record
                .read::<MeasureKeys>()
                .is_ok_and(|keys| keys.tokens.is_some()),
            (Stage::Join, Type::Span) => record.read::<SpanCostKeys>().is_ok_and(|keys| keys.any()),
            (Stage::Join, Type::Request) => record
                .read::<RequestCostKeys>()
                .is_ok_and(|keys| keys.any()),
            _ => false,
        }
    }
}

/// The key that tok-measure adds to every text that it can read.
#[derive(Deserialize)]
struct MeasureKeys {
    tokens: Option<IgnoredAny>,
}

/// Keys of which tok-usage-join adds at least one to a span that was sent or produced.
#[derive(Deserialize)]
struct SpanCostKeys {
    sent_tokens: Option<IgnoredAny>,
    carried_requests: Option<IgnoredAny>,
    carried_tokens: Option<IgnoredAny>,
    output_tokens: Option<IgnoredAny>,
}

impl SpanCostKeys {
    fn any(&self) -> bool {
        let SpanCostKeys {
            sent_tokens,
            carried_requests,
            carried_tokens,
            output_tokens,
        } = self;
        [sent_tokens, carried_requests, carried_tokens, output_tokens]
            .into_iter()
            .any(Option::is_some)
    }
}

/// Keys of which tok-usage-join adds at least one to a request.
#[derive(Deserialize)]
struct RequestCostKeys {
    predicted_tokens: Option<IgnoredAny>,
    explained: Option<IgnoredAny>,
    unexplained_tokens: Option<IgnoredAny>,
    context_unrecorded_tokens: Option<IgnoredAny>,
    cost_usd: Option<IgnoredAny>,
    bucket: Option<IgnoredAny>,
}

impl RequestCostKeys {
    fn any(&self) -> bool {
        [
            &self.predicted_tokens,
            &self.explained,
            &self.unexplained_tokens,
            &self.context_unrecorded_tokens,
            &self.cost_usd,
            &self.bucket,
        ]
        .into_iter()
        .any(Option::is_some)
    }
}

/// Keys of a `summary` and of a `finding` record: lines of session files may have the same types.
#[derive(Deserialize)]
struct RankKeys {
    /// Every `summary` has it.
    requests: Option<IgnoredAny>,
    /// Every `finding` has it.
    rule: Option<IgnoredAny>,
}

impl RankKeys {
    fn any(&self) -> bool {
        self.requests.is_some() || self.rule.is_some()
    }
}
