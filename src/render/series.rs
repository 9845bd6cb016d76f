//! The context of a thread, request by request, for a chart.
//!
//! A series has at most [`POINTS`] points. When a thread has more requests, two neighbours become
//! one: the larger of the two contexts stays, the larger of the two uncached parts, and the marks
//! of both. So peaks, broken caches and marks remain visible, and memory does not grow with the
//! thread: 40 bytes for each point.
//!
//! This module does not know how a series is drawn.

use crate::record::{Event, Request, What};

/// The most points of a series: more than a chart has room for on a phone, and about a third of
/// the pixels that it has on a desk.
pub(super) const POINTS: usize = 200;

/// One request, or several neighbours in place of which the largest stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ContextPoint {
    /// Ordinal of the first of these requests in the thread.
    pub(super) first: u64,
    /// The number of these requests.
    pub(super) requests: u64,
    /// The largest context of these requests, in tokens.
    pub(super) context: u64,
    /// The most tokens that one of these requests sent without reading them from the cache.
    pub(super) uncached: u64,
    /// Cache breaks at these requests.
    pub(super) breaks: u32,
    /// Compactions between the request before and the last of these.
    pub(super) compactions: u32,
}

impl ContextPoint {
    /// Adds the requests of the point that follows.
    fn absorb(&mut self, next: &ContextPoint) {
        self.requests = self.requests.saturating_add(next.requests);
        self.context = self.context.max(next.context);
        self.uncached = self.uncached.max(next.uncached);
        self.breaks = self.breaks.saturating_add(next.breaks);
        self.compactions = self.compactions.saturating_add(next.compactions);
    }
}

/// The points of a thread, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct ContextSeries {
    points: Vec<ContextPoint>,
    /// The number of requests of a full point; a power of two, 0 before the first request.
    stride: u64,
    /// Compactions since the last request.
    compactions: u32,
}

impl ContextSeries {
    /// Adds a request; one that is not counted, or whose context no record describes, has no point.
    pub(super) fn request(&mut self, request: &Request) {
        if !request.counted {
            return;
        }
        let Some(context) = request.context_tokens() else {
            return;
        };
        let cached = match request.samplings.last() {
            Some(last) => last.cache_read_tokens,
            None => request.cache_read_tokens.unwrap_or(0),
        };
        let compactions = std::mem::take(&mut self.compactions);
        self.push(ContextPoint {
            first: request.n,
            requests: 1,
            context,
            uncached: context.saturating_sub(cached),
            breaks: 0,
            compactions,
        });
    }

    /// Marks a compaction at the next request, or a cache break at the request that it names.
    /// Breaks come after all requests of their thread. Ignores all other events.
    pub(super) fn event(&mut self, event: &Event) {
        match event.what {
            What::Context if event.reason.as_deref() == Some("compaction") => {
                self.compactions = self.compactions.saturating_add(1);
            }
            What::CacheBreak => {
                let n = event.n.unwrap_or(0);
                let after = self.points.partition_point(|point| point.first <= n);
                if let Some(point) = self.points.get_mut(after.saturating_sub(1)) {
                    point.breaks = point.breaks.saturating_add(1);
                }
            }
            _ => {}
        }
    }

    /// Returns the points, in the order of the requests.
    pub(super) fn points(&self) -> &[ContextPoint] {
        &self.points
    }

    fn push(&mut self, point: ContextPoint) {
        self.stride = self.stride.max(1);
        match self.points.last_mut() {
            Some(last) if last.requests < self.stride => return last.absorb(&point),
            _ => {}
        }
        if self.points.len() >= POINTS {
            self.halve();
        }
        match self.points.last_mut() {
            Some(last) if last.requests < self.stride => last.absorb(&point),
            _ => self.points.push(point),
        }
    }

    /// Makes one point of each two.
    fn halve(&mut self) {
        let mut halved = Vec::with_capacity(POINTS);
        for pair in self.points.chunks(2) {
            if let [first, rest @ ..] = pair {
                let mut point = first.clone();
                for next in rest {
                    point.absorb(next);
                }
                halved.push(point);
            }
        }
        self.points = halved;
        self.stride = self.stride.saturating_mul(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(n: u64, context: u64) -> Request {
        Request {
            n,
            counted: true,
            input_tokens: Some(context),
            cache_read_tokens: Some(context / 2),
            ..Request::default()
        }
    }

    #[test]
    fn a_long_thread_keeps_its_peak_its_requests_and_its_marks() {
        let mut series = ContextSeries::default();
        for n in 1..=10_000 {
            if n == 5_001 {
                series.event(&Event::context("compaction", None, None));
            }
            series.request(&request(n, if n == 777 { 1_000_000 } else { 1_000 }));
        }
        for n in [1, 4_321, 10_000] {
            series.event(&Event {
                what: What::CacheBreak,
                n: Some(n),
                ..Event::default()
            });
        }
        let points = series.points();
        assert!((POINTS / 2..=POINTS).contains(&points.len()));
        let sum = |of: fn(&ContextPoint) -> u64| points.iter().map(of).sum::<u64>();
        assert_eq!(sum(|point| point.requests), 10_000);
        assert_eq!(sum(|point| u64::from(point.breaks)), 3);
        assert_eq!(sum(|point| u64::from(point.compactions)), 1);
        let peak = points.iter().max_by_key(|point| point.context).unwrap();
        assert_eq!((peak.context, peak.uncached), (1_000_000, 500_000));
        for point in points {
            let has = |n: u64| (point.first..point.first + point.requests).contains(&n);
            assert_eq!(point.compactions > 0, has(5_001), "{point:?}");
            assert_eq!(point.context > 1_000, has(777), "{point:?}");
        }
    }

    #[test]
    fn a_short_thread_has_a_point_for_each_request_that_is_counted() {
        let mut series = ContextSeries::default();
        for n in 1..=200 {
            series.request(&request(n, n));
        }
        series.request(&Request {
            counted: false,
            ..request(201, 7)
        });
        assert_eq!(series.points().len(), 200);
        assert!(series.points().iter().all(|point| point.requests == 1));
    }
}
