//! Instants as people read them, in their zone.
//!
//! Records carry RFC 3339 UTC; here they become `2026-11-20 09:12`. A text that is no instant is
//! left out rather than shown as a wrong one.

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
