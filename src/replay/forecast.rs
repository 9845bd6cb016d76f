//! The forecast: what each request of a thread should have cost, by the laws alone.
//!
//! The first walk ([`super::first_walk`]) predicts the spans and requests. The closing, which walks
//! again, looks ahead in the result: a report that deviates and is back at the expected level soon
//! after changes nothing.

use super::first_walk::walk;
use super::history::History;
use super::ids::RequestIndex;
use super::indexed_list::{IndexedList, ListIndex};
use super::manner::{MANNERS, Manner};
use super::predict::Predictions;
use super::request_forecast::RequestForecast;

/// A deviation that returns to the expected level within this many requests is ignored
/// (docs/design.md 1.3 e).
const SOON: usize = 3;

/// The predicted sizes of a thread's spans and requests.
#[derive(Debug)]
pub(super) struct Forecast {
    /// One for each span, in the order they were fed.
    pub(super) predictions: Predictions,
    /// One for each request.
    pub(super) requests: IndexedList<RequestIndex, RequestForecast>,
    pub(super) manner: Manner,
}

impl Forecast {
    /// Where it is unknown how the agent and its server treat what is sent, the steps decide: this
    /// takes the first of the manners by which the most steps are as predicted.
    pub(super) fn of(history: &History) -> Forecast {
        let mut best = Forecast::under(history, MANNERS[0]);
        if !history.manner_unsure {
            return best;
        }
        for manner in MANNERS.iter().skip(1) {
            let other = Forecast::under(history, *manner);
            if other.explained() > best.explained() {
                best = other;
            }
        }
        best
    }

    fn under(history: &History, manner: Manner) -> Forecast {
        let (predictions, requests) = walk(history, manner);
        Forecast {
            predictions,
            requests: IndexedList::from(requests),
            manner,
        }
    }

    /// How many steps are as predicted.
    fn explained(&self) -> usize {
        let mut explained = 0;
        for ahead in self.requests.iter() {
            let is_near = ahead.residual.unsigned_abs() <= ahead.tolerance();
            explained += usize::from(ahead.step && is_near);
        }
        explained
    }

    /// Whether the deviation at a request lasts: not if it returns to the expected level soon, and
    /// not if no report of the same epoch follows that could show it.
    pub(super) fn lasts(&self, at: RequestIndex) -> bool {
        let here = &self.requests[at];
        let mut off = here.residual;
        let mut slack = here.tolerance();
        let mut followed = 0;
        for ahead in self.requests.tail(at.next()) {
            if ahead.first || followed == SOON {
                break;
            }
            if !ahead.reported {
                continue;
            }
            followed += 1;
            off = off.saturating_add(ahead.residual);
            slack += ahead.rounding;
            if off.unsigned_abs() <= slack.max(here.residual.unsigned_abs() / 16) {
                return false;
            }
        }
        followed > 0
    }
}
