//! A provider's own limits, as it reports them: per cent used of a window of time.
//!
//! Several threads report the same window: in each minute, the highest report counts. The number
//! falls where a new window begins. Memory: 40 bytes a minute with a report.

use std::collections::BTreeMap;

use super::crossing::{MinuteNumber, Point};
use crate::number::counted;

/// The reports on one rate window, by minute.
#[derive(Default)]
pub(super) struct RateWindow(BTreeMap<MinuteNumber, u64>);

impl RateWindow {
    /// Adds a report.
    pub(super) fn report(&mut self, minute: MinuteNumber, percent: u64) {
        let most = self.0.entry(minute).or_default();
        *most = percent.max(*most);
    }

    /// The reports, each with the ordinal of its window: a new one begins where the number falls.
    pub(super) fn series(&self) -> impl Iterator<Item = Point> + '_ {
        let (mut period, mut before) = (0, 0);
        self.0.iter().map(move |(minute, used)| {
            period += i64::from(*used < before);
            before = *used;
            Point {
                minute: *minute,
                period,
                used: *used,
            }
        })
    }

    /// How many minutes it takes until the limit is reached, at the pace of the last window from
    /// its first report to its last; `None` where it has been, or where nothing rose.
    pub(super) fn minutes_left(&self) -> Option<u64> {
        let last = self.series().last()?;
        let first = self.series().find(|point| point.period == last.period)?;
        let risen = last.used.checked_sub(first.used)?;
        let rest = 100_u64.checked_sub(last.used)?;
        let minutes = u64::try_from(last.minute.checked_sub(first.minute)?).ok()?;
        if risen == 0 || rest == 0 || minutes == 0 {
            return None;
        }
        u64::try_from((u128::from(rest) * u128::from(minutes)).div_ceil(u128::from(risen))).ok()
    }
}

/// The name of a window: `primary limit of 5 hours`.
pub(super) fn name(reason: &str, minutes: Option<u64>) -> String {
    const UNITS: [(u64, &str); 3] = [(7 * 24 * 60, "week"), (24 * 60, "day"), (60, "hour")];
    let minutes = match minutes {
        None | Some(0) => return format!("{reason} limit"),
        Some(minutes) => minutes,
    };
    for (unit, noun) in UNITS {
        if minutes.is_multiple_of(unit) {
            return format!("{reason} limit of {}", counted(minutes / unit, noun));
        }
    }
    format!("{reason} limit of {}", counted(minutes, "minute"))
}
