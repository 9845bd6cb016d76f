//! A span as the replay keeps it: the numbers that the laws need.

use super::content::{Content, ContentKind, Share};
use super::counter;
use super::ids::SpanNumber;
use super::indexed_list::IndexedList;
use crate::record::{Framing, Part};

/// What is kept of a span.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SentSpan {
    pub(super) seq: u64,
    /// Plain tokens; 0 where they are not known.
    pub(super) tokens: u32,
    /// Share of its request's reasoning, in any unit that the reasoning of a request has in common.
    pub(super) weight: u32,
    pub(super) label: u32,
    pub(super) class: Share,
    /// Whether `tokens` is known.
    pub(super) known: bool,
    pub(super) reasoning: bool,
    pub(super) ephemeral: bool,
    /// Its text is that of a file as it is on disk today.
    pub(super) of_file: bool,
    /// Text that a user wrote: what some agents keep at a compaction.
    pub(super) message: bool,
    pub(super) kind: ContentKind,
    /// It is the first span of an item: the framing of the item is counted with it.
    pub(super) opens: bool,
    /// Tokens of the qualified tool name.
    pub(super) tool_tokens: u32,
    /// Tokens in the form that some models are sent.
    pub(super) rendered: u32,
    pub(super) bytes: u32,
    /// Tokens by the counter of character classes.
    pub(super) classed: Option<u32>,
    /// Of a tool whose calls may come back longer.
    pub(super) completed: bool,
    pub(super) encrypted_bytes: u32,
    /// Ordinal of the request that produced it.
    pub(super) made_by: Option<u64>,
    /// Ordinal of the request within whose response a tool of the provider returned it.
    pub(super) within: Option<u64>,
}

/// The spans of a thread, in the order in which they were fed.
pub(super) type SentSpans = IndexedList<SpanNumber, SentSpan>;

impl SentSpan {
    /// `label` is the number of the content's label, `opens` whether it is the first of its item,
    /// and `latest` the ordinal of the thread's latest request (0: none yet).
    pub(super) fn of(content: &Content, label: u32, opens: bool, latest: u64) -> SentSpan {
        let tokens = cut(content.tokens.unwrap_or(0), content.cut);
        let rendered = content.rendered.or(content.tokens).unwrap_or(0);
        let classed = match (content.classes, content.tokens) {
            (Some(classes), Some(plain)) => {
                let tokens = counter::by_class(plain, classes, content.capital_bytes);
                Some(narrow(tokens))
            }
            _ => None,
        };
        SentSpan {
            seq: content.seq,
            tokens: narrow(tokens),
            weight: narrow(content.weight),
            label,
            class: Share::of(content),
            known: content.tokens.is_some(),
            reasoning: content.part == Part::Reasoning,
            ephemeral: content.ephemeral,
            of_file: content.of_file,
            message: content.part == Part::Text && content.source == "user",
            kind: ContentKind::of(content),
            opens,
            tool_tokens: narrow(content.tool_tokens.unwrap_or(0)),
            bytes: narrow(content.bytes),
            rendered: narrow(cut(rendered, content.cut)),
            classed,
            completed: content.framing == Some(Framing::DefaultArgument),
            encrypted_bytes: narrow(content.sealed_bytes.unwrap_or(0)),
            made_by: content.made_by,
            within: if content.within && latest > 0 {
                Some(latest)
            } else {
                None
            },
        }
    }
}

/// Tokens of a text whose middle is cut out where it is longer than the limit. `limit` is the size
/// of the text and the limit, both in bytes (docs/formats.md 1.7).
pub(super) fn cut(tokens: u64, limit: Option<(u64, u64)>) -> u64 {
    match limit {
        Some((bytes, limit)) if bytes > limit => {
            let left = u128::from(tokens) * u128::from(limit) / u128::from(bytes);
            u64::try_from(left).unwrap_or(tokens)
        }
        _ => tokens,
    }
}

/// No real span exceeds the range; a damaged record must not overflow the sums.
fn narrow(tokens: u64) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}
