//! What the first walk predicts of one request, before the closing sees it.

use super::ids::SpanNumber;
use super::law::TOLERANCE;

/// The prediction of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestForecast {
    /// The tokens of its spans, by the laws.
    pub(super) predicted: u64,
    /// Numbers of the spans that the laws drop before it.
    pub(super) dropped: Vec<SpanNumber>,
    /// What was sent, where the report is the n-th part of it.
    pub(super) whole: Option<u64>,
    /// Reported less predicted step.
    pub(super) residual: i64,
    /// Whether it ends a step: there is a report here, and one before it in the same epoch.
    pub(super) step: bool,
    /// The first report of its epoch.
    pub(super) first: bool,
    /// How far the rounding of reasoning can move the step.
    pub(super) rounding: u64,
    /// Calls that searched the web while it ran.
    pub(super) searches: u64,
    /// Tokens that the provider's tools returned within its response and no span holds: the next
    /// request carries them.
    pub(super) returned: u64,
    /// No span that it carries can have more tokens.
    pub(super) most: u64,
    pub(super) reported: bool,
}

impl RequestForecast {
    /// How far off an explained step may be.
    pub(super) fn tolerance(&self) -> u64 {
        TOLERANCE + self.rounding
    }
}
