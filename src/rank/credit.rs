//! Credit: each token is claimed by one finding only.
//!
//! Findings overlap: a large output may also be a copy, and ballast. Findings are credited in
//! order, the largest (or most expensive) waste first, span by span, with the tokens that no
//! earlier finding has claimed: net = Σ over its spans of max(0, waste - claimed). So the nets add
//! up to the union of all savings. Where a finding claims a thread as a whole (a review that found
//! nothing), what is claimed in that thread together is bounded by what the thread's requests
//! reported. Where it claims tokens that may be of any content (sent again for a broken cache), it
//! is credited with the share that nobody has claimed of what the thread reported. Where it claims
//! what a shorter context would have left out, it is credited with what goes beyond all that was
//! credited in that thread before. Where it claims whole requests (they only waited), it is
//! credited with what nobody claims of what they sent, and content that other requests carried too
//! is credited to others for these only.
//!
//! A remedy that takes content out of a context breaks the cache behind it, once for each request
//! before which content is taken out. That cost is deducted from what the remedy saves, but never
//! below zero: a remedy that costs more than it saves would not be applied.

use std::collections::{BTreeMap, HashMap};

use super::claim::{Claim, SpanHash, Whose};
use super::share::{share, share_usd};
use super::thread::{Thread, Threads};
use crate::record::Usd;
use crate::record::count::plus;

/// What a finding is credited with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Net {
    pub(crate) tokens: u64,
    /// What they cost (of each claim, the share that was credited), less `broken`.
    pub(crate) usd: Usd,
    /// What the remedy costs by the caches that it breaks.
    pub(crate) broken: Usd,
}

/// Returns the net of each finding, given all claims of each, the largest waste first.
pub(crate) fn nets(findings: &[&[Claim]], threads: &Threads) -> Vec<Net> {
    let mut ledger = ClaimedTokens::new(findings, threads);
    findings.iter().map(|claims| ledger.net(claims)).collect()
}

/// The tokens that are claimed. Only looked up by key: no hash order reaches the output.
struct ClaimedTokens<'t> {
    threads: Vec<&'t Thread>,
    /// By span; by thread for what is claimed as a whole.
    claimed: HashMap<Claimed, u64>,
    /// Threads that are claimed as a whole or in shares.
    whole: HashMap<u32, Whole>,
    /// Requests that are claimed as a whole, by thread and ordinal.
    requests: BTreeMap<(u32, u64), ClaimedRequest>,
}

/// What is claimed of a request.
#[derive(Default)]
struct ClaimedRequest {
    /// All that it sent and answered.
    all: u64,
    /// What is credited of it as a whole.
    whole: u64,
    /// What is credited of it, with the content that it carried.
    owned: u64,
}

/// What is claimed of a thread.
struct Whole {
    /// What it reported, less all that is claimed.
    left: u64,
    /// What is claimed of its content.
    owned: u64,
}

#[derive(PartialEq, Eq, Hash)]
enum Claimed {
    Span(SpanHash),
    Thread(u32),
}

impl<'t> ClaimedTokens<'t> {
    fn new(findings: &[&[Claim]], threads: &'t Threads) -> ClaimedTokens<'t> {
        let mut threads = Vec::from_iter(threads.all());
        threads.sort_by_key(|thread| thread.index);
        let mut whole = HashMap::new();
        let mut requests: BTreeMap<(u32, u64), ClaimedRequest> = BTreeMap::new();
        for claim in findings.iter().copied().flatten() {
            if let Whose::Request(n) = claim.whose {
                let request = requests.entry((claim.thread, n)).or_default();
                let sent = threads
                    .get(claim.thread as usize)
                    .map(|thread| thread.sent_at(n));
                request.all = request.all.max(claim.tokens).max(sent.unwrap_or(0));
            }
            if !matches!(claim.whose, Whose::Span(_))
                && let Some(thread) = threads.get(claim.thread as usize)
            {
                let left = thread.tokens();
                whole.insert(claim.thread, Whole { left, owned: 0 });
            }
        }
        ClaimedTokens {
            threads,
            claimed: HashMap::new(),
            whole,
            requests,
        }
    }

    fn net(&mut self, claims: &[Claim]) -> Net {
        let mut net = Net::default();
        // All content that is taken out before one request breaks one cache, at the first of it.
        let mut breaks: BTreeMap<(u32, u64), (Usd, Usd)> = BTreeMap::new();
        for claim in claims {
            let tokens = self.credit(claim);
            let usd = share_usd(claim.usd, tokens, claim.tokens);
            net.tokens = plus(net.tokens, tokens);
            net.usd = net.usd.plus(usd);
            if let (Some(removed), Some(thread)) =
                (&claim.removed, self.threads.get(claim.thread as usize))
            {
                let (saved, cost) = breaks.entry((claim.thread, removed.before)).or_default();
                (*saved, *cost) = (saved.plus(usd), thread.broken_usd(removed).max(*cost));
            }
        }
        net.broken = breaks
            .into_values()
            .map(|(saved, cost)| saved.min(cost))
            .sum();
        net.usd = net.usd.minus(net.broken);
        net
    }

    fn credit(&mut self, claim: &Claim) -> u64 {
        let key = match claim.whose {
            Whose::Span(span) => Claimed::Span(span),
            Whose::Thread => Claimed::Thread(claim.thread),
            Whose::Any => return self.credit_any(claim),
            Whose::Context => return self.credit_context(claim),
            Whose::Request(n) => return self.credit_request(claim, n),
        };
        let claimed = self.claimed.get(&key).copied().unwrap_or_default();
        let net = claim.tokens.saturating_sub(claimed);
        let net = self.beside_requests(claim, net);
        let net = self.within_thread(claim, net);
        self.claimed.insert(key, plus(claimed, net));
        net
    }

    /// What of `net` the thread as a whole still holds.
    fn within_thread(&mut self, claim: &Claim, net: u64) -> u64 {
        let Some(whole) = self.whole.get_mut(&claim.thread) else {
            return net;
        };
        let net = net.min(whole.left);
        whole.left -= net;
        whole.owned += net;
        net
    }

    /// What goes beyond all that was credited in the thread so far: a shorter context would have
    /// left out the same content, so that nothing is counted twice.
    fn credit_context(&mut self, claim: &Claim) -> u64 {
        let Some(thread) = self.threads.get(claim.thread as usize) else {
            return 0;
        };
        let Some(whole) = self.whole.get_mut(&claim.thread) else {
            return 0;
        };
        let credited = thread.tokens().saturating_sub(whole.left);
        let net = claim.tokens.saturating_sub(credited).min(whole.left);
        whole.left -= net;
        net
    }

    fn credit_request(&mut self, claim: &Claim, n: u64) -> u64 {
        let Some(request) = self.requests.get_mut(&(claim.thread, n)) else {
            return 0;
        };
        let free = request.all.saturating_sub(request.owned);
        let net = share(claim.tokens, free, request.all);
        request.whole = plus(request.whole, net);
        request.owned = plus(request.owned, net);
        self.within_thread(claim, net)
    }

    /// What of `net`, claimed of content, is not of requests that are claimed as a whole. Each
    /// request that carried the content has an equal part.
    fn beside_requests(&mut self, claim: &Claim, net: u64) -> u64 {
        let Some((from, to)) = claim.carried else {
            return net;
        };
        let (from, to) = (u64::from(from), u64::from(to.max(from)));
        let range = (claim.thread, from)..=(claim.thread, to);
        let mut left = net;
        let count = match self.threads.get(claim.thread as usize) {
            Some(thread) => thread.count_between(from, to).max(1),
            None => 1,
        };
        for request in self.requests.range_mut(range).map(|(_, request)| request) {
            let part = net / count;
            let taken = share(part, request.whole, request.all);
            request.owned = plus(request.owned, part - taken);
            left = left.saturating_sub(taken);
        }
        left
    }

    fn credit_any(&mut self, claim: &Claim) -> u64 {
        let Some(thread) = self.threads.get(claim.thread as usize) else {
            return 0;
        };
        let Some(whole) = self.whole.get_mut(&claim.thread) else {
            return 0;
        };
        let all = thread.tokens();
        let net = share(claim.tokens, all.saturating_sub(whole.owned), all).min(whole.left);
        whole.left -= net;
        net
    }
}

#[cfg(test)]
mod tests {
    use super::super::claim::Removed;
    use super::*;
    use crate::record::{Billed, Request};

    fn span(id: &str, tokens: u64) -> Claim {
        Claim {
            whose: Whose::Span(SpanHash::of(id)),
            thread: 0,
            tokens,
            usd: Usd::from_pico(100),
            carried: None,
            removed: None,
        }
    }

    fn tokens(nets: Vec<Net>) -> Vec<u64> {
        nets.iter().map(|net| net.tokens).collect()
    }

    #[test]
    fn a_span_of_two_findings_is_credited_once() {
        let (large, small) = ([span("a", 10), span("b", 5)], [span("a", 12), span("c", 1)]);
        let nets = nets(&[&large, &small], &Threads::default());
        // The second claims 12 tokens of the first span, for 100, and is credited 2 of them.
        assert_eq!(
            nets.iter().map(|net| net.usd.pico()).collect::<Vec<_>>(),
            [200, 116]
        );
        assert_eq!(tokens(nets), [15, 3]);
    }

    #[test]
    fn a_thread_claimed_as_a_whole_holds_no_more_than_it_reported() {
        let mut threads = Threads::default();
        threads.count(&request(1, 100, 0), &Billed::default());
        let whole = [Claim {
            whose: Whose::Thread,
            ..span("", 80)
        }];
        assert_eq!(
            tokens(nets(&[&whole, &[span("a", 30)]], &threads)),
            [80, 20]
        );
    }

    #[test]
    fn tokens_of_any_content_are_credited_as_far_as_nobody_claims_the_content() {
        let mut threads = Threads::default();
        threads.count(&request(1, 100, 0), &Billed::default());
        let any = [Claim {
            whose: Whose::Any,
            ..span("", 20)
        }];
        // A quarter of all that was sent is claimed: so is a quarter of these.
        assert_eq!(tokens(nets(&[&[span("a", 25)], &any], &threads)), [25, 15]);
        assert_eq!(tokens(nets(&[&any, &[span("a", 95)]], &threads)), [20, 80]);
        // They are other tokens than those of another break.
        assert_eq!(tokens(nets(&[&[any[0], any[0]]], &threads)), [40]);
    }

    /// Four requests of 100 tokens carry a span of 40. The second and the third only waited.
    #[test]
    fn what_whole_requests_carried_is_credited_once() {
        let mut threads = Threads::default();
        for n in 1..=4 {
            threads.count(&request(n, 100, 0), &Billed::default());
        }
        let waited = [2, 3].map(|n| Claim {
            whose: Whose::Request(n),
            ..span("", 100)
        });
        let carried = [Claim {
            carried: Some((1, 4)),
            ..span("a", 160)
        }];
        assert_eq!(tokens(nets(&[&waited, &carried], &threads)), [200, 80]);
        assert_eq!(tokens(nets(&[&carried, &waited], &threads)), [160, 120]);
        // Of a request that is claimed twice, the second has what the first left.
        assert_eq!(tokens(nets(&[&waited, &waited], &threads)), [200, 0]);
    }

    /// Three requests of 10, 100 and 200 tokens, all but the last 10 read from the cache, which
    /// saves 9 for each token. Content of 20 tokens enters with the second and leaves before the
    /// third: 30 tokens stand up to its end, and 160 that were read behind it.
    #[test]
    fn what_stands_behind_content_that_is_taken_out_is_sent_uncached_once() {
        let mut threads = Threads::default();
        for (n, input, read) in [(1, 10, 0), (2, 100, 0), (3, 200, 190)] {
            let saved = Billed {
                cache_saved_usd: Some(Usd::from_pico(9 * i128::from(read))),
                ..Billed::default()
            };
            threads.count(&request(n, input, read), &saved);
        }
        let removed = Some(Removed {
            from: 2,
            before: 3,
            tokens: 20,
        });
        let out = |id, usd| Claim {
            usd: Usd::from_pico(usd),
            removed,
            ..span(id, 20)
        };
        let worth = nets(&[&[out("a", 9_000)]], &threads);
        assert_eq!(worth[0].broken.pico(), 9 * 160);
        assert_eq!(worth[0].usd.pico(), 9_000 - 9 * 160);
        // Two that leave together break one cache; and nobody pays more than he saves.
        assert_eq!(
            nets(&[&[out("a", 9_000), out("b", 9_000)]], &threads)[0]
                .broken
                .pico(),
            9 * 160
        );
        assert_eq!(nets(&[&[out("a", 100)]], &threads)[0].usd, Usd::ZERO);
    }

    #[test]
    fn a_shorter_context_is_credited_with_what_goes_beyond_all_others() {
        let mut threads = Threads::default();
        threads.count(&request(1, 100, 0), &Billed::default());
        let context = |tokens| Claim {
            whose: Whose::Context,
            tokens,
            ..span("", 0)
        };
        let all: [&[Claim]; 4] = [
            &[span("a", 25)],
            &[context(60)],
            &[context(40)],
            &[context(70)],
        ];
        assert_eq!(tokens(nets(&all, &threads)), [25, 35, 0, 10]);
    }

    fn request(n: u64, input: u64, read: u64) -> Request {
        let thread = "t".into();
        Request {
            thread,
            n,
            input_tokens: Some(input),
            cache_read_tokens: Some(read),
            ..Request::default()
        }
    }
}
