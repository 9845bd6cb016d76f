//! A provider's own limits, as it reports them: per cent used of a window of time.
//!
//! Several threads report the same window: of a minute, the highest report counts. It falls where
//! the window begins anew. Memory: 40 bytes a minute with a report.

use std::collections::BTreeMap;

use super::crossing::{MinuteNumber, Point};
use crate::number::counted;

/// The reports on one window.
#[derive(Default)]
pub(super) struct Window(BTreeMap<MinuteNumber, u64>);

impl Window {
    /// Takes a report.
    pub(super) fn report(&mut self, minute: MinuteNumber, percent: u64) {
        let most = self.0.entry(minute).or_default();
        *most = percent.max(*most);
    }

    /// The reports, each with the number of the window it is of.
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
        let risen = last
            .used
            .checked_sub(first.used)
            .filter(|risen| *risen > 0)?;
        let rest = 100_u64.checked_sub(last.used).filter(|rest| *rest > 0)?;
        let minutes = u64::try_from(last.minute.checked_sub(first.minute)?)
            .ok()
            .filter(|minutes| *minutes > 0)?;
        u64::try_from((u128::from(rest) * u128::from(minutes)).div_ceil(u128::from(risen))).ok()
    }
}

/// The name of a window: `primary limit of 5 hours`.
pub(super) fn name(reason: &str, minutes: Option<u64>) -> String {
    const UNITS: [(u64, &str); 3] = [(7 * 24 * 60, "week"), (24 * 60, "day"), (60, "hour")];
    let Some(minutes) = minutes.filter(|minutes| *minutes > 0) else {
        return format!("{reason} limit");
    };
    let unit = UNITS.iter().find(|(unit, _)| minutes.is_multiple_of(*unit));
    let (unit, noun) = unit.copied().unwrap_or((1, "minute"));
    format!("{reason} limit of {}", counted(minutes / unit, noun))
}
