//! A provider's export of an account's usage, added up by session, day and minute.
//!
//! The provider names no sessions. So a session is a run of minutes of which each starts at most a
//! gap after the start of the one before. Days are those of UTC, as the provider's limits are.
//! Memory: about 200 bytes for each minute that had a request.

use std::rc::Rc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::export_csv::{Minute, Minutes};
use crate::cli::UsageExport;
use crate::record::count::plus;
use crate::record::{Export, Extent};
use crate::skip::Skips;
use crate::stream::Status;

/// A provider's export of usage, and how to add it up.
pub struct ProviderExport {
    minutes: Minutes,
    options: UsageExport,
}

/// The start of a minute, and its usage.
type MinuteRow<'a> = (Timestamp, &'a Minute);

impl ProviderExport {
    /// Reads the file that the options name; `None` where they name none. Errors go to `skips`.
    /// [`Status::Partial`] where the file cannot be read or is no export.
    pub fn open(options: &UsageExport, skips: &mut Skips) -> Option<(ProviderExport, Status)> {
        let path = options.usage_csv.as_deref()?;
        let (minutes, status) = Minutes::open(path, skips);
        let options = options.clone();
        Some((ProviderExport { minutes, options }, status))
    }

    /// Returns a record for the whole, then sessions, days and minutes, each in order of time; none
    /// where no minute had a request.
    pub(super) fn records(&self) -> Vec<Export> {
        let rows: Vec<MinuteRow> = self
            .minutes
            .by_start
            .iter()
            .map(|(start, minute)| (*start, minute))
            .collect();
        if rows.is_empty() {
            return Vec::new();
        }
        let gap = SignedDuration::from_secs(i64::try_from(self.options.gap).unwrap_or(i64::MAX));
        let sessions: Vec<&[MinuteRow]> = rows
            .chunk_by(|(a, _), (b, _)| b.duration_since(*a) <= gap)
            .collect();
        let mut records = vec![Export {
            sessions: Some(sessions.len() as u64),
            ..self.sum(Extent::Whole, &rows)
        }];
        for rows in sessions {
            records.push(self.sum(Extent::Session, rows));
        }
        for rows in rows.chunk_by(|(a, _), (b, _)| midnight(*a) == midnight(*b)) {
            records.push(self.day(rows));
        }
        for rows in rows.chunks(1) {
            records.push(self.sum(Extent::Minute, rows));
        }
        records
    }

    /// Adds up the minutes of a session, a day or the whole.
    fn sum(&self, extent: Extent, rows: &[MinuteRow]) -> Export {
        let (mut requests, mut input_tokens, mut output_tokens) = (0, 0, 0);
        let mut high_burn_minutes = 0;
        let mut last_end: Option<Timestamp> = None;
        for (_, minute) in rows {
            requests = plus(requests, minute.requests);
            input_tokens = plus(input_tokens, minute.input_tokens);
            output_tokens = plus(output_tokens, minute.output_tokens);
            if minute.input_tokens > self.options.high_burn {
                high_burn_minutes += 1;
            }
            last_end = last_end.max(Some(minute.end));
        }
        let start = rows.first().map(|(start, _)| *start).unwrap_or_default();
        Export {
            extent,
            start: format!("{start:.3}"),
            end: format!("{:.3}", last_end.unwrap_or_default()),
            model: model(rows),
            sessions: None,
            minutes: rows.len() as u64,
            high_burn_minutes,
            requests,
            input_tokens,
            output_tokens,
            mean_input_tokens: plus(input_tokens, requests / 2) / requests.max(1),
            input_output_ratio: if output_tokens > 0 {
                Some(parts(input_tokens, output_tokens, 10, true))
            } else {
                None
            },
            limit_tokens: None,
            limit_share: None,
        }
    }

    fn day(&self, rows: &[MinuteRow]) -> Export {
        let day = self.sum(Extent::Day, rows);
        let start = rows
            .first()
            .map(|(start, _)| midnight(*start))
            .unwrap_or_default();
        let next = start.to_zoned(TimeZone::UTC).checked_add(1.day());
        let end = match next {
            Ok(next) => format!("{:.3}", next.timestamp()),
            Err(_) => day.end,
        };
        let used = plus(day.input_tokens, day.output_tokens);
        let limit = self.options.day_limit;
        Export {
            start: format!("{start:.3}"),
            end,
            limit_tokens: limit,
            limit_share: limit.map(|limit| parts(used, limit, 1_000_000, false)),
            ..day
        }
    }
}

/// Returns the model that all rows name, if there is one.
fn model(rows: &[MinuteRow]) -> Option<String> {
    let mut first: Option<&Rc<str>> = None;
    for (_, minute) in rows {
        for (model, _) in &minute.sources {
            let first = first.get_or_insert(model);
            if first.is_empty() || model != *first {
                return None;
            }
        }
    }
    first.map(|model| model.to_string())
}

/// Returns the midnight before an instant (UTC).
fn midnight(at: Timestamp) -> Timestamp {
    let date = TimeZone::UTC.to_datetime(at).date();
    match date.to_zoned(TimeZone::UTC) {
        Ok(day) => day.timestamp(),
        Err(_) => at,
    }
}

/// Returns `part` over `whole`, in steps of one `of_one`-th: rounded, or rounded down.
fn parts(part: u64, whole: u64, of_one: u32, rounded: bool) -> f64 {
    let (part, whole) = (u128::from(part), u128::from(whole.max(1)));
    let half = if rounded { whole / 2 } else { 0 };
    let parts = (part * u128::from(of_one) + half) / whole;
    parts as f64 / f64::from(of_one)
}
