//! How an account's tokens were burnt: a provider's export by session, day and minute.
//!
//! A session is a run of minutes that follow one another, from the start of one to the start of
//! the next, by no more than a gap: the provider names no sessions. Days are those of UTC, as the
//! provider's limits are. Memory: about 200 bytes a minute that had a request.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::export::{Minute, Minutes};
use crate::cli::UsageExport;
use crate::record::count::plus;
use crate::record::{Export, Extent};
use crate::skip::Skips;
use crate::stream::Status;

/// A provider's export of usage.
pub struct Burn {
    minutes: Minutes,
    options: UsageExport,
}

/// A minute with its start.
type Row<'a> = (Timestamp, &'a Minute);

impl Burn {
    /// Reads the file, where one is named. What is wrong with it is noted; [`Status::Partial`]
    /// where it cannot be read or is no export.
    pub fn open(options: &UsageExport, skips: &mut Skips) -> Option<(Burn, Status)> {
        let path = options.usage_csv.as_deref()?;
        let (minutes, status) = Minutes::open(path, skips);
        let options = options.clone();
        Some((Burn { minutes, options }, status))
    }

    /// One record for the whole, then sessions, days and minutes, each in order of time; none where
    /// no minute had a request.
    pub(super) fn records(&self) -> Vec<Export> {
        let rows: Vec<Row> = self
            .minutes
            .by_start
            .iter()
            .map(|(start, minute)| (*start, minute))
            .collect();
        if rows.is_empty() {
            return Vec::new();
        }
        let gap = SignedDuration::from_secs(i64::try_from(self.options.gap).unwrap_or(i64::MAX));
        let sessions: Vec<&[Row]> = rows
            .chunk_by(|(a, _), (b, _)| b.duration_since(*a) <= gap)
            .collect();
        let mut records = vec![Export {
            sessions: Some(sessions.len() as u64),
            ..self.sum(Extent::Whole, &rows)
        }];
        records.extend(
            sessions
                .into_iter()
                .map(|rows| self.sum(Extent::Session, rows)),
        );
        records.extend(
            rows.chunk_by(|(a, _), (b, _)| midnight(*a) == midnight(*b))
                .map(|rows| self.day(rows)),
        );
        records.extend(rows.chunks(1).map(|rows| self.sum(Extent::Minute, rows)));
        records
    }

    /// Adds up rows.
    fn sum(&self, extent: Extent, rows: &[Row]) -> Export {
        let all = |of: fn(&Minute) -> u64| {
            rows.iter()
                .fold(0, |sum, (_, minute)| plus(sum, of(minute)))
        };
        let (requests, input_tokens) = (
            all(|minute| minute.requests),
            all(|minute| minute.input_tokens),
        );
        let output_tokens = all(|minute| minute.output_tokens);
        let high = |row: &&Row| row.1.input_tokens > self.options.high_burn;
        let start = rows.first().map(|(start, _)| *start).unwrap_or_default();
        let end = rows
            .iter()
            .map(|(_, minute)| minute.end)
            .max()
            .unwrap_or_default();
        Export {
            extent,
            start: format!("{start:.3}"),
            end: format!("{end:.3}"),
            model: model(rows),
            sessions: None,
            minutes: rows.len() as u64,
            high_burn_minutes: rows.iter().filter(high).count() as u64,
            requests,
            input_tokens,
            output_tokens,
            mean_input_tokens: plus(input_tokens, requests / 2) / requests.max(1),
            input_output_ratio: (output_tokens > 0)
                .then(|| parts(input_tokens, output_tokens, 10, true)),
            limit_tokens: None,
            limit_share: None,
        }
    }

    fn day(&self, rows: &[Row]) -> Export {
        let day = self.sum(Extent::Day, rows);
        let start = rows
            .first()
            .map(|(start, _)| midnight(*start))
            .unwrap_or_default();
        let next = start.to_zoned(TimeZone::UTC).checked_add(1.day());
        let end = next.map_or_else(
            |_| day.end.clone(),
            |next| format!("{:.3}", next.timestamp()),
        );
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

/// The model that all rows name, if there is one.
fn model(rows: &[Row]) -> Option<String> {
    let mut names = rows
        .iter()
        .flat_map(|(_, minute)| &minute.sources)
        .map(|(model, _)| model);
    let first = names.next().filter(|name| !name.is_empty())?;
    names.all(|name| name == first).then(|| first.to_string())
}

/// The midnight before (UTC).
fn midnight(at: Timestamp) -> Timestamp {
    let date = TimeZone::UTC.to_datetime(at).date();
    date.to_zoned(TimeZone::UTC)
        .map_or(at, |day| day.timestamp())
}

/// `part` over `whole` in so many parts of one: rounded, or rounded down.
fn parts(part: u64, whole: u64, of_one: u32, rounded: bool) -> f64 {
    let (part, whole) = (u128::from(part), u128::from(whole.max(1)));
    let half = if rounded { whole / 2 } else { 0 };
    let parts = (part * u128::from(of_one) + half) / whole;
    parts as f64 / f64::from(of_one)
}
