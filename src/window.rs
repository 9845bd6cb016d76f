//! The window in time: what `--since` and `--until` mean.
//!
//! Whole sessions that touch the window are read, for the replay needs what came before; only the
//! requests inside it are counted.

use std::time::SystemTime;

use anyhow::{Error, Result, anyhow};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::cli::When;
use crate::format::time;
use crate::zone::Zone;

/// A span of time, open where an end is missing. Instants are as in records.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// First instant.
    pub since: Option<String>,
    /// First instant after it.
    pub until: Option<String>,
    since_at: Option<Timestamp>,
}

impl Window {
    /// Reads both ends. A date (or `today`, `yesterday`) means its whole day in the time zone;
    /// `7d`, `12h`, `30m` count back from now; anything else is an instant (RFC 3339).
    ///
    /// # Errors
    /// An end or the time zone cannot be read.
    pub fn new(since: Option<&str>, until: Option<&str>, tz: Option<&str>) -> Result<Window> {
        let zone = Zone::new(tz).map_err(Error::msg)?;
        let zone = zone.rules();
        let since_at = since
            .map(|text| edge(text, zone, 0).ok_or_else(|| unreadable("--since", text)))
            .transpose()?;
        let until_at = until
            .map(|text| edge(text, zone, 1).ok_or_else(|| unreadable("--until", text)))
            .transpose()?;
        Ok(Window {
            since: since_at.map(time::written),
            until: until_at.map(time::written),
            since_at,
        })
    }

    /// Reads both ends as the flags have them.
    ///
    /// # Errors
    /// As [`Window::new`].
    pub fn of(when: &When) -> Result<Window> {
        Window::new(
            when.since.as_deref(),
            when.until.as_deref(),
            when.tz.as_deref(),
        )
    }

    /// Whether an instant (as in records) lies in the window. What has no time does.
    pub fn has(&self, at: Option<&str>) -> bool {
        at.is_none_or(|at| {
            self.since.as_deref().is_none_or(|since| at >= since)
                && self.until.as_deref().is_none_or(|until| at < until)
        })
    }

    /// Whether a file last written then can hold anything of the window.
    pub fn reaches(&self, written: SystemTime) -> bool {
        let written = Timestamp::try_from(written).ok();
        self.since_at
            .is_none_or(|since| written.is_none_or(|written| written >= since))
    }
}

fn unreadable(flag: &str, text: &str) -> anyhow::Error {
    anyhow!(
        "{flag} {text}: neither a date (2026-11-20, yesterday) nor an instant nor a time ago (7d, \
         12h)"
    )
}

/// `day`: how many days after a date its edge lies.
fn edge(text: &str, zone: &TimeZone, day: i64) -> Option<Timestamp> {
    let named = ["today", "yesterday"]
        .iter()
        .zip(0..)
        .find(|(name, _)| **name == text);
    let date = match named {
        Some((_, ago)) => Timestamp::now()
            .to_zoned(zone.clone())
            .date()
            .checked_sub(Span::new().days(ago))
            .ok(),
        None => text.parse::<Date>().ok().filter(|_| !text.contains('T')),
    };
    if let Some(date) = date {
        let date = date.checked_add(Span::new().days(day)).ok()?;
        return Some(date.to_zoned(zone.clone()).ok()?.timestamp());
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let split = text.len().checked_sub(1)?;
    let number: i64 = text.get(..split)?.parse().ok()?;
    let hours = match text.get(split..)? {
        "d" => number.checked_mul(24)?,
        "w" => number.checked_mul(24 * 7)?,
        "h" => number,
        "m" => {
            return Timestamp::now()
                .checked_sub(Span::new().try_minutes(number).ok()?)
                .ok();
        }
        _ => return None,
    };
    Timestamp::now()
        .checked_sub(Span::new().try_hours(hours).ok()?)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_whole_day_of_its_zone() {
        let window = Window::new(
            Some("2026-11-20"),
            Some("2026-11-20"),
            Some("Europe/Berlin"),
        )
        .unwrap();
        assert_eq!(window.since.as_deref(), Some("2026-11-19T23:00:00.000Z"));
        assert_eq!(window.until.as_deref(), Some("2026-11-20T23:00:00.000Z"));
        assert!(
            window.has(Some("2026-11-20T22:59:59.999Z"))
                && !window.has(Some("2026-11-20T23:00:00.000Z"))
        );
        assert!(window.has(None));
    }

    #[test]
    fn what_is_no_time_is_refused_by_name() {
        let error = Window::new(Some("last week"), None, None)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("--since last week: "), "{error}");
    }
}
