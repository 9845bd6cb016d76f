//! Time zones: which one a user asks for, and instants in it.
//!
//! Every filter reads `--tz` here, so that one flag of a pipeline means one zone in all of its
//! stages. Without the flag it is the zone of `$TZ`, or else that of the system. The clock is never
//! asked.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A time zone and its name.
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

impl Zone {
    /// The zone of that name: one of the zone database (`Europe/Berlin`), or the form that POSIX
    /// gives the variable `TZ` (`CET-1CEST,M3.5.0,M10.5.0`), with or without a colon before it.
    /// Without a name, the zone of the environment.
    ///
    /// # Errors
    /// There is no such zone.
    pub fn new(name: Option<&str>) -> Result<Zone, String> {
        let Some(name) = name else {
            let variable = std::env::var("TZ").ok();
            return Ok(Zone::of_environment(variable.as_deref()));
        };
        Zone::known(name).ok_or_else(|| format!("--tz {name}: no such time zone"))
    }

    /// The zone that a value of `TZ` asks for. Without one it is the system's, and where the
    /// system has none, or nobody knows it, UTC.
    fn of_environment(variable: Option<&str>) -> Zone {
        match variable {
            Some("") => Zone::default(),
            Some(name) => Zone::known(name).unwrap_or_default(),
            None => {
                let zone = TimeZone::system();
                let name = zone.iana_name().unwrap_or("the system's zone").to_owned();
                if name == "Etc/UTC" || zone.is_unknown() {
                    return Zone::default();
                }
                Zone { name, zone }
            }
        }
    }

    fn known(name: &str) -> Option<Zone> {
        let name = name.strip_prefix(':').unwrap_or(name);
        let zone = match TimeZone::get(name) {
            Ok(zone) => zone,
            Err(_) => TimeZone::posix(name).ok()?,
        };
        Some(Zone {
            name: name.to_owned(),
            zone,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone as the calendar takes it.
    pub fn rules(&self) -> &TimeZone {
        &self.zone
    }

    /// An instant (RFC 3339) in this zone; `None` where the text is no instant.
    pub fn zoned(&self, at: &str) -> Option<Zoned> {
        let at: Timestamp = at.parse().ok()?;
        Some(at.to_zoned(self.zone.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_named_as_posix_names_it() {
        let name = |tz| Zone::of_environment(Some(tz)).name().to_owned();
        assert_eq!(name(":Asia/Tokyo"), "Asia/Tokyo");
        assert_eq!(name("nowhere/at all"), "UTC");
        assert_eq!(name(""), "UTC");
        let posix = Zone::new(Some("CET-1CEST,M3.5.0,M10.5.0")).unwrap();
        let summer = posix.zoned("2026-07-01T00:00:00Z").unwrap();
        assert_eq!(summer.strftime("%H:%M").to_string(), "02:00");
        let refused = Zone::new(Some("Mars/Olympus")).unwrap_err();
        assert_eq!(refused, "--tz Mars/Olympus: no such time zone");
    }
}
