//! Instants in the time zone of the reader.
//!
//! Records contain RFC 3339 in UTC; this module turns it into `2026-11-20 09:12`. For a text that
//! is not an instant every function returns `None`, so that no wrong instant is shown.

use jiff::SignedDuration;

use crate::zone::Zone;

/// Returns the day: `2026-11-20`.
pub(super) fn day(at: &str, zone: &Zone) -> Option<String> {
    Some(zone.zoned(at)?.strftime("%Y-%m-%d").to_string())
}

/// Returns the day of the last instant before `end`, which is exclusive.
pub(super) fn day_before(end: &str, zone: &Zone) -> Option<String> {
    let millisecond = SignedDuration::from_millis(1);
    let last = zone.zoned(end)?.checked_sub(millisecond).ok()?;
    Some(last.strftime("%Y-%m-%d").to_string())
}

/// Returns the day and the minute: `2026-11-20 09:12`.
pub(super) fn minute(at: &str, zone: &Zone) -> Option<String> {
    Some(zone.zoned(at)?.strftime("%Y-%m-%d %H:%M").to_string())
}

/// As [`minute`], for an instant that may be absent.
pub(super) fn minute_of(at: Option<&str>, zone: &Zone) -> Option<String> {
    minute(at?, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_time_range_is_the_day_before_it() {
        let berlin = Zone::new(Some("Europe/Berlin")).unwrap();
        let end = "2026-11-20T23:00:00.000Z";
        assert_eq!(day_before(end, &berlin).as_deref(), Some("2026-11-20"));
        assert_eq!(minute(end, &berlin).as_deref(), Some("2026-11-21 00:00"));
        assert_eq!(day("yesterday", &berlin), None);
    }
}
