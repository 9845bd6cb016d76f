//! Comparing a ledger with the sessions: what one has and the other has not.
//!
//! The time from the first counted request of the stream to the last is compared. Responses that
//! the ledger notes one by one are compared exactly: an entry that matches no request is only in
//! the ledger. A bucket within that time is compared as a whole: tokens beyond those of the
//! sessions are only in the ledger, and tokens of the sessions beyond the bucket only in the
//! sessions. The latest hour has entries but no bucket yet: its requests that match no entry are
//! only in the sessions.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::buckets::{Buckets, end, floor, share};
use super::counted::CountedRequests;
use super::ledger::Tokens;
use crate::record::{Level, Usage};

/// The sums of a comparison.
#[derive(Default)]
struct Differences {
    /// Tokens of the entries and buckets that were compared.
    ledger: Tokens,
    ledger_only_tokens: u64,
    ledger_only_entries: u64,
    session_only_tokens: u64,
}

impl Buckets {
    /// Compares the whole ledger with the sessions. `None` where they have no request with a time.
    pub(super) fn compared(&self) -> Option<Usage> {
        let requests = &self.requests;
        let (Some(first), Some(last)) = (requests.first, requests.last) else {
            return None;
        };
        let mut differences = Differences {
            session_only_tokens: requests.nowhere_tokens,
            ..Differences::default()
        };
        self.compare_entries(requests, &mut differences);
        self.compare_buckets(requests, &mut differences);
        let Differences {
            ledger,
            ledger_only_tokens,
            ledger_only_entries,
            session_only_tokens,
        } = differences;
        let matched_tokens = requests.tokens.saturating_sub(session_only_tokens);
        Some(Usage {
            account: self.account.clone(),
            level: Level::Ledger,
            start: format!("{first:.3}"),
            end: Some(format!("{last:.3}")),
            input_tokens: ledger.input,
            cache_read_tokens: ledger.cached,
            output_tokens: ledger.output,
            reasoning_tokens: ledger.reasoning,
            requests: requests.requests,
            session_tokens: requests.tokens,
            share: share(matched_tokens, ledger.all()),
            ledger_only_tokens: Some(ledger_only_tokens),
            ledger_only_entries: Some(ledger_only_entries),
            session_only_tokens: Some(session_only_tokens),
            ..Usage::default()
        })
    }

    fn compare_entries(&self, requests: &CountedRequests, to: &mut Differences) {
        for (entry, taken) in &self.entries {
            if *taken {
                to.ledger.add(&entry.tokens);
            } else if requests.is_within(entry.at) {
                to.ledger.add(&entry.tokens);
                to.ledger_only_entries += 1;
                to.ledger_only_tokens = to.ledger_only_tokens.saturating_add(entry.tokens.all());
            }
        }
    }

    fn compare_buckets(&self, requests: &CountedRequests, to: &mut Differences) {
        let mut hours_with_entries: BTreeSet<Timestamp> = BTreeSet::new();
        for (entry, _) in &self.entries {
            hours_with_entries.insert(floor(entry.at, Level::Hour));
        }
        for ((start, level), bucket) in &self.buckets {
            if *level == Level::Entry {
                continue;
            }
            let in_sessions = bucket.session_tokens();
            let has_entries = *level == Level::Hour && hours_with_entries.contains(start);
            if has_entries && !bucket.rolled {
                to.session_only_tokens = to.session_only_tokens.saturating_add(in_sessions);
                continue;
            }
            let is_whole = requests.is_within(*start)
                && end(*start, *level).is_some_and(|end| requests.is_within(end));
            let in_ledger = bucket.tokens.all();
            if is_whole || bucket.requests > 0 {
                to.ledger.add(&bucket.tokens);
                let beyond = in_sessions.saturating_sub(in_ledger);
                to.session_only_tokens = to.session_only_tokens.saturating_add(beyond);
            }
            if is_whole {
                let beyond = in_ledger.saturating_sub(in_sessions);
                to.ledger_only_tokens = to.ledger_only_tokens.saturating_add(beyond);
            }
        }
    }
}
