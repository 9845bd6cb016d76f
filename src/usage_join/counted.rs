//! The sum of the counted requests of the stream, for the comparison with a ledger.

use jiff::Timestamp;

use crate::record::Request;

/// The counted requests.
#[derive(Default)]
pub(super) struct CountedRequests {
    /// The earliest instant.
    pub(super) first: Option<Timestamp>,
    /// The latest instant.
    pub(super) last: Option<Timestamp>,
    pub(super) requests: u64,
    /// Input and output.
    pub(super) tokens: u64,
    /// Tokens of requests that no bucket covers.
    pub(super) nowhere_tokens: u64,
}

impl CountedRequests {
    /// Adds a request of that instant. `joined`: a bucket covers it.
    pub(super) fn add(&mut self, request: &Request, at: Timestamp, joined: bool) {
        let tokens = input_and_output(request);
        self.first = Some(match self.first {
            Some(first) => first.min(at),
            None => at,
        });
        self.last = self.last.max(Some(at));
        self.requests += 1;
        self.tokens = self.tokens.saturating_add(tokens);
        if !joined {
            self.nowhere_tokens = self.nowhere_tokens.saturating_add(tokens);
        }
    }

    /// Whether an instant is between the first request and the last, both included.
    pub(super) fn is_within(&self, at: Timestamp) -> bool {
        let (Some(first), Some(last)) = (self.first, self.last) else {
            return false;
        };
        first <= at && at <= last
    }
}

/// Returns the input and output tokens of a request.
pub(super) fn input_and_output(request: &Request) -> u64 {
    let input = request.input_tokens.unwrap_or(0);
    input.saturating_add(request.output_tokens.unwrap_or(0))
}
