//! What a shorter context would have cost: a session as its requests report it, compacted or begun
//! anew whenever its context would have passed a number of tokens.
//!
//! The growth from each request to the next is that of the session. Before a request that would
//! pass the limit, the context is cut to what is kept; where the session itself got shorter, the
//! other follows. What a request carried beyond the shorter context is saved: of its tokens those
//! that were read from the cache at the price of reading, the others at that of uncached input.
//! Each cut costs a request over the context before it, read from the cache, a summary, and what is
//! kept, sent uncached. TokenRates are those of the session's own requests.
//!
//! So it is arithmetic on sizes: what a person or an agent would have done with a shorter context
//! is not known, and the saving is an upper bound.

use super::thread::{Sent, Thread};
use crate::record::Usd;
use crate::record::count::plus;

/// A context that is worth a cut, and what a summary and the instructions leave of it.
pub(super) const LONG_TOKENS: u64 = 120_000;
pub(super) const KEPT_TOKENS: u64 = 30_000;

/// Tokens of a summary, and how many tokens of uncached input one of them costs.
const SUMMARY_TOKENS: u64 = 2_000;
const SUMMARY_RATE: i128 = 8;

/// Where a context is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContextCut {
    /// The most tokens of a context.
    pub(super) above: u64,
    /// Tokens that are kept.
    pub(super) keep: u64,
}

/// What it would have saved.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Saving {
    /// Tokens that would not have been sent, less those that the cuts would have sent.
    pub(super) tokens: u64,
    /// What they cost, less the cost of the cuts; `None` where no price is known.
    pub(super) usd: Option<Usd>,
    /// How often the context would have been cut.
    pub(super) cuts: u64,
    /// Requests that carried more than the limit, and their tokens.
    pub(super) requests: u64,
    pub(super) carried_tokens: u64,
    /// The line of the first of them.
    pub(super) line: Option<u64>,
}

/// Prices of a token.
#[derive(Clone, Copy)]
struct TokenRates {
    read: i128,
    uncached: i128,
}

/// Computes what cutting the contexts of a thread would have saved.
pub(super) fn saving(thread: &Thread, cut: ContextCut) -> Saving {
    let mut saving = Saving::default();
    let (mut saved_tokens, mut spent_tokens) = (0, 0);
    let mut usd: Option<i128> = None;
    let (mut before, mut shorter) = (0_u64, 0_u64);
    for sent in &thread.sent {
        let context = sent.input_tokens;
        let grown = context.saturating_sub(before);
        let so_far = shorter.min(before).min(context);
        shorter = so_far.saturating_add(grown).min(context);
        let rates = rates(thread, sent);
        if shorter > cut.above && so_far > cut.keep {
            let kept = cut.keep.min(so_far);
            saving.cuts += 1;
            spent_tokens = plus(spent_tokens, plus(so_far, kept));
            let output = i128::from(SUMMARY_TOKENS) * SUMMARY_RATE;
            usd = with(usd, rates, |rates| {
                -(i128::from(so_far) * rates.read + (i128::from(kept) + output) * rates.uncached)
            });
            shorter = kept.saturating_add(grown).min(context);
        }
        if context > cut.above {
            saving.requests += 1;
            saving.carried_tokens = plus(saving.carried_tokens, context);
            saving.line = saving.line.or(sent.line);
        }
        let excess = context - shorter;
        let read = excess.min(sent.cache_read_tokens);
        saved_tokens = plus(saved_tokens, excess);
        usd = with(usd, rates, |rates| {
            i128::from(read) * rates.read + i128::from(excess - read) * rates.uncached
        });
        before = context;
    }
    saving.tokens = saved_tokens.saturating_sub(spent_tokens);
    saving.usd = usd.map(|pico| Usd::from_pico(pico.max(0)));
    if saving.usd == Some(Usd::ZERO) {
        // The cuts would have cost more than they save: nobody would make them.
        saving.tokens = 0;
    }
    saving
}

/// Adds an amount where a price is known.
fn with(
    sum: Option<i128>,
    rates: Option<TokenRates>,
    amount: impl Fn(TokenRates) -> i128,
) -> Option<i128> {
    match rates {
        Some(rates) => Some(sum.unwrap_or(0).saturating_add(amount(rates))),
        None => sum,
    }
}

/// The rates of a request: its own, or those of a request of the thread that read from the cache.
fn rates(thread: &Thread, sent: &Sent) -> Option<TokenRates> {
    let of = |sent: &Sent| {
        let tokens = i128::from(sent.cache_read_tokens);
        if tokens == 0 || sent.read_usd == Usd::ZERO {
            return None;
        }
        Some(TokenRates {
            read: sent.read_usd.pico() / tokens,
            uncached: sent.read_usd.plus(sent.saved).pico() / tokens,
        })
    };
    of(sent).or_else(|| thread.rated.as_ref().and_then(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request of a context, all but `fresh` tokens of it read at 1 a token instead of 10.
    fn sent(n: u64, context: u64, fresh: u64) -> Sent {
        let read = context - fresh;
        Sent {
            n,
            line: Some(n * 100),
            input_tokens: context,
            cache_read_tokens: read,
            read_usd: Usd::from_pico(i128::from(read)),
            saved: Usd::from_pico(i128::from(read) * 9),
        }
    }

    fn thread(sent: Vec<Sent>) -> Thread {
        Thread {
            rated: sent.iter().find(|sent| sent.cache_read_tokens > 0).copied(),
            sent,
            ..Thread::default()
        }
    }

    #[test]
    fn what_was_carried_beyond_the_cut_is_saved_and_the_cut_is_paid_for() {
        // 100, 110 and 20 times 120 thousand tokens; at most 115, of which 30 are kept.
        let mut all = vec![sent(1, 100_000, 10_000), sent(2, 110_000, 10_000)];
        all.extend((3..23).map(|n| sent(n, 120_000, 0)));
        let cut = ContextCut {
            above: 115_000,
            keep: 30_000,
        };
        let saving = saving(&thread(all), cut);
        assert_eq!(
            (saving.cuts, saving.requests, saving.line),
            (1, 20, Some(300))
        );
        // All but the first two would have had 40: each 80 less. The cut reads 110 and sends 30.
        let kept = 20 * 80_000 - 110_000 - 30_000;
        assert_eq!(saving.tokens, kept);
        let cut = 110_000 + (30_000 + 2_000 * 8) * 10;
        assert_eq!(saving.usd.map(Usd::pico), Some(20 * 80_000 - cut));
    }

    #[test]
    fn a_context_that_the_session_itself_cut_is_followed() {
        let all = vec![sent(1, 200_000, 0), sent(2, 20_000, 0), sent(3, 30_000, 0)];
        let saving = saving(
            &thread(all),
            ContextCut {
                above: 100_000,
                keep: 30_000,
            },
        );
        // Nothing stood before the first request that could have been cut.
        assert_eq!((saving.cuts, saving.tokens), (0, 0));
    }

    #[test]
    fn without_a_price_there_is_no_money() {
        let mut one = sent(1, 100_000, 0);
        let mut two = sent(2, 200_000, 0);
        (one.read_usd, two.read_usd) = (Usd::ZERO, Usd::ZERO);
        let saving = saving(
            &thread(vec![one, two]),
            ContextCut {
                above: 150_000,
                keep: 30_000,
            },
        );
        assert_eq!((saving.cuts, saving.usd), (1, None));
    }
}
