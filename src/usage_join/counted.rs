//! The counted requests of the stream together, as far as a ledger is compared with them.

use jiff::Timestamp;

use crate::record::Request;

/// What is known of the counted requests.
#[derive(Default)]
pub(super) struct CountedRequests {
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    pub(super) requests: u64,
    pub(super) tokens: u64,
    /// Tokens of requests that no bucket covers.
    pub(super) nowhere_tokens: u64,
}

impl CountedRequests {
    /// A counted request at that instant; `joined`: a bucket covers it.
    pub(super) fn count(&mut self, request: &Request, at: Timestamp, joined: bool) {
        let tokens = request
            .input_tokens
            .unwrap_or(0)
            .saturating_add(request.output_tokens.unwrap_or(0));
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        self.requests += 1;
        self.tokens = self.tokens.saturating_add(tokens);
        if !joined {
            self.nowhere_tokens = self.nowhere_tokens.saturating_add(tokens);
        }
    }
}
