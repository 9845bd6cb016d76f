//! What the prediction says of one request, before the closing sees it.

use super::law::TOLERANCE;

/// What is foretold of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestForecast {
    /// What the laws say that its spans weigh.
    pub(super) predicted: u64,
    /// Numbers of the spans that the laws drop before it.
    pub(super) dropped: Vec<u32>,
    /// What was sent, where the report is the n-th part of it.
    pub(super) whole: Option<u64>,
    /// Reported less predicted step.
    pub(super) residual: i64,
    /// Whether the step has two ends: a report here, and one before it in the same epoch.
    pub(super) step: bool,
    /// The first report of its epoch.
    pub(super) first: bool,
    /// How far the rounding of reasoning can take the step.
    pub(super) rounding: u64,
    /// Calls that searched the web while it ran.
    pub(super) searches: u64,
    /// What the provider's tools returned in the middle of its response and no span holds: the next
    /// request carries it.
    pub(super) returned: u64,
    /// No span that it carries can weigh more.
    pub(super) most: u64,
    pub(super) reported: bool,
}

impl RequestForecast {
    /// How far an explained step may be off.
    pub(super) fn tolerance(&self) -> u64 {
        TOLERANCE + self.rounding
    }
}
