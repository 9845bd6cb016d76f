//! What a shorter context would have cost: a session as its requests report it, compacted whenever
//! its context would have passed a number of tokens.
//!
//! The session is run again by the replay under the policy `compact`, as tok-whatif does it, with
//! the sizes of its contexts alone: what each request has more than the one before, and what it
//! read from the cache. A cut leaves what the first request had, and a summary; it costs a request
//! over the context before it. Prices are those of the session's own requests, by token read from
//! the cache and by any other. tok-whatif, which knows the spans and the prices, is exact.
//!
//! What a person or an agent would have done with a shorter context is not known, so the saving is
//! an upper bound.

use std::rc::Rc;

use super::thread::{Sent, Thread};
use crate::policy::{self, ThreadFacts};
use crate::record::Usd;
use crate::record::count::{plus, signed};
use crate::replay::{ContextTape, RerunSent, RunKind};

/// A context that is worth a cut, and what a summary and the instructions leave of it.
pub(super) const LONG_TOKENS: u64 = 120_000;
pub(super) const KEPT_TOKENS: u64 = 30_000;

/// The least tokens of a summary, and how many tokens of uncached input one that is written costs.
const SUMMARY_TOKENS: u64 = 2_000;
const OUTPUT_RATE: i128 = 8;

/// Where a context is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContextCut {
    /// The most tokens of a context.
    pub(super) above: u64,
    /// Tokens that are kept; more, where the first request had more.
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
    for sent in &thread.sent {
        if sent.input_tokens > cut.above {
            saving.requests += 1;
            saving.carried_tokens = plus(saving.carried_tokens, sent.input_tokens);
            saving.line = saving.line.or(sent.line);
        }
    }
    if saving.requests == 0 {
        return saving;
    }
    let (mut tokens, mut usd) = (0, None);
    for run in rerun(thread, cut) {
        let Some(sent) = thread.sent.get(run.request) else {
            continue;
        };
        let rates = rates(thread, sent);
        let mut read = -signed(run.cache_read);
        let mut other = -signed(run.input - run.cache_read);
        if let RunKind::Extra(output) = run.kind {
            saving.cuts += 1;
            usd = with(usd, rates, |rates| {
                -i128::from(output) * OUTPUT_RATE * rates.uncached
            });
        } else {
            read += signed(sent.cache_read_tokens);
            other += signed(sent.input_tokens) - signed(sent.cache_read_tokens);
        }
        tokens += read + other;
        usd = with(usd, rates, |rates| {
            i128::from(read) * rates.read + i128::from(other) * rates.uncached
        });
    }
    saving.tokens = u64::try_from(tokens).unwrap_or(0);
    saving.usd = usd.map(|pico| Usd::from_pico(pico.max(0)));
    if saving.usd == Some(Usd::ZERO) {
        // The cuts would have cost more than they save: nobody would make them.
        saving.tokens = 0;
    }
    saving
}

/// What the requests of a thread are sent where its context is cut.
fn rerun(thread: &Thread, cut: ContextCut) -> Vec<RerunSent> {
    let contexts = thread
        .sent
        .iter()
        .map(|sent| (sent.input_tokens, sent.cache_read_tokens));
    let tape = ContextTape::of_contexts(contexts);
    let first = thread.sent.first().map_or(0, |sent| sent.input_tokens);
    let facts = ThreadFacts {
        summary_tokens: Some(cut.keep.saturating_sub(first).max(SUMMARY_TOKENS)),
        ..ThreadFacts::default()
    };
    let mut plans = [policy::compact(cut.above, &Rc::new(facts))];
    tape.rerun(&mut plans).sent
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
        // 20, 110 and 20 times 120 thousand tokens; at most 115, of which 30 are kept.
        let mut all = vec![sent(1, 20_000, 20_000), sent(2, 110_000, 90_000)];
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
        // The first 20 stay, with a summary of 10: each of the 20 has 90 less. The cut sends the
        // 120 that the third request would have sent.
        assert_eq!(saving.tokens, 20 * 90_000 - 120_000);
        // The third request reads the first 20 alone. The cut reads the 110 that were sent before
        // it, and writes 2 thousand tokens.
        let cut = 110_000 + 10_000 * 10 + 2_000 * 8 * 10;
        let third = 20_000 + 10_000 * 10;
        let others = 19 * 30_000;
        let paid = 20 * 120_000;
        let saved = paid - third - others - cut;
        assert_eq!(saving.usd.map(Usd::pico), Some(saved));
    }

    #[test]
    fn a_context_that_the_session_itself_cut_is_followed() {
        let all = vec![sent(1, 90_000, 0), sent(2, 20_000, 0), sent(3, 130_000, 0)];
        let saving = saving(
            &thread(all),
            ContextCut {
                above: 100_000,
                keep: 30_000,
            },
        );
        // The session's own cut left 20: what came then is all that is cut.
        assert_eq!((saving.cuts, saving.requests), (1, 1));
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
