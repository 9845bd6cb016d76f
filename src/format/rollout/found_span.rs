//! A span that an item of a rollout holds, before it has its place in the history.

use crate::format::history::Made;
use crate::record::Span;

/// A span of an item, with its text where the caller may need it.
pub(crate) struct FoundSpan {
    pub(crate) span: Span,
    pub(crate) made: Made,
    pub(crate) text: String,
}
