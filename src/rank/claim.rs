//! Claims: tokens that a finding says could be saved, whose they are, and what that breaks.

use crate::record::Usd;
use crate::short;

/// Tokens that a finding says could be saved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Claim {
    /// Whose they are.
    pub(crate) whose: Whose,
    /// The thread, by its index.
    pub(crate) thread: u32,
    /// Tokens claimed.
    pub(crate) tokens: u64,
    /// What they cost; nothing where the price is not known.
    pub(crate) usd: Usd,
    /// Of a span: ordinals of the first and the last request that carried it.
    pub(crate) carried: Option<(u32, u32)>,
    /// To save them, content is taken out of the context.
    pub(crate) removed: Option<Removed>,
}

/// Whose tokens are claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// A span's.
    Span(SpanHash),
    /// The thread's as a whole.
    Thread,
    /// Those of the thread's request of this ordinal, as a whole: whatever others claim of its
    /// content has its share in them.
    Request(u64),
    /// Of anything that the thread sent: whatever others claim has its share in them.
    Any,
    /// Of what a shorter context of the thread would not have sent: the same tokens as those of
    /// all other claims of the thread, as far as these go.
    Context,
}

/// Content that is taken out of the context after it was sent: what stands behind it is no longer
/// where the provider's cache holds it, and is sent uncached once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Removed {
    /// Ordinal of the first request that carried it.
    pub(crate) from: u64,
    /// It is taken out before the request of this ordinal.
    pub(crate) before: u64,
    /// Its tokens.
    pub(crate) tokens: u64,
}

/// 64 bits for the id of a span: of a million spans, two are the same with odds of 1 in 37 million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SpanHash(u64);

impl SpanHash {
    /// The same id has the same hash in every run.
    pub(crate) fn of(id: &str) -> SpanHash {
        SpanHash(short::hash(id))
    }
}
