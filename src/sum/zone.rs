//! Instants as the minutes, hours, days, weeks and months of a time zone.
//!
//! An hour and a minute are written with their offset from UTC, so that the hour that a change of
//! clocks repeats is two hours. Weeks are those of ISO 8601. The clock is never asked.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A time zone and its name.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// A period of time that rows can stand for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Period {
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

impl Zone {
    /// The zone of that name (`Europe/Berlin`, or as POSIX writes `TZ`); without one the system's.
    ///
    /// # Errors
    /// There is no such zone.
    pub fn new(name: Option<&str>) -> Result<Zone, String> {
        let Some(name) = name else {
            let zone = TimeZone::system();
            return Ok(Zone {
                name: zone.iana_name().unwrap_or("the system's zone").to_owned(),
                zone,
            });
        };
        let zone = TimeZone::get(name).or_else(|_| TimeZone::posix(name));
        zone.map(|zone| Zone {
            name: name.to_owned(),
            zone,
        })
        .map_err(|_| format!("--tz {name}: no such time zone"))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The period that an instant (RFC 3339) lies in; `None` where it is no instant.
    pub(super) fn label(&self, at: &str, period: Period) -> Option<String> {
        let at = at.parse::<Timestamp>().ok()?.to_zoned(self.zone.clone());
        let shape = match period {
            Period::Minute => "%Y-%m-%dT%H:%M%:z",
            Period::Hour => "%Y-%m-%dT%H:00%:z",
            Period::Day => "%Y-%m-%d",
            Period::Week => "%G-W%V",
            Period::Month => "%Y-%m",
        };
        Some(at.strftime(shape).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_that_the_clocks_repeat_is_two_hours() {
        let berlin = Zone::new(Some("Europe/Berlin")).unwrap();
        let hour = |at| berlin.label(at, Period::Hour).unwrap();
        assert_eq!(hour("2026-10-25T00:30:00.000Z"), "2026-10-25T02:00+02:00");
        assert_eq!(hour("2026-10-25T01:30:00.000Z"), "2026-10-25T02:00+01:00");
        assert_eq!(
            berlin
                .label("2026-12-31T23:30:00.000Z", Period::Day)
                .as_deref(),
            Some("2027-01-01")
        );
        assert_eq!(
            berlin
                .label("2026-12-31T23:30:00.000Z", Period::Week)
                .as_deref(),
            Some("2026-W53")
        );
        assert_eq!(berlin.label("soon", Period::Day), None);
        assert!(Zone::new(Some("Mars/Olympus")).is_err());
    }
}
