//! Joining requests with the buckets of a ledger: each with the finest bucket that covers it.
//!
//! A request that matches an entry of the ledger (the same tokens, noted up to two seconds later or
//! an hour earlier, because a session may write its line after the tools have run) is joined with
//! that entry alone. Any other is joined with the bucket of its hour, else of its day, else of its
//! month. Buckets are made disjoint, so that nothing is counted twice: an hour is its bucket and
//! the entries of that hour, without those that were matched; a day is without its hours.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::counted::{CountedRequests, input_and_output};
use super::ledger::{LedgerEntry, Tokens, UsageLedger};
use crate::record::{Level, Request, Usage};

/// An entry that is noted this much later belongs to another response. The agent notes an entry
/// when the response has ended.
const SAME_RESPONSE: SignedDuration = SignedDuration::from_secs(2);
/// The session may write the line of a response this much later, after the tools have run.
const TOOLS_RUN: SignedDuration = SignedDuration::from_hours(1);

/// The start of a bucket and its level.
type BucketKey = (Timestamp, Level);

/// The ledger of one account, and the requests that were joined with it.
pub(super) struct Buckets {
    pub(super) account: String,
    /// In order of time, each with whether a request matched it.
    pub(super) entries: Vec<(LedgerEntry, bool)>,
    pub(super) buckets: BTreeMap<BucketKey, JoinedBucket>,
    pub(super) requests: CountedRequests,
}

/// A part of the ledger that no other bucket contains.
#[derive(Default)]
pub(super) struct JoinedBucket {
    pub(super) tokens: Tokens,
    /// The number of requests that were joined with it.
    pub(super) requests: u64,
    /// The ledger has it as an hour, not only as entries.
    pub(super) rolled: bool,
    /// Input and output of the joined requests, by session.
    sessions: BTreeMap<String, u64>,
}

impl JoinedBucket {
    /// Returns the input and output of all joined requests.
    pub(super) fn session_tokens(&self) -> u64 {
        let mut sum = 0u64;
        for tokens in self.sessions.values() {
            sum = sum.saturating_add(*tokens);
        }
        sum
    }
}

impl Buckets {
    /// Makes the buckets of a ledger disjoint.
    pub(super) fn new(ledger: UsageLedger) -> Buckets {
        let mut buckets: BTreeMap<BucketKey, JoinedBucket> = BTreeMap::new();
        for day in &ledger.days {
            add(&mut buckets, day.start, Level::Day, &day.tokens);
        }
        for hour in &ledger.hours {
            add(&mut buckets, hour.start, Level::Hour, &hour.tokens);
            let day = (floor(hour.start, Level::Day), Level::Day);
            if let Some(day) = buckets.get_mut(&day) {
                day.tokens.subtract(&hour.tokens);
            }
        }
        for month in &ledger.months {
            add(&mut buckets, month.start, Level::Month, &month.tokens);
        }
        for entry in &ledger.entries {
            add(&mut buckets, entry.at, Level::Hour, &entry.tokens);
        }
        for hour in &ledger.hours {
            if let Some(bucket) = buckets.get_mut(&(floor(hour.start, Level::Hour), Level::Hour)) {
                bucket.rolled = true;
            }
        }
        let mut entries: Vec<(LedgerEntry, bool)> = ledger
            .entries
            .into_iter()
            .map(|entry| (entry, false))
            .collect();
        entries.sort_by_key(|(entry, _)| entry.at);
        Buckets {
            account: ledger.account,
            entries,
            buckets,
            requests: CountedRequests::default(),
        }
    }

    /// Joins a counted request with its bucket; returns the bucket's name, `LEVEL:START`. `None`
    /// where the ledger does not cover the request's instant, and for any other request.
    pub(super) fn join(&mut self, request: &Request) -> Option<String> {
        if !request.counted {
            return None;
        }
        let at: Timestamp = request.at.as_deref()?.parse().ok()?;
        let key = match self.matching_entry(request, at) {
            Some(entry) => Some((entry, Level::Entry)),
            None => self.covering(at),
        };
        self.requests.add(request, at, key.is_some());
        let (start, level) = key?;
        let bucket = self.buckets.entry((start, level)).or_default();
        bucket.requests += 1;
        let session = bucket.sessions.entry(request.session.clone()).or_default();
        *session = session.saturating_add(input_and_output(request));
        Some(format!("{}:{start:.3}", name(level)))
    }

    /// Returns the finest bucket that covers an instant.
    fn covering(&self, at: Timestamp) -> Option<BucketKey> {
        [Level::Hour, Level::Day, Level::Month]
            .map(|level| (floor(at, level), level))
            .into_iter()
            .find(|key| self.buckets.contains_key(key))
    }

    /// Returns the nearest entry with the tokens of the request that no other request matched, and
    /// moves its tokens from the bucket of its hour to a bucket of its own.
    fn matching_entry(&mut self, request: &Request, at: Timestamp) -> Option<Timestamp> {
        let apart = |entry: &LedgerEntry| entry.at.duration_since(at).abs();
        let from = self
            .entries
            .partition_point(|(entry, _)| entry.at < at && apart(entry) >= TOOLS_RUN);
        let mut nearest: Option<&mut (LedgerEntry, bool)> = None;
        for candidate in self.entries.iter_mut().skip(from) {
            let (entry, taken) = &*candidate;
            if entry.at >= at && apart(entry) >= SAME_RESPONSE {
                break;
            }
            if *taken || !is_same(&entry.tokens, request) {
                continue;
            }
            match &nearest {
                Some((best, _)) if apart(best) <= apart(entry) => {}
                _ => nearest = Some(candidate),
            }
        }
        let (entry, taken) = nearest?;
        *taken = true;
        let hour = (floor(entry.at, Level::Hour), Level::Hour);
        if let Some(hour) = self.buckets.get_mut(&hour) {
            hour.tokens.subtract(&entry.tokens);
        }
        let bucket = self.buckets.entry((entry.at, Level::Entry)).or_default();
        bucket.tokens.add(&entry.tokens);
        Some(entry.at)
    }

    /// Returns a record for each bucket that was joined with a request, in order of time.
    pub(super) fn records(&self) -> impl Iterator<Item = Usage> + '_ {
        let joined = self
            .buckets
            .iter()
            .filter(|(_, bucket)| bucket.requests > 0);
        joined.map(|(key, bucket)| self.record(*key, bucket))
    }

    fn record(&self, (start, level): BucketKey, bucket: &JoinedBucket) -> Usage {
        let session_tokens = bucket.session_tokens();
        let whole = session_tokens.max(bucket.tokens.all());
        let mut shares = BTreeMap::new();
        for (id, tokens) in &bucket.sessions {
            shares.insert(id.clone(), share(*tokens, whole));
        }
        Usage {
            account: self.account.clone(),
            level,
            start: format!("{start:.3}"),
            end: end(start, level).map(|end| format!("{end:.3}")),
            input_tokens: bucket.tokens.input,
            cache_read_tokens: bucket.tokens.cached,
            output_tokens: bucket.tokens.output,
            reasoning_tokens: bucket.tokens.reasoning,
            requests: bucket.requests,
            session_tokens,
            share: share(session_tokens, whole),
            ledger_only_tokens: None,
            ledger_only_entries: None,
            session_only_tokens: None,
            shares,
        }
    }
}

/// Adds tokens to the bucket of an instant.
fn add(
    buckets: &mut BTreeMap<BucketKey, JoinedBucket>,
    at: Timestamp,
    level: Level,
    tokens: &Tokens,
) {
    let bucket = buckets.entry((floor(at, level), level)).or_default();
    bucket.tokens.add(tokens);
}

/// Returns the start (UTC) of the bucket of that level that covers the instant.
pub(super) fn floor(at: Timestamp, level: Level) -> Timestamp {
    let date = TimeZone::UTC.to_datetime(at);
    let start = match level {
        Level::Entry | Level::Ledger => return at,
        Level::Hour => date.date().at(date.hour(), 0, 0, 0),
        Level::Day => date.date().at(0, 0, 0, 0),
        Level::Month => date.date().first_of_month().at(0, 0, 0, 0),
    };
    TimeZone::UTC.to_timestamp(start).unwrap_or(at)
}

/// Returns the end of a bucket; `None` for an entry.
pub(super) fn end(start: Timestamp, level: Level) -> Option<Timestamp> {
    let length = match level {
        Level::Entry | Level::Ledger => return None,
        Level::Hour => 1.hour(),
        Level::Day => 1.day(),
        Level::Month => 1.month(),
    };
    let end = start.to_zoned(TimeZone::UTC).checked_add(length).ok()?;
    Some(end.timestamp())
}

fn is_same(entry: &Tokens, request: &Request) -> bool {
    request.input_tokens == Some(entry.input)
        && request.output_tokens == Some(entry.output)
        && request.cache_read_tokens.unwrap_or(0) == entry.cached
        && request.reasoning_tokens.unwrap_or(entry.reasoning) == entry.reasoning
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Entry => "entry",
        Level::Hour => "hour",
        Level::Day => "day",
        Level::Month => "month",
        Level::Ledger => "ledger",
    }
}

/// Returns a part of a whole in millionths, rounded down, so that parts add up to no more than 1.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    const MILLIONTHS: u32 = 1_000_000;
    let parts = u128::from(part) * u128::from(MILLIONTHS) / u128::from(whole.max(1));
    match u32::try_from(parts) {
        Ok(parts) => f64::from(parts) / f64::from(MILLIONTHS),
        Err(_) => 1.0,
    }
}
