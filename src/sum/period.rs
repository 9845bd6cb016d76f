//! Instants as the minutes, hours, days, weeks and months of a time zone.
//!
//! An hour and a minute are written with their offset from UTC, so that the hour that a change of
//! clocks repeats is two hours. Weeks are those of ISO 8601.

use crate::zone::Zone;

/// A period of time that rows can stand for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Period {
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

impl Period {
    /// The period of this kind that an instant (RFC 3339) lies in; `None` where it is no instant.
    pub(super) fn label(self, at: &str, zone: &Zone) -> Option<String> {
        let shape = match self {
            Period::Minute => "%Y-%m-%dT%H:%M%:z",
            Period::Hour => "%Y-%m-%dT%H:00%:z",
            Period::Day => "%Y-%m-%d",
            Period::Week => "%G-W%V",
            Period::Month => "%Y-%m",
        };
        Some(zone.zoned(at)?.strftime(shape).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_that_the_clocks_repeat_is_two_hours() {
        let berlin = Zone::new(Some("Europe/Berlin")).unwrap();
        let hour = |at| Period::Hour.label(at, &berlin).unwrap();
        assert_eq!(hour("2026-10-25T00:30:00.000Z"), "2026-10-25T02:00+02:00");
        assert_eq!(hour("2026-10-25T01:30:00.000Z"), "2026-10-25T02:00+01:00");
        let end_of_year = "2026-12-31T23:30:00.000Z";
        let day = Period::Day.label(end_of_year, &berlin);
        assert_eq!(day.as_deref(), Some("2027-01-01"));
        let week = Period::Week.label(end_of_year, &berlin);
        assert_eq!(week.as_deref(), Some("2026-W53"));
        assert_eq!(Period::Day.label("soon", &berlin), None);
    }
}
