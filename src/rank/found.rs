//! What a rule has found: sums over everything, the most costly places, and every claim.
//!
//! The record of a finding names at most 50 spans, but its sums and its net rest on all of them. So
//! a claim is kept for each span (96 bytes), and a place only for the 50 most costly.

use std::rc::Rc;

use super::claim::{Claim, Removed, SpanHash, Whose};
use super::share::share_usd;
use super::thread::Thread;
use super::view::SpanView;
use crate::record::Usd;
use crate::record::count::plus;

/// Spans and places that a finding names.
const NAMED: usize = 50;

/// One thing that a rule found: what it is, where it is, and what it cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence<'a> {
    /// Id of the span; empty where it is no span.
    pub(crate) id: &'a str,
    /// File of the place.
    pub(crate) file: &'a str,
    /// Line of the place.
    pub(crate) line: Option<u64>,
    /// Bytes of the content.
    pub(crate) bytes: u64,
    /// Its tokens, once.
    pub(crate) tokens: u64,
    /// Requests that carried it.
    pub(crate) requests: u64,
    /// Its tokens, times the requests that carried it.
    pub(crate) carried_tokens: u64,
    /// How many of the carried tokens could be saved.
    pub(crate) waste_tokens: u64,
    /// A cost that the waste is a part of, and the tokens that were paid for with it.
    pub(crate) cost: Option<(Usd, u64)>,
    /// Set where the waste is saved by taking the content out of the context after it was sent.
    pub(crate) removed: Option<Removed>,
    /// Whose the waste is, where it is not the span's, or, without a span, the thread's.
    pub(crate) whose: Option<Whose>,
    /// Of a span: ordinals of the first and the last request that carried it.
    pub(crate) carried: Option<(u32, u32)>,
}

impl<'a> Evidence<'a> {
    /// A span. `waste_tokens`: how many of its carried tokens could be saved.
    pub(crate) fn of(
        span: &'a SpanView<'a>,
        thread: &'a Thread,
        waste_tokens: u64,
    ) -> Evidence<'a> {
        Evidence {
            id: &span.id,
            file: span.file.as_deref().unwrap_or(&thread.file),
            line: span.line,
            bytes: span.bytes,
            tokens: span.size_tokens(),
            requests: span.requests(),
            carried_tokens: span.carried(),
            waste_tokens,
            cost: span.input_cost_usd.map(|cost| (cost, span.carried())),
            carried: carried(span.carried_from, span.carried_to),
            ..Evidence::default()
        }
    }

    /// A span that should have left the context after `requests` requests, of which `waste_tokens`
    /// were carried in vain. They were sent again, and have their share of what that cost.
    pub(crate) fn late(
        span: &'a SpanView<'a>,
        thread: &'a Thread,
        waste_tokens: u64,
        requests: u64,
    ) -> Evidence<'a> {
        let (first, again) = match span.first_cost_usd {
            Some(first) => (first, span.carried().saturating_sub(span.size_tokens())),
            None => (Usd::ZERO, span.carried()),
        };
        let cost = span.input_cost_usd.map(|cost| (cost.minus(first), again));
        let removed = span.carried_from.map(|from| Removed {
            from,
            before: from.saturating_add(requests),
            tokens: span.size_tokens(),
        });
        let from = span.carried_from.map(|from| from.saturating_add(requests));
        Evidence {
            cost,
            removed,
            carried: carried(from, span.carried_to),
            ..Evidence::of(span, thread, waste_tokens)
        }
    }

    /// A line of the thread that is no span; its waste is a share of the whole thread.
    pub(crate) fn at(thread: &'a Thread, line: Option<u64>) -> Evidence<'a> {
        let (file, cost) = (
            &thread.file,
            thread.cost_usd.map(|cost| (cost, thread.tokens())),
        );
        Evidence {
            file,
            line,
            cost,
            ..Evidence::default()
        }
    }

    /// Cost of the waste: its share of the whole cost.
    fn waste_usd(&self) -> Option<Usd> {
        if self.waste_tokens == 0 {
            return None;
        }
        let (cost, tokens) = self.cost?;
        Some(share_usd(cost, self.waste_tokens, tokens))
    }

    /// The claim of its waste.
    pub(crate) fn claim(&self, thread: &Thread) -> Claim {
        let whose = match (self.whose, self.id) {
            (Some(whose), _) => whose,
            (None, "") => Whose::Thread,
            (None, id) => Whose::Span(SpanHash::of(id)),
        };
        Claim {
            whose,
            thread: thread.index,
            tokens: self.waste_tokens,
            usd: self.waste_usd().unwrap_or_default(),
            carried: self.carried,
            removed: self.removed,
        }
    }
}

/// The ordinals, as claims keep them.
fn carried(from: Option<u64>, to: Option<u64>) -> Option<(u32, u32)> {
    Some((u32::try_from(from?).ok()?, u32::try_from(to?).ok()?))
}

/// Everything of one kind that was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// How many.
    pub(crate) items: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// Their tokens, each once.
    pub(crate) tokens: u64,
    /// Requests that carried them, added up.
    pub(crate) requests: u64,
    /// Their tokens, times the requests that carried them.
    pub(crate) carried_tokens: u64,
    /// Of the carried tokens, those that could be saved.
    pub(crate) waste_tokens: u64,
    /// Cost of the tokens that could be saved; `None` where no price is known.
    pub(crate) waste_usd: Option<Usd>,
    /// Every claim.
    pub(crate) claims: Vec<Claim>,
    best: Vec<Named>,
}

/// One of the named places.
#[derive(Debug)]
struct Named {
    /// Waste, carried tokens, bytes: the most costly come first.
    cost: [u64; 3],
    id: Box<str>,
    file: Rc<str>,
    line: Option<u64>,
}

impl Found {
    /// Adds a span and claims its waste.
    pub(crate) fn add(&mut self, span: &SpanView, thread: &Thread, waste_tokens: u64) {
        self.add_evidence(Evidence::of(span, thread, waste_tokens), thread);
    }

    /// Adds anything, and claims its waste: of the span where the evidence has an id, of the
    /// request where it has an ordinal, else of the thread as a whole.
    pub(crate) fn add_evidence(&mut self, evidence: Evidence, thread: &Thread) {
        if evidence.waste_tokens > 0 {
            self.claims.push(evidence.claim(thread));
        }
        self.add_unclaimed(evidence, thread);
    }

    /// Adds something whose waste is that of many spans: `claims` are theirs.
    pub(crate) fn add_claims(
        &mut self,
        evidence: Evidence,
        thread: &Thread,
        claims: impl Iterator<Item = Claim>,
    ) {
        self.claims.extend(claims);
        self.add_unclaimed(evidence, thread);
    }

    fn add_unclaimed(&mut self, evidence: Evidence, thread: &Thread) {
        self.items += 1;
        self.bytes = plus(self.bytes, evidence.bytes);
        self.tokens = plus(self.tokens, evidence.tokens);
        self.requests = plus(self.requests, evidence.requests);
        self.carried_tokens = plus(self.carried_tokens, evidence.carried_tokens);
        self.waste_tokens = plus(self.waste_tokens, evidence.waste_tokens);
        self.pay(evidence.waste_usd());
        self.name(&evidence, thread);
    }

    fn pay(&mut self, waste: Option<Usd>) {
        if let Some(waste) = waste {
            self.waste_usd = Some(self.waste_usd.unwrap_or_default().plus(waste));
        }
    }

    /// Keeps the place if it is one of the most costly; among equals the first seen stays first.
    fn name(&mut self, evidence: &Evidence, thread: &Thread) {
        let cost = [
            evidence.waste_tokens,
            evidence.carried_tokens,
            evidence.bytes,
        ];
        let at = self.best.partition_point(|named| named.cost >= cost);
        if at >= NAMED {
            return;
        }
        let file = if *evidence.file == *thread.file {
            Rc::clone(&thread.file)
        } else {
            Rc::from(evidence.file)
        };
        self.best.insert(
            at,
            Named {
                cost,
                id: evidence.id.into(),
                file,
                line: evidence.line,
            },
        );
        self.best.truncate(NAMED);
    }

    /// The same at `part` of `of` of what its waste costs: a remedy has a cost of its own.
    pub(crate) fn costing(self, part: u64, of: u64) -> Found {
        let mut claims = self.claims;
        for claim in &mut claims {
            claim.usd = share_usd(claim.usd, part, of);
        }
        Found {
            waste_usd: self.waste_usd.map(|usd| share_usd(usd, part, of)),
            claims,
            ..self
        }
    }

    /// The same, with nothing of it claimed.
    pub(crate) fn unclaimed(self) -> Found {
        Found {
            waste_tokens: 0,
            waste_usd: None,
            claims: Vec::new(),
            ..self
        }
    }

    /// Adds everything from another finding.
    pub(crate) fn absorb(&mut self, other: Found) {
        self.items += other.items;
        self.bytes = plus(self.bytes, other.bytes);
        self.tokens = plus(self.tokens, other.tokens);
        self.requests = plus(self.requests, other.requests);
        self.carried_tokens = plus(self.carried_tokens, other.carried_tokens);
        self.waste_tokens = plus(self.waste_tokens, other.waste_tokens);
        self.pay(other.waste_usd);
        self.claims.extend(other.claims);
        self.best.extend(other.best);
        self.best.sort_by_key(|named| std::cmp::Reverse(named.cost));
        self.best.truncate(NAMED);
    }

    /// Ids of the most costly spans.
    pub(crate) fn spans(&self) -> Vec<String> {
        let mut spans = Vec::new();
        for named in &self.best {
            if !named.id.is_empty() {
                spans.push(named.id.to_string());
            }
        }
        spans
    }

    /// Their places, `FILE:LINE`, in the same order. A place that is no span's is named once.
    pub(crate) fn places(&self) -> Vec<String> {
        let mut places: Vec<String> = Vec::with_capacity(self.best.len());
        for named in &self.best {
            if named.file.is_empty() {
                continue;
            }
            let place = match named.line {
                Some(line) => format!("{}:{line}", named.file),
                None => named.file.to_string(),
            };
            if !named.id.is_empty() || !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_places_are_named_and_every_claim_is_kept() {
        let thread = Thread {
            file: "f".into(),
            ..Thread::default()
        };
        let mut found = Found::default();
        for i in 0..60_u64 {
            let id = format!("a.{i}");
            found.add_evidence(
                Evidence {
                    id: &id,
                    waste_tokens: i,
                    ..Evidence::at(&thread, Some(i))
                },
                &thread,
            );
        }
        assert_eq!(
            (found.items, found.claims.len(), found.waste_tokens),
            (60, 59, 1770)
        );
        assert_eq!(found.spans().len(), 50);
        assert_eq!(found.places().first().map(String::as_str), Some("f:59"));
    }
}
