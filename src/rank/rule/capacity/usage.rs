//! What an account used by the minute: requests and tokens, from the sessions or from an export.
//!
//! Memory: 40 bytes a minute with a request.

use std::collections::BTreeMap;

use super::crossing::{MinuteNumber, Point};
use crate::rank::limits::Limits;
use crate::record::count::plus;

const MINUTES_OF_A_DAY: i64 = 24 * 60;

/// Requests and tokens by minute.
#[derive(Default)]
pub(super) struct UsageByMinute(BTreeMap<MinuteNumber, Used>);

/// What was used in a minute.
#[derive(Clone, Copy, Default)]
struct Used {
    requests: u64,
    tokens: u64,
}

/// A limit on the load.
#[derive(Clone, Copy)]
pub(super) struct Rate {
    /// What it is called.
    pub(super) name: &'static str,
    /// Whether it bounds tokens; else, requests.
    pub(super) tokens: bool,
    /// Whether it is for a day; else, for a minute.
    pub(super) daily: bool,
    /// The number in the limits of the user.
    pub(super) limit: fn(&Limits) -> Option<u64>,
}

/// Every limit on the load.
pub(super) const RATES: &[Rate] = &[
    Rate {
        name: "requests per minute",
        tokens: false,
        daily: false,
        limit: |limits| limits.requests_per_minute,
    },
    Rate {
        name: "requests per day",
        tokens: false,
        daily: true,
        limit: |limits| limits.requests_per_day,
    },
    Rate {
        name: "tokens per minute",
        tokens: true,
        daily: false,
        limit: |limits| limits.tokens_per_minute,
    },
    Rate {
        name: "tokens per day",
        tokens: true,
        daily: true,
        limit: |limits| limits.tokens_per_day,
    },
];

impl UsageByMinute {
    /// Adds what was used in a minute.
    pub(super) fn add(&mut self, minute: MinuteNumber, requests: u64, tokens: u64) {
        let used = self.0.entry(minute).or_default();
        (used.requests, used.tokens) = (plus(used.requests, requests), plus(used.tokens, tokens));
    }

    /// What was used of that limit: in each minute, or in its day (UTC) up to the minute.
    pub(super) fn series(&self, rate: Rate) -> impl Iterator<Item = Point> + '_ {
        let mut day = (0, 0);
        self.0.iter().map(move |(minute, used)| {
            let used = if rate.tokens {
                used.tokens
            } else {
                used.requests
            };
            if !rate.daily {
                return Point {
                    minute: *minute,
                    period: *minute,
                    used,
                };
            }
            let today = minute.div_euclid(MINUTES_OF_A_DAY);
            day = (
                today,
                if day.0 == today {
                    plus(day.1, used)
                } else {
                    used
                },
            );
            Point {
                minute: *minute,
                period: today,
                used: day.1,
            }
        })
    }

    /// How many minutes like the mean minute with a request of the last day it takes until that
    /// day's limit is reached; `None` where it has been, or none was used.
    pub(super) fn minutes_left(&self, rate: Rate, limit: u64) -> Option<u64> {
        if !rate.daily {
            return None;
        }
        let last = self.series(rate).last()?;
        let mut minutes: u64 = 0;
        for point in self.series(rate) {
            minutes += u64::from(point.period == last.period);
        }
        let rest = limit.checked_sub(last.used)?;
        if rest == 0 || last.used == 0 {
            return None;
        }
        u64::try_from((u128::from(rest) * u128::from(minutes)).div_ceil(u128::from(last.used))).ok()
    }
}
