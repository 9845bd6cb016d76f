//! Servers that sessions offer: what their tools cost to offer, and how large they are where no
//! file says it.
//!
//! What a file holds of a server (definitions, lists, instructions) has its size. What no file
//! holds stands in the head of the first request, together with all else that no file holds. Where
//! sessions of the same version and model offer the same servers but for one, the difference of
//! their mean heads is what that server adds. It is taken only where every head with the server is
//! larger than every head without it, by [`LEAST_TOKENS`] at least.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::rank::claim::Whose;
use crate::rank::found::{Evidence, Found};
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::SpanView;
use crate::record::count::{plus, times};

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
        let alike = self.alike(threads);
        for server in self.servers() {
            if is_called(&server) {
                continue;
            }
            if let Some(each) = self.measured(&server, &alike) {
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
    fn measured(&self, server: &str, alike: &BTreeMap<HeadKind, HeadSizes>) -> Option<u64> {
        let mut added: Option<u64> = None;
        for (kind, with) in alike {
            let mut other = kind.clone();
            if !other.servers.remove(server) {
                continue;
            }
            let Some(without) = alike.get(&other) else {
                continue;
            };
            if with.least < without.most.saturating_add(LEAST_TOKENS) {
                return None;
            }
            let difference = with.mean().saturating_sub(without.mean());
            added = Some(added.unwrap_or(difference).min(difference));
        }
        added
    }

    /// The sizes of the heads of each kind.
    fn alike(&self, threads: &Threads) -> BTreeMap<HeadKind, HeadSizes> {
        let mut alike: BTreeMap<HeadKind, HeadSizes> = BTreeMap::new();
        for head in &self.heads {
            let thread = threads.get(&head.thread);
            let Some(version) = thread.and_then(|thread| thread.version.clone()) else {
                continue;
            };
            let kind = HeadKind {
                version,
                model: head.model.clone(),
                servers: head.servers.clone(),
            };
            alike.entry(kind).or_default().add(head.tokens);
        }
        alike
    }
}

/// What heads have in common that are compared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct HeadKind {
    version: Rc<str>,
    model: Option<String>,
    servers: BTreeSet<String>,
}

/// The sizes of some heads.
#[derive(Default)]
struct HeadSizes {
    least: u64,
    most: u64,
    sum: u64,
    count: u64,
}

impl HeadSizes {
    fn add(&mut self, tokens: u64) {
        self.least = if self.count == 0 {
            tokens
        } else {
            self.least.min(tokens)
        };
        self.most = self.most.max(tokens);
        self.sum = plus(self.sum, tokens);
        self.count += 1;
    }

    fn mean(&self) -> u64 {
        self.sum / self.count.max(1)
    }
}

impl Head {
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
