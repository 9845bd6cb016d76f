//! One row a thread: how its input grew from the first request to the last.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::record::{Kind, Request, Session, Usd};

/// What the counted requests of one thread add up to.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Growth {
    /// The thread, with what its `session` record says of it.
    pub(super) thread: String,
    /// The agent's id of the session.
    pub(super) session: String,
    /// The agent that wrote it.
    pub(super) agent: String,
    /// What the thread was run for.
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
    /// Counted requests.
    pub(super) requests: u64,
    /// Those of them that carried the thread's own context.
    #[serde(skip)]
    pub(super) contexts: u64,
    /// The context of the first of these.
    pub(super) first_input_tokens: u64,
    /// The largest context of one of them.
    pub(super) peak_input_tokens: u64,
    /// The context of the last.
    pub(super) last_input_tokens: u64,
    /// Input of all counted requests, cached included.
    pub(super) input_tokens: u64,
    /// Of it, read from the cache.
    pub(super) cache_read_tokens: u64,
    /// Output of all counted requests.
    pub(super) output_tokens: u64,
    /// What those of them cost that have a known price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cost_usd: Option<Usd>,
    /// The agent's id of the session that started this one, and the call that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call_id: Option<String>,
    /// Instant of the last counted request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<String>,
    /// Of the counted requests, those of reviews inside it, with what follows from them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reviews: Option<Part>,
}

/// What some requests of a thread add up to.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Part {
    pub(super) requests: u64,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cost_usd: Option<Usd>,
}

impl Part {
    fn add(&mut self, request: &Request, cost: Option<Usd>) {
        self.requests += 1;
        self.input_tokens = self
            .input_tokens
            .saturating_add(request.input_tokens.unwrap_or(0));
        self.output_tokens = self
            .output_tokens
            .saturating_add(request.output_tokens.unwrap_or(0));
        self.cost_usd = self.cost_usd.into_iter().chain(cost).reduce(Usd::plus);
    }
}

impl Growth {
    /// Takes what the session record says.
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

    /// Adds a request and what it cost, if it is counted.
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

    /// The model of most requests, and how many others there were.
    pub(super) fn model(&self) -> Option<(&str, usize)> {
        // Of equals the first by name: `max_by_key` would take the last.
        let (name, _) = self
            .models
            .iter()
            .rev()
            .max_by_key(|(_, requests)| **requests)?;
        Some((name, self.models.len() - 1))
    }

    /// What a thread is called that is not a person's session.
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
