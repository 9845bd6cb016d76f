//! Time ranges: what `--since` and `--until` mean.
//!
//! Whole sessions that touch the range are read, because the replay needs the requests before it
//! too; only the requests inside it are counted.

use std::time::SystemTime;

use anyhow::{Error, Result, anyhow};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::cli::When;
use crate::format::time;
use crate::zone::Zone;

/// A range of time, open where an end is missing. Instants are written as in records.
#[derive(Clone, Debug, Default)]
pub struct TimeRange {
    /// The first instant in the range.
    pub since: Option<String>,
    /// The first instant after the range.
    pub until: Option<String>,
    since_at: Option<Timestamp>,
}

impl TimeRange {
    /// Reads both ends. A date (or `today`, `yesterday`) means its whole day in the time zone;
    /// `7d`, `12h`, `30m` count back from now; anything else is an instant (RFC 3339).
    ///
    /// # Errors
    /// An end or the time zone cannot be read.
    pub fn new(since: Option<&str>, until: Option<&str>, tz: Option<&str>) -> Result<TimeRange> {
        let zone = Zone::new(tz).map_err(Error::msg)?;
        let since_at = edge("--since", since, zone.rules(), 0)?;
        let until_at = edge("--until", until, zone.rules(), 1)?;
        Ok(TimeRange {
            since: since_at.map(time::written),
            until: until_at.map(time::written),
            since_at,
        })
    }

    /// Reads both ends from the flags.
    ///
    /// # Errors
    /// As [`TimeRange::new`].
    pub fn of(when: &When) -> Result<TimeRange> {
        TimeRange::new(
            when.since.as_deref(),
            when.until.as_deref(),
            when.tz.as_deref(),
        )
    }

    /// Whether an instant (as in records) lies in the range. A record without an instant does.
    pub fn has(&self, at: Option<&str>) -> bool {
        let Some(at) = at else { return true };
        if let Some(since) = &self.since
            && at < since.as_str()
        {
            return false;
        }
        match &self.until {
            Some(until) => at < until.as_str(),
            None => true,
        }
    }

    /// Whether a file that was last written at `written` can hold a record in the range.
    pub fn reaches(&self, written: SystemTime) -> bool {
        match (self.since_at, Timestamp::try_from(written)) {
            (Some(since), Ok(written)) => written >= since,
            _ => true,
        }
    }
}

/// Reads the end that `flag` names. Of a date it is the midnight `days` days after the date begins.
fn edge(flag: &str, text: Option<&str>, zone: &TimeZone, days: i64) -> Result<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    match instant(text, zone, days) {
        Some(at) => Ok(Some(at)),
        None => Err(anyhow!(
            "{flag} {text}: neither a date (2026-11-20, yesterday) nor an instant nor a time ago \
             (7d, 12h)"
        )),
    }
}

fn instant(text: &str, zone: &TimeZone, days: i64) -> Option<Timestamp> {
    if let Some(date) = date(text, zone) {
        let date = date.checked_add(Span::new().days(days)).ok()?;
        return Some(date.to_zoned(zone.clone()).ok()?.timestamp());
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    ago(text)
}

/// Reads a date; `None` for any other text, an instant included.
fn date(text: &str, zone: &TimeZone) -> Option<Date> {
    let days_ago = match text {
        "today" => 0,
        "yesterday" => 1,
        _ if text.contains('T') => return None,
        _ => return text.parse().ok(),
    };
    let today = Timestamp::now().to_zoned(zone.clone()).date();
    today.checked_sub(Span::new().days(days_ago)).ok()
}

/// Reads a time before now: `7d`, `2w`, `12h`, `30m`.
fn ago(text: &str) -> Option<Timestamp> {
    let split = text.len().checked_sub(1)?;
    let number: i64 = text.get(..split)?.parse().ok()?;
    let span = match text.get(split..)? {
        "d" => Span::new().try_hours(number.checked_mul(24)?).ok()?,
        "w" => Span::new().try_hours(number.checked_mul(24 * 7)?).ok()?,
        "h" => Span::new().try_hours(number).ok()?,
        "m" => Span::new().try_minutes(number).ok()?,
        _ => return None,
    };
    Timestamp::now().checked_sub(span).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_whole_day_of_its_zone() {
        let range = TimeRange::new(
            Some("2026-11-20"),
            Some("2026-11-20"),
            Some("Europe/Berlin"),
        )
        .unwrap();
        assert_eq!(range.since.as_deref(), Some("2026-11-19T23:00:00.000Z"));
        assert_eq!(range.until.as_deref(), Some("2026-11-20T23:00:00.000Z"));
        assert!(
            range.has(Some("2026-11-20T22:59:59.999Z"))
                && !range.has(Some("2026-11-20T23:00:00.000Z"))
        );
        assert!(range.has(None));
    }

    #[test]
    fn what_is_no_time_is_refused_by_name() {
        let error = TimeRange::new(Some("last week"), None, None)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("--since last week: "), "{error}");
    }
}
