//! The stages of the pipeline, and how a stream tells which of them it has been through.
//!
//! Each stage names itself in the `stream` record. Where that record was filtered out, or made by
//! hand, the keys and types that only this stage writes tell.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Record;
use crate::record::Type;

/// A filter that adds what later ones read, in the order of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// tok-measure: sizes of spans.
    Measure,
    /// tok-dedup: copies among spans.
    Dedup,
    /// tok-usage-join: who was sent what, and its price.
    Join,
    /// tok-rank: the summary and the findings.
    Rank,
}

/// Stages that a stream has been through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stages([bool; 4]);

impl Stages {
    pub(super) fn has(self, stage: Stage) -> bool {
        self.0[stage as usize]
    }

    pub(super) fn add(&mut self, stage: Stage) {
        self.0[stage as usize] = true;
    }

    /// Those that a `stream` record names.
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
    /// Whether the record is there, or is as it is, because of the stage. What says no may still
    /// have been through it: a span that was never sent has no price.
    pub(super) fn shows(self, record: &Record) -> bool {
        match (self, record.kind) {
            (Stage::Join, Type::Total) => true,
            (Stage::Rank, Type::Summary | Type::Finding) => {
                record.read::<Judged>().is_ok_and(|judged| judged.any())
            }
            (Stage::Measure, Type::Span) => record
                .read::<Measured>()
                .is_ok_and(|span| span.tokens.is_some()),
            (Stage::Join, Type::Span) => record.read::<Sent>().is_ok_and(|span| span.any()),
            (Stage::Join, Type::Request) => {
                record.read::<Billed>().is_ok_and(|request| request.any())
            }
            _ => false,
        }
    }
}

/// What tok-measure adds to every text that it can read.
#[derive(Deserialize)]
struct Measured {
    tokens: Option<IgnoredAny>,
}

/// What tok-usage-join adds to spans that were sent or produced.
#[derive(Deserialize)]
struct Sent {
    sent_tokens: Option<IgnoredAny>,
    carried_requests: Option<IgnoredAny>,
    carried_tokens: Option<IgnoredAny>,
    output_tokens: Option<IgnoredAny>,
}

impl Sent {
    fn any(&self) -> bool {
        let Sent {
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

/// What tok-usage-join adds to requests, one or the other.
#[derive(Deserialize)]
struct Billed {
    predicted_tokens: Option<IgnoredAny>,
    explained: Option<IgnoredAny>,
    unexplained_tokens: Option<IgnoredAny>,
    context_unrecorded_tokens: Option<IgnoredAny>,
    cost_usd: Option<IgnoredAny>,
    bucket: Option<IgnoredAny>,
}

impl Billed {
    fn any(&self) -> bool {
        let Billed {
            predicted_tokens,
            explained,
            unexplained_tokens,
            ..
        } = self;
        let more = [
            &self.context_unrecorded_tokens,
            &self.cost_usd,
            &self.bucket,
        ];
        [predicted_tokens, explained, unexplained_tokens]
            .into_iter()
            .chain(more)
            .any(Option::is_some)
    }
}

/// What a `summary` has, or a `finding`: lines of session files may be of the same types.
#[derive(Deserialize)]
struct Judged {
    requests: Option<IgnoredAny>,
    rule: Option<IgnoredAny>,
}

impl Judged {
    fn any(&self) -> bool {
        self.requests.is_some() || self.rule.is_some()
    }
}
