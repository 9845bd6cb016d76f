//! Credit: each token is claimed by one finding only.
//!
//! Findings overlap: a large output may also be a copy, and ballast. Findings are gone through
//! from the largest waste down; each is credited, span by span, with what no finding before it
//! has claimed: net = Σ over its spans of max(0, waste - claimed). So the nets add up to the
//! union of all savings. Where a finding claims a thread as a whole (a review that found nothing),
//! what is claimed in that thread together is bounded by what the thread's requests reported.

use std::collections::{HashMap, HashSet};

use super::found::Claim;
use super::sum::{plus, share_usd};
use super::thread::Threads;
use crate::record::Usd;

/// What a finding is credited with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Net {
    pub(crate) tokens: u64,
    /// What they cost: of each claim, the share that was credited.
    pub(crate) usd: Usd,
}

/// Returns the net of each finding, given all claims of each, the largest waste first.
pub(crate) fn nets(findings: &[&[Claim]], threads: &Threads) -> Vec<Net> {
    let mut ledger = Ledger::new(findings, threads);
    let mut net = |claims: &&[Claim]| {
        claims.iter().fold(Net::default(), |net, claim| {
            let tokens = ledger.credit(claim);
            let usd = share_usd(claim.usd, tokens, claim.tokens);
            Net { tokens: plus(net.tokens, tokens), usd: net.usd.plus(usd) }
        })
    };
    findings.iter().map(&mut net).collect()
}

/// What is claimed already. Only looked up by key: no hash order reaches the output.
struct Ledger {
    /// By span; by thread for what is claimed as a whole.
    claimed: HashMap<Claimed, u64>,
    /// Threads that are claimed as a whole: what they reported, less all that is claimed there.
    left: HashMap<u32, u64>,
}

#[derive(PartialEq, Eq, Hash)]
enum Claimed {
    Span(super::found::SpanHash),
    Thread(u32),
}

impl Ledger {
    fn new(findings: &[&[Claim]], threads: &Threads) -> Ledger {
        let all = findings.iter().flat_map(|claims| claims.iter());
        let whole: HashSet<u32> = all.filter(|claim| claim.span.is_none()).map(|claim| claim.thread).collect();
        let left = threads.all().filter(|t| whole.contains(&t.index)).map(|t| (t.index, t.tokens())).collect();
        Ledger { claimed: HashMap::new(), left }
    }

    fn credit(&mut self, claim: &Claim) -> u64 {
        let key = claim.span.map_or(Claimed::Thread(claim.thread), Claimed::Span);
        let claimed = self.claimed.entry(key).or_default();
        let mut net = claim.tokens.saturating_sub(*claimed);
        if let Some(left) = self.left.get_mut(&claim.thread) {
            net = net.min(*left);
            *left -= net;
        }
        *claimed = plus(*claimed, net);
        net
    }
}

#[cfg(test)]
mod tests {
    use super::super::found::SpanHash;
    use super::*;
    use crate::record::Request;

    fn span(id: &str, tokens: u64) -> Claim {
        Claim { span: Some(SpanHash::of(id)), thread: 0, tokens, usd: Usd::from_pico(100) }
    }

    fn tokens(nets: Vec<Net>) -> Vec<u64> {
        nets.iter().map(|net| net.tokens).collect()
    }

    #[test]
    fn a_span_of_two_findings_is_credited_once() {
        let (large, small) = ([span("a", 10), span("b", 5)], [span("a", 12), span("c", 1)]);
        let nets = nets(&[&large, &small], &Threads::default());
        // The second claims 12 tokens of the first span, for 100, and is credited 2 of them.
        assert_eq!(nets.iter().map(|net| net.usd.pico()).collect::<Vec<_>>(), [200, 116]);
        assert_eq!(tokens(nets), [15, 3]);
    }

    #[test]
    fn a_thread_claimed_as_a_whole_holds_no_more_than_it_reported() {
        let mut threads = Threads::default();
        threads.count(&Request { thread: "t".into(), input_tokens: Some(100), ..Request::default() }, None);
        let whole = [Claim { span: None, thread: 0, tokens: 80, usd: Usd::ZERO }];
        assert_eq!(tokens(nets(&[&whole, &[span("a", 30)]], &threads)), [80, 20]);
    }
}
