//! Requests into the buckets of a ledger, each into the finest that covers its instant.
//!
//! A request that is an entry of the ledger (the same tokens, noted up to two seconds later or an
//! hour earlier: a session may write its line when the tools have run) is joined with that entry
//! alone. Any other falls into the bucket of its hour, else of its day,
//! else of its month. Buckets are made disjoint, so that nothing is counted twice: an hour is its
//! bucket and the entries of that hour, less those that were matched; a day is without its hours.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::counted::CountedRequests;
use super::ledger::{Entry, Ledger, Tokens};
use crate::record::{Level, Request, Usage};

/// An entry that is noted later than this is not of the same response. The agent notes it when the
/// response has ended.
const SAME_RESPONSE: SignedDuration = SignedDuration::from_secs(2);
/// The line of the session may wait for the tools that the response called.
const TOOLS_RUN: SignedDuration = SignedDuration::from_hours(1);

/// The ledger of one account, and what of it the requests explain.
pub(super) struct Buckets {
    pub(super) account: String,
    /// In order of time, each with whether a request has taken it.
    pub(super) entries: Vec<(Entry, bool)>,
    pub(super) buckets: BTreeMap<(Timestamp, Level), Bucket>,
    pub(super) sessions: CountedRequests,
}

#[derive(Default)]
pub(super) struct Bucket {
    pub(super) tokens: Tokens,
    pub(super) requests: u64,
    /// The ledger has it as a bucket, not as entries alone.
    pub(super) rolled: bool,
    /// Input and output by session.
    sessions: BTreeMap<String, u64>,
}

impl Bucket {
    /// Input and output of all its requests.
    pub(super) fn session_tokens(&self) -> u64 {
        self.sessions
            .values()
            .fold(0u64, |sum, tokens| sum.saturating_add(*tokens))
    }
}

impl Buckets {
    /// Lays the levels of the ledger beside each other.
    pub(super) fn new(ledger: Ledger) -> Buckets {
        let mut buckets: BTreeMap<(Timestamp, Level), Bucket> = BTreeMap::new();
        let mut at = |level, instant, change: fn(u64, u64) -> u64, tokens: &Tokens, make: bool| {
            let key = (floor(instant, level), level);
            if make || buckets.contains_key(&key) {
                combine(&mut buckets.entry(key).or_default().tokens, tokens, change);
            }
        };
        for day in &ledger.days {
            at(
                Level::Day,
                day.start,
                u64::saturating_add,
                &day.tokens,
                true,
            );
        }
        for hour in &ledger.hours {
            at(
                Level::Hour,
                hour.start,
                u64::saturating_add,
                &hour.tokens,
                true,
            );
            at(
                Level::Day,
                hour.start,
                u64::saturating_sub,
                &hour.tokens,
                false,
            );
        }
        for month in &ledger.months {
            at(
                Level::Month,
                month.start,
                u64::saturating_add,
                &month.tokens,
                true,
            );
        }
        for entry in &ledger.entries {
            at(
                Level::Hour,
                entry.at,
                u64::saturating_add,
                &entry.tokens,
                true,
            );
        }
        for hour in &ledger.hours {
            if let Some(bucket) = buckets.get_mut(&(floor(hour.start, Level::Hour), Level::Hour)) {
                bucket.rolled = true;
            }
        }
        let mut entries: Vec<(Entry, bool)> = ledger
            .entries
            .into_iter()
            .map(|entry| (entry, false))
            .collect();
        entries.sort_by_key(|(entry, _)| entry.at);
        Buckets {
            account: ledger.account,
            entries,
            buckets,
            sessions: CountedRequests::default(),
        }
    }

    /// Puts a counted request into its bucket; returns the bucket's name, `LEVEL:START`. `None`:
    /// the ledger does not cover its instant.
    pub(super) fn join(&mut self, request: &Request) -> Option<String> {
        let at: Timestamp = request
            .at
            .as_deref()
            .filter(|_| request.counted)?
            .parse()
            .ok()?;
        let entry = self.entry(request, at).map(|at| (at, Level::Entry));
        let covering = || {
            [Level::Hour, Level::Day, Level::Month]
                .map(|level| (floor(at, level), level))
                .into_iter()
        };
        let found = entry.or_else(|| covering().find(|key| self.buckets.contains_key(key)));
        self.sessions.count(request, at, found.is_some());
        let (start, level) = found?;
        let bucket = self.buckets.entry((start, level)).or_default();
        let tokens = request
            .input_tokens
            .unwrap_or(0)
            .saturating_add(request.output_tokens.unwrap_or(0));
        bucket.requests += 1;
        let session = bucket.sessions.entry(request.session.clone()).or_default();
        *session = session.saturating_add(tokens);
        Some(format!("{}:{start:.3}", name(level)))
    }

    /// The nearest entry of the same tokens that no request has taken; takes it out of its hour.
    fn entry(&mut self, request: &Request, at: Timestamp) -> Option<Timestamp> {
        let apart = |entry: &Entry| entry.at.duration_since(at).abs();
        let from = self
            .entries
            .partition_point(|(entry, _)| entry.at < at && apart(entry) >= TOOLS_RUN);
        let is_near = |entry: &Entry| entry.at < at || apart(entry) < SAME_RESPONSE;
        let near = self
            .entries
            .iter_mut()
            .skip(from)
            .take_while(|(entry, _)| is_near(entry));
        let same = near.filter(|(entry, taken)| !taken && is_same(&entry.tokens, request));
        let (entry, taken) = same.min_by_key(|(entry, _)| apart(entry))?;
        *taken = true;
        if let Some(hour) = self
            .buckets
            .get_mut(&(floor(entry.at, Level::Hour), Level::Hour))
        {
            combine(&mut hour.tokens, &entry.tokens, u64::saturating_sub);
        }
        let own = self.buckets.entry((entry.at, Level::Entry)).or_default();
        combine(&mut own.tokens, &entry.tokens, u64::saturating_add);
        Some(entry.at)
    }

    /// One record for each bucket that requests fell into, in order of time.
    pub(super) fn records(&self) -> impl Iterator<Item = Usage> + '_ {
        self.buckets
            .iter()
            .filter(|(_, bucket)| bucket.requests > 0)
            .map(|((start, level), bucket)| {
                let Tokens {
                    input,
                    cached,
                    output,
                    reasoning,
                } = bucket.tokens;
                let session_tokens = bucket.session_tokens();
                let whole = session_tokens.max(input.saturating_add(output));
                Usage {
                    account: self.account.clone(),
                    level: *level,
                    start: format!("{start:.3}"),
                    end: end(*start, *level).map(|end| format!("{end:.3}")),
                    input_tokens: input,
                    cache_read_tokens: cached,
                    output_tokens: output,
                    reasoning_tokens: reasoning,
                    requests: bucket.requests,
                    session_tokens,
                    share: share(session_tokens, whole),
                    ledger_only_tokens: None,
                    ledger_only_entries: None,
                    session_only_tokens: None,
                    shares: bucket
                        .sessions
                        .iter()
                        .map(|(id, tokens)| (id.clone(), share(*tokens, whole)))
                        .collect(),
                }
            })
    }
}

/// The bucket of that level that the instant lies in begins here (UTC).
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

/// Where the bucket ends; an entry has no end.
pub(super) fn end(start: Timestamp, level: Level) -> Option<Timestamp> {
    let length = match level {
        Level::Entry | Level::Ledger => return None,
        Level::Hour => 1.hour(),
        Level::Day => 1.day(),
        Level::Month => 1.month(),
    };
    start
        .to_zoned(TimeZone::UTC)
        .checked_add(length)
        .ok()
        .map(|end| end.timestamp())
}

fn combine(to: &mut Tokens, from: &Tokens, change: fn(u64, u64) -> u64) {
    to.input = change(to.input, from.input);
    to.cached = change(to.cached, from.cached);
    to.output = change(to.output, from.output);
    to.reasoning = change(to.reasoning, from.reasoning);
}

fn is_same(entry: &Tokens, request: &Request) -> bool {
    request.input_tokens == Some(entry.input)
        && request.output_tokens == Some(entry.output)
        && request.cache_read_tokens.unwrap_or(0) == entry.cached
        && request
            .reasoning_tokens
            .is_none_or(|tokens| tokens == entry.reasoning)
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

/// A part of a whole in millionths, rounded down: parts add up to no more than 1.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    const MILLIONTHS: u32 = 1_000_000;
    let parts = u128::from(part) * u128::from(MILLIONTHS) / u128::from(whole.max(1));
    u32::try_from(parts).map_or(1.0, |parts| f64::from(parts) / f64::from(MILLIONTHS))
}
