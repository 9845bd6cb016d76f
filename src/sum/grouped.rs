//! Counted requests one by one, as partial sums hold them.
//!
//! Two parts of a run may hold the same response; which of them counts it is decided when they are
//! merged. So a part does not add its requests up. It writes each as a short array, grouped by what
//! many have in common: the thread, and the terms that they are priced by.

use serde::{Deserialize, Serialize};

use super::choices::TokenBasis;
use crate::record::{Request, Unpriced, Usd};

/// Requests of one thread and row that are priced by the same terms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RequestGroup {
    pub(super) thread: String,
    /// A request without its figures: the model, and what else the price depends on.
    pub(super) terms: Box<Request>,
    pub(super) each: Vec<GroupedRequest>,
}

/// One request of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub(super) struct GroupedRequest {
    /// Its ordinal in the thread.
    pub(super) n: u64,
    key: Option<String>,
    turn: Option<u64>,
    /// Input, cache reads, cache writes, of these for an hour, output, reasoning.
    tokens: [u64; 6],
    output_known: Option<bool>,
    /// What it cost, where that is known.
    cost: Option<Usd>,
    /// Why not, where it is not.
    unpriced: Option<Unpriced>,
    reports: Option<u64>,
    reported_output_tokens: Option<u64>,
}

type Wire = (
    u64,
    Option<String>,
    Option<u64>,
    [u64; 6],
    Option<bool>,
    Option<Usd>,
    Option<Unpriced>,
    Option<u64>,
    Option<u64>,
);

impl From<Wire> for GroupedRequest {
    fn from(
        (n, key, turn, tokens, output_known, cost, unpriced, reports, reported_output_tokens): Wire,
    ) -> GroupedRequest {
        GroupedRequest {
            n,
            key,
            turn,
            tokens,
            output_known,
            cost,
            unpriced,
            reports,
            reported_output_tokens,
        }
    }
}

impl From<GroupedRequest> for Wire {
    fn from(request: GroupedRequest) -> Wire {
        let GroupedRequest {
            n,
            key,
            turn,
            tokens,
            output_known,
            cost,
            unpriced,
            reports,
            reported_output_tokens,
        } = request;
        (
            n,
            key,
            turn,
            tokens,
            output_known,
            cost,
            unpriced,
            reports,
            reported_output_tokens,
        )
    }
}

/// Adds a request to the last group, or to a new one where its thread or terms differ.
pub(super) fn push(groups: &mut Vec<RequestGroup>, request: &Request, cost: Result<Usd, Unpriced>) {
    let terms = terms(request);
    let grouped = GroupedRequest::of(request, cost);
    match groups.last_mut() {
        Some(group) if group.thread == request.thread && *group.terms == terms => {
            group.each.push(grouped);
        }
        _ => groups.push(RequestGroup {
            thread: request.thread.clone(),
            terms: Box::new(terms),
            each: vec![grouped],
        }),
    }
}

/// The request without the keys that differ from request to request.
fn terms(request: &Request) -> Request {
    Request {
        thread: String::new(),
        n: 0,
        // Prices change from day to day.
        at: request
            .at
            .as_deref()
            .and_then(|at| at.get(..10))
            .map(str::to_owned),
        key: None,
        turn: None,
        input_tokens: None,
        cache_read_tokens: None,
        cache_write_tokens: None,
        cache_write_1h_tokens: None,
        output_tokens: None,
        output_known: None,
        reasoning_tokens: None,
        reports: None,
        reported_output_tokens: None,
        ..request.clone()
    }
}

impl GroupedRequest {
    fn of(request: &Request, cost: Result<Usd, Unpriced>) -> GroupedRequest {
        let tokens = [
            request.input_tokens,
            request.cache_read_tokens,
            request.cache_write_tokens,
            request.cache_write_1h_tokens,
            request.output_tokens,
            request.reasoning_tokens,
        ];
        GroupedRequest {
            n: request.n,
            key: request.key.clone(),
            turn: request.turn,
            tokens: tokens.map(|tokens| tokens.unwrap_or(0)),
            output_known: request.output_known,
            cost: cost.ok(),
            unpriced: cost.err(),
            reports: request.reports,
            reported_output_tokens: request.reported_output_tokens,
        }
    }

    /// What it cost, or why that is not known.
    pub(super) fn cost(&self) -> Result<Usd, Unpriced> {
        self.cost.ok_or(self.unpriced.unwrap_or(Unpriced::Model))
    }

    /// The request again, with the keys that rows need.
    pub(super) fn request(&self, group: &RequestGroup) -> Request {
        let [input, read, written, written_1h, output, reasoning] = self.tokens.map(Some);
        Request {
            thread: group.thread.clone(),
            n: self.n,
            key: self.key.clone(),
            turn: self.turn,
            input_tokens: input,
            cache_read_tokens: read,
            cache_write_tokens: written,
            cache_write_1h_tokens: written_1h,
            output_tokens: output,
            output_known: self.output_known,
            reasoning_tokens: reasoning,
            reports: self.reports,
            reported_output_tokens: self.reported_output_tokens,
            ..(*group.terms).clone()
        }
    }
}

/// The tokens of a request that the basis counts.
pub(super) fn tokens(request: &Request, basis: TokenBasis) -> u64 {
    let [input, read, written, output] = [
        request.input_tokens,
        request.cache_read_tokens,
        request.cache_write_tokens,
        request.output_tokens,
    ]
    .map(|tokens| tokens.unwrap_or(0));
    match basis {
        TokenBasis::Full => input,
        TokenBasis::New => input.saturating_sub(read).saturating_add(output),
        TokenBasis::InOut => input
            .saturating_sub(read)
            .saturating_sub(written)
            .saturating_add(output),
    }
}
