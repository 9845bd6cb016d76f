//! Servers that sessions offer: what their tools cost to offer, and how large they are where no
//! file says it.
//!
//! What a file holds of a server (definitions, lists, instructions) has its size. What no file
//! holds stands in the head of the first request, together with all else that no file holds. Where
//! two sessions of the same version and model offer the same servers but for one, the difference of
//! their heads is what that server adds. It is taken only where every head with the server is
//! larger than every head without it, by [`LEAST_TOKENS`] at least.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::rank::claim::Whose;
use crate::rank::found::{Evidence, Found};
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::SpanView;
use crate::record::count::times;

/// Smaller differences of heads are other things: a date, a path.
const LEAST_TOKENS: u64 = 500;

/// What the sessions of a project offer.
#[derive(Default)]
pub(super) struct Offered {
    /// What files hold of each server, all of it claimed.
    on_disk: BTreeMap<String, Found>,
    heads: Vec<Head>,
}

/// What stands in front of a session's requests and is in no file.
pub(super) struct Head {
    pub(super) thread: Rc<str>,
    pub(super) model: Option<String>,
    /// Servers that the session names.
    pub(super) servers: BTreeSet<String>,
    pub(super) tokens: u64,
    /// Counted requests that carried it.
    pub(super) requests: u64,
    pub(super) line: Option<u64>,
}

impl Offered {
    /// Takes a span with definitions, a list or instructions of a server's tools.
    pub(super) fn span(&mut self, server: &str, span: &SpanView, thread: &Thread) {
        let found = self.on_disk.entry(server.to_owned()).or_default();
        found.add(span, thread, span.carried());
    }

    /// Takes the head of a session, if it has one.
    pub(super) fn extend(&mut self, head: Option<Head>) {
        self.heads.extend(head);
    }

    /// The servers that nobody called, each with what it cost. What is on disk of the others goes
    /// into `found` without a claim.
    pub(super) fn uncalled(
        self,
        is_called: impl Fn(&str) -> bool,
        threads: &Threads,
        found: &mut Found,
    ) -> BTreeMap<String, Found> {
        let mut unused: BTreeMap<String, Found> = BTreeMap::new();
        for server in self.servers() {
            if is_called(&server) {
                continue;
            }
            if let Some(each) = self.measured(&server, threads) {
                let sum = unused.entry(server.clone()).or_default();
                for head in self.with(&server) {
                    head.add(each, threads, sum);
                }
            }
        }
        for (server, on_disk) in self.on_disk {
            if is_called(&server) {
                found.absorb(on_disk.unclaimed());
            } else {
                unused.entry(server).or_default().absorb(on_disk);
            }
        }
        unused
    }

    fn servers(&self) -> BTreeSet<String> {
        let of_heads = self.heads.iter().flat_map(|head| &head.servers);
        of_heads.cloned().collect()
    }

    fn with(&self, server: &str) -> impl Iterator<Item = &Head> {
        self.heads
            .iter()
            .filter(move |head| head.servers.contains(server))
    }

    /// What a server adds to the head, where sessions with and without it show it.
    fn measured(&self, server: &str, threads: &Threads) -> Option<u64> {
        let mut differences = Vec::new();
        for with in self.with(server) {
            for without in &self.heads {
                if with.differs_by(server, without, threads) {
                    differences.push(with.tokens.checked_sub(without.tokens)?);
                }
            }
        }
        differences.sort_unstable();
        let least = *differences.first()?;
        let median = differences.get((differences.len() - 1) / 2).copied()?;
        (least >= LEAST_TOKENS).then_some(median)
    }
}

impl Head {
    /// Whether the other session is of the same version and model, and offers the same servers but
    /// for this one.
    fn differs_by(&self, server: &str, other: &Head, threads: &Threads) -> bool {
        let version = |head: &Head| threads.get(&head.thread)?.version.clone();
        let mut without = self.servers.clone();
        without.remove(server);
        without == other.servers
            && self.model == other.model
            && version(self) == version(other)
            && version(self).is_some()
    }

    /// Adds what a server of `each` tokens cost in this session.
    fn add(&self, each: u64, threads: &Threads, sum: &mut Found) {
        let Some(thread) = threads.get(&self.thread) else {
            return;
        };
        let waste_tokens = times(each, self.requests);
        let evidence = Evidence {
            tokens: each,
            requests: self.requests,
            carried_tokens: waste_tokens,
            waste_tokens,
            whose: Some(Whose::Any),
            ..Evidence::at(thread, self.line)
        };
        sum.add_evidence(evidence, thread);
    }
}
