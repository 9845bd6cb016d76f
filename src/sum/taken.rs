//! Counted requests as they are: what partial sums hold of them.
//!
//! Which of two parts of a run counts a response that both hold is known once the parts meet. So a
//! part does not add its requests up; it hands them on, each as a short array, grouped by what many
//! have in common: the thread, and the terms that they are priced by.

use serde::{Deserialize, Serialize};

use super::view::Basis;
use crate::record::{Request, Unpriced, Usd};

/// Requests of one thread and row, at the same terms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) thread: String,
    /// A request without figures: the model, and what else prices depend on.
    pub(super) terms: Box<Request>,
    pub(super) each: Vec<Taken>,
}

/// One request of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub(super) struct Taken {
    /// Its ordinal in the thread.
    pub(super) n: u64,
    key: Option<String>,
    turn: Option<u64>,
    /// Input, read from the cache, written to it, of that for an hour, output, reasoning.
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

impl From<Wire> for Taken {
    fn from(
        (n, key, turn, tokens, output_known, cost, unpriced, reports, reported_output_tokens): Wire,
    ) -> Taken {
        Taken {
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

impl From<Taken> for Wire {
    fn from(taken: Taken) -> Wire {
        let Taken {
            n,
            key,
            turn,
            tokens,
            output_known,
            cost,
            unpriced,
            reports,
            reported_output_tokens,
        } = taken;
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

/// Puts a request to those of its thread and its terms.
pub(super) fn hold(groups: &mut Vec<Group>, request: &Request, cost: Result<Usd, Unpriced>) {
    let terms = terms(request);
    let last = groups
        .last_mut()
        .filter(|group| group.thread == request.thread && *group.terms == terms);
    let group = match last {
        Some(group) => group,
        None => groups.push_mut(Group {
            thread: request.thread.clone(),
            terms: Box::new(terms),
            each: Vec::new(),
        }),
    };
    group.each.push(Taken::of(request, cost));
}

/// The request without what is its own.
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

impl Taken {
    fn of(request: &Request, cost: Result<Usd, Unpriced>) -> Taken {
        let tokens = [
            request.input_tokens,
            request.cache_read_tokens,
            request.cache_write_tokens,
            request.cache_write_1h_tokens,
            request.output_tokens,
            request.reasoning_tokens,
        ];
        Taken {
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

    /// The whole request, as far as rows ask.
    pub(super) fn request(&self, group: &Group) -> Request {
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

/// Tokens of a request by a basis.
pub(super) fn tokens(request: &Request, basis: Basis) -> u64 {
    let [input, read, written, output] = [
        request.input_tokens,
        request.cache_read_tokens,
        request.cache_write_tokens,
        request.output_tokens,
    ]
    .map(|tokens| tokens.unwrap_or(0));
    match basis {
        Basis::Full => input,
        Basis::New => input.saturating_sub(read).saturating_add(output),
        Basis::InOut => input
            .saturating_sub(read)
            .saturating_sub(written)
            .saturating_add(output),
    }
}
