//! A ledger against the sessions: what one has and the other has not.
//!
//! Compared is the time from the first counted request of the stream to the last. Responses that
//! the ledger notes one by one are told exactly: an entry that no request has taken is the ledger's
//! alone. A bucket that lies within that time is compared as a whole: what it has beyond the
//! sessions is the ledger's, what they have beyond it is theirs. An hour that the ledger still has
//! in entries only is no bucket: its requests that match no entry are the sessions' alone.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::buckets::{Buckets, end, floor};
use super::ledger::Tokens;
use crate::record::{Level, Usage};

impl Buckets {
    /// The whole ledger against the sessions; `None` where they have no request with a time.
    pub(super) fn compared(&self) -> Option<Usage> {
        let sessions = &self.sessions;
        let (first, last) = sessions.first.zip(sessions.last)?;
        let within = |at: Timestamp| (first..=last).contains(&at);
        let noted: BTreeSet<Timestamp> = self
            .entries
            .iter()
            .map(|(entry, _)| floor(entry.at, Level::Hour))
            .collect();
        let mut all = Tokens::default();
        let (mut entries, mut ledger_only, mut session_only) = (0, 0u64, sessions.nowhere_tokens);
        for (entry, taken) in self
            .entries
            .iter()
            .filter(|(entry, taken)| *taken || within(entry.at))
        {
            all.add(&entry.tokens);
            if !taken {
                entries += 1;
                ledger_only = ledger_only.saturating_add(entry.tokens.all());
            }
        }
        for ((start, level), bucket) in self
            .buckets
            .iter()
            .filter(|((_, level), _)| *level != Level::Entry)
        {
            let session = bucket.session_tokens();
            let rolled = !noted.contains(start) || *level != Level::Hour || bucket.rolled;
            if !rolled {
                session_only = session_only.saturating_add(session);
                continue;
            }
            let whole = within(*start) && end(*start, *level).is_some_and(within);
            let known = bucket.tokens.all();
            if whole || bucket.requests > 0 {
                all.add(&bucket.tokens);
                session_only = session_only.saturating_add(session.saturating_sub(known));
            }
            if whole {
                ledger_only = ledger_only.saturating_add(known.saturating_sub(session));
            }
        }
        Some(Usage {
            account: self.account.clone(),
            level: Level::Ledger,
            start: format!("{first:.3}"),
            end: Some(format!("{last:.3}")),
            input_tokens: all.input,
            cache_read_tokens: all.cached,
            output_tokens: all.output,
            reasoning_tokens: all.reasoning,
            requests: sessions.requests,
            session_tokens: sessions.tokens,
            share: super::buckets::share(sessions.tokens.saturating_sub(session_only), all.all()),
            ledger_only_tokens: Some(ledger_only),
            ledger_only_entries: Some(entries),
            session_only_tokens: Some(session_only),
            ..Usage::default()
        })
    }
}
