//! Definitions of tools that are in a file: how many, how large, and what carrying them cost, by
//! server.

use std::collections::BTreeMap;

use crate::number::usd;
use crate::rank::view::SpanView;
use crate::rank::words::{counted, name, tokens};
use crate::record::Usd;
use crate::record::count::plus;

/// Servers that a message names.
const SERVERS: usize = 5;

/// Definitions of tools on disk, by server; those of the agent itself have none.
pub(super) type Defined = BTreeMap<Option<String>, Tools>;

/// Definitions of one server's tools.
#[derive(Default)]
pub(super) struct Tools {
    /// How many, and their tokens together.
    tools: u64,
    tokens: u64,
    /// Counted requests that carried them, and what that cost.
    requests: u64,
    cost: Option<Usd>,
}

impl Tools {
    pub(super) fn add(&mut self, span: &SpanView) {
        self.tools += 1;
        self.tokens = plus(self.tokens, span.size_tokens());
        self.requests = self.requests.max(span.requests());
        self.pay(span.input_cost_usd);
    }

    fn pay(&mut self, cost: Option<Usd>) {
        if let Some(cost) = cost {
            self.cost = Some(self.cost.unwrap_or_default().plus(cost));
        }
    }

    /// Those of another thread.
    pub(super) fn join(&mut self, other: Tools) {
        self.tools = self.tools.max(other.tools);
        self.tokens = self.tokens.max(other.tokens);
        self.requests = plus(self.requests, other.requests);
        self.pay(other.cost);
    }

    /// `notes: 3 tools, 612 tokens in each of 5 requests, $0.01`.
    fn sentence(&self, server: Option<&str>) -> String {
        let cost = match self.cost {
            Some(cost) => format!(", {}", usd(cost)),
            None => String::new(),
        };
        let (tools, requests) = (
            counted(self.tools, "tool"),
            counted(self.requests, "request"),
        );
        let whose = match server {
            Some(server) => name(server),
            None => "the agent's own".to_owned(),
        };
        format!(
            "{whose}: {tools}, {} tokens in each of {requests}{cost}",
            tokens(self.tokens)
        )
    }
}

/// The servers whose tools are defined, the most expensive first.
pub(super) fn words(defined: &Defined) -> Option<String> {
    if defined.is_empty() {
        return None;
    }
    let mut servers = Vec::from_iter(defined);
    servers.sort_by_key(|(_, tools)| {
        std::cmp::Reverse((tools.cost, tools.tokens.saturating_mul(tools.requests)))
    });
    let mut named = Vec::new();
    for (server, tools) in servers.iter().take(SERVERS) {
        named.push(tools.sentence(server.as_deref()));
    }
    let more = servers.len().saturating_sub(SERVERS);
    if more > 0 {
        named.push(counted(more as u64, "more server"));
    }
    Some(named.join("; "))
}
