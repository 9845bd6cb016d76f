//! Instants as people read them, in their zone.
//!
//! Records carry RFC 3339 UTC; here they become `2026-11-20 09:12`. What is no instant is shown as
//! nothing rather than as something wrong. The clock is never asked.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

/// A time zone and the name it was asked for by.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Default for Zone {
    fn default() -> Zone {
        Zone {
            name: "UTC".into(),
            zone: TimeZone::UTC,
        }
    }
}

impl std::str::FromStr for Zone {
    type Err = String;

    /// Takes a name of the zone database (`Europe/Berlin`), or the form that POSIX gives the
    /// variable `TZ` (`CET-1CEST,M3.5.0,M10.5.0`).
    fn from_str(name: &str) -> Result<Zone, String> {
        let plain = name.strip_prefix(':').unwrap_or(name);
        TimeZone::get(plain)
            .or_else(|_| TimeZone::posix(plain))
            .map(|zone| Zone {
                name: plain.to_owned(),
                zone,
            })
            .map_err(|_| format!("no such time zone: {name}"))
    }
}

impl Zone {
    /// The zone that a value of `TZ` asks for; UTC where there is none or nobody knows it.
    pub fn of_environment(tz: Option<&str>) -> Zone {
        tz.filter(|name| !name.is_empty())
            .and_then(|name| name.parse().ok())
            .unwrap_or_default()
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the day: `2026-11-20`.
    pub(super) fn day(&self, at: &str) -> Option<String> {
        Some(self.zoned(at)?.strftime("%Y-%m-%d").to_string())
    }

    /// Returns the day of the last instant before `end`, which is exclusive.
    pub(super) fn day_before(&self, end: &str) -> Option<String> {
        let last = self
            .zoned(end)?
            .checked_sub(SignedDuration::from_millis(1))
            .ok()?;
        Some(last.strftime("%Y-%m-%d").to_string())
    }

    /// Returns the day and the minute: `2026-11-20 09:12`.
    pub(super) fn minute(&self, at: &str) -> Option<String> {
        Some(self.zoned(at)?.strftime("%Y-%m-%d %H:%M").to_string())
    }

    fn zoned(&self, at: &str) -> Option<Zoned> {
        Some(at.parse::<Timestamp>().ok()?.to_zoned(self.zone.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_window_is_the_day_before_it() {
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        assert_eq!(
            zone.day_before("2026-11-20T23:00:00.000Z").as_deref(),
            Some("2026-11-20")
        );
        assert_eq!(
            zone.minute("2026-11-20T23:00:00.000Z").as_deref(),
            Some("2026-11-21 00:00")
        );
        assert_eq!(zone.day("yesterday"), None);
    }

    #[test]
    fn tz_is_read_as_posix_does() {
        assert_eq!(
            Zone::of_environment(Some(":Asia/Tokyo")).name(),
            "Asia/Tokyo"
        );
        assert_eq!(
            Zone::of_environment(Some("CET-1"))
                .minute("2026-11-20T23:00:00Z")
                .unwrap(),
            "2026-11-21 00:00"
        );
        assert_eq!(Zone::of_environment(Some("nowhere/at all")).name(), "UTC");
        assert_eq!(Zone::of_environment(None).name(), "UTC");
    }
}
