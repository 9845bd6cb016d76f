//! One row for each thread: the sums of its counted requests, and how its context grew from the
//! first request to the last.
//!
//! This module does not know which rows are shown, or how.

use std::collections::BTreeMap;

use serde::Serialize;

use super::days::Spent;
use super::series::ContextSeries;
use crate::record::{Kind, Request, Session, Usd};

/// The row of a thread: the facts of its `session` record, and the sums of its counted requests.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Growth {
    pub(super) thread: String,
    /// The agent's id of the session.
    pub(super) session: String,
    pub(super) agent: String,
    /// The purpose of the thread.
    pub(super) kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) branch: Option<String>,
    pub(super) file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) started: Option<String>,
    /// Counted requests by model.
    pub(super) models: BTreeMap<String, u64>,
    /// The number of counted requests.
    pub(super) requests: u64,
    /// The number of counted requests that carried the context of this thread.
    #[serde(skip)]
    pub(super) contexts: u64,
    /// The context of the first of these requests.
    pub(super) first_input_tokens: u64,
    /// The largest context of these requests.
    pub(super) peak_input_tokens: u64,
    /// The context of the last of these requests.
    pub(super) last_input_tokens: u64,
    /// Input of all counted requests, cached included.
    pub(super) input_tokens: u64,
    /// The part of the input that was read from the cache.
    pub(super) cache_read_tokens: u64,
    /// Output of all counted requests.
    pub(super) output_tokens: u64,
    /// The cost of the counted requests whose price is known; absent if no price is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cost_usd: Option<Usd>,
    /// The agent's id of the session that started this one, and the call that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call_id: Option<String>,
    /// The instant of the last counted request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<String>,
    /// The sums of those counted requests that belong to reviews inside the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reviews: Option<ReviewTotals>,
    /// Its requests one by one; only for a format with charts.
    #[serde(skip)]
    pub(super) series: ContextSeries,
}

/// The sums of the requests of reviews inside a thread.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct ReviewTotals {
    pub(super) requests: u64,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cost_usd: Option<Usd>,
}

impl ReviewTotals {
    fn add(&mut self, request: &Request, cost: Option<Usd>) {
        self.requests += 1;
        self.input_tokens = self
            .input_tokens
            .saturating_add(request.input_tokens.unwrap_or(0));
        self.output_tokens = self
            .output_tokens
            .saturating_add(request.output_tokens.unwrap_or(0));
        if let Some(cost) = cost {
            self.cost_usd = Some(self.cost_usd.unwrap_or_default().plus(cost));
        }
    }
}

impl Growth {
    /// Copies the facts of the session record.
    pub(super) fn session(&mut self, session: Session) {
        self.session = session.session;
        self.agent = session.agent;
        self.kind = session.kind;
        self.project = session.project;
        self.branch = session.branch;
        self.file = session.file;
        self.started = session.started;
        self.parent = session.parent;
        self.call_id = session.call_id;
    }

    /// Adds a request and its cost; ignores a request that is not counted.
    pub(super) fn request(&mut self, request: &Request, cost: Option<Usd>) {
        if !request.counted {
            return;
        }
        if self.session.is_empty() {
            self.session.clone_from(&request.session);
        }
        let input = request.input_tokens.unwrap_or(0);
        self.requests += 1;
        if let Some(context) = request.context_tokens() {
            if self.contexts == 0 {
                self.first_input_tokens = context;
            }
            self.contexts += 1;
            self.last_input_tokens = context;
            self.peak_input_tokens = self.peak_input_tokens.max(context);
        }
        self.input_tokens = self.input_tokens.saturating_add(input);
        self.cache_read_tokens = self
            .cache_read_tokens
            .saturating_add(request.cache_read_tokens.unwrap_or(0));
        self.output_tokens = self
            .output_tokens
            .saturating_add(request.output_tokens.unwrap_or(0));
        if let Some(cost) = cost {
            self.cost_usd = Some(self.cost_usd.unwrap_or_default().plus(cost));
        }
        if request.is_of_review() {
            self.reviews.get_or_insert_default().add(request, cost);
        }
        self.ended = self.ended.take().max(request.at.clone());
        if let Some(model) = &request.model {
            *self.models.entry(model.clone()).or_default() += 1;
        }
        if self.project.is_none() {
            self.project.clone_from(&request.project);
        }
    }

    /// Returns what its counted requests cost.
    pub(super) fn spent(&self) -> Spent {
        let tokens = self.input_tokens.saturating_add(self.output_tokens);
        Spent {
            cost: self.cost_usd,
            tokens: i64::try_from(tokens).unwrap_or(i64::MAX),
        }
    }

    /// Returns the model with the most requests, and the number of other models.
    pub(super) fn model(&self) -> Option<(&str, usize)> {
        // Models with equally many requests: `rev` makes `max_by_key` return the first by name.
        let (name, _) = self
            .models
            .iter()
            .rev()
            .max_by_key(|(_, requests)| **requests)?;
        Some((name, self.models.len() - 1))
    }

    /// Returns the name of the purpose of a thread; `None` for a session of a person.
    pub(super) fn kind_name(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Main => None,
            Kind::Subagent => Some("sub-agent"),
            Kind::Review => Some("review"),
            Kind::Compaction => Some("compaction"),
            Kind::Memory => Some("memory"),
        }
    }
}
