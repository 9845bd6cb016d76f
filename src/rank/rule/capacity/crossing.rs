//! When a series came near a limit: the first instant of each level, the limit itself, the peak.
//!
//! A series is what was used by a minute, in order of time: of a limit a minute, in it; of a limit
//! a day, in the day so far; of a provider's window, the per cent it reported. So a level is never
//! passed later than a higher one, and the limit never before a level.

use crate::rank::share::percent;

/// Minutes since 1970 (UTC).
pub(super) type MinuteNumber = i64;

/// One point of a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// When.
    pub(super) minute: MinuteNumber,
    /// Which minute, day or window it is of: each is counted once.
    pub(super) period: i64,
    /// What was used of the limit by then.
    pub(super) used: u64,
}

/// How a series came near its limit.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Crossings {
    /// Largest share of the limit in per cent, rounded down, and when it was first there.
    pub(super) peak: (u64, MinuteNumber),
    /// What was used then.
    pub(super) used: u64,
    /// Levels in per cent that were reached, each with the first minute.
    pub(super) levels: Vec<(u64, MinuteNumber)>,
    /// The first minute at or over the limit.
    pub(super) hit: Option<MinuteNumber>,
    /// Periods at or over the limit.
    pub(super) over: u64,
    /// Periods at all.
    pub(super) periods: u64,
}

/// Walks a series in order of time, holding it against a limit and levels of it in per cent.
pub(super) fn walk(
    series: impl IntoIterator<Item = Point>,
    limit: u64,
    levels: &[u64],
) -> Crossings {
    let mut found = Crossings::default();
    let (mut period, mut over) = (None, None);
    for point in series {
        let share = percent(point.used, limit);
        found.periods += u64::from(period.replace(point.period) != Some(point.period));
        if share > found.peak.0 {
            (found.peak, found.used) = ((share, point.minute), point.used);
        }
        while let Some(level) = levels.get(found.levels.len())
            && share >= *level
        {
            found.levels.push((*level, point.minute));
        }
        if share >= 100 {
            found.hit.get_or_insert(point.minute);
            found.over += u64::from(over.replace(point.period) != Some(point.period));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_has_its_first_minute_and_none_comes_after_the_limit() {
        let points = [
            (1, 10, 0),
            (2, 69, 0),
            (3, 70, 0),
            (4, 92, 0),
            (5, 130, 0),
            (6, 131, 0),
            (7, 20, 1),
            (8, 99, 1),
        ];
        let points = points.map(|(minute, used, period)| Point {
            minute,
            period,
            used,
        });
        let found = walk(points, 100, &[70, 80, 90, 95]);
        assert_eq!(found.levels, [(70, 3), (80, 4), (90, 4), (95, 5)]);
        assert_eq!(
            (found.hit, found.peak, found.used),
            (Some(5), (131, 6), 131)
        );
        assert_eq!((found.over, found.periods), (1, 2));
    }
}
