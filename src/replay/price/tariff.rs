//! A tariff: what the tokens of one request cost, by their position in its context.
//!
//! It is linear in tokens, so the costs of the parts of a context add up exactly to the cost of the
//! request. Fees, which do not depend on tokens, are kept separately. This file knows no models and
//! no price tables.

use super::rates::Rates;
use crate::record::count::signed;
use crate::record::{Request, Usd};

/// What the tokens of one request cost, by their position in its context.
///
/// A context has four parts, in this order: tokens read from the cache, tokens written to it for an
/// hour, tokens written to it for five minutes (Anthropic: longer-lived entries come before
/// shorter-lived ones), and uncached tokens.
#[derive(Clone, Copy, Debug)]
pub(in crate::replay) struct Tariff {
    /// The positions at which the first three parts end.
    to: [u64; 3],
    /// Pico-dollars for a token of each of the first three parts.
    rates: [u64; 3],
    uncached: u64,
    /// Pico-dollars for a token read from the cache, whether any was or not.
    read: Option<u64>,
    output: u64,
    /// Fees of the request.
    fee: Usd,
}

/// The cost of a part of a context.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::replay) struct SentCost {
    /// Of the tokens that were read from the cache.
    pub(in crate::replay) read: Usd,
    /// Of all other tokens.
    pub(in crate::replay) rest: Usd,
}

impl SentCost {
    pub(in crate::replay) fn all(self) -> Usd {
        self.read.plus(self.rest)
    }
}

/// The cost of one kind of content, in the parts of a [`crate::record::Total`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::replay) struct Paid {
    pub(in crate::replay) first: Usd,
    pub(in crate::replay) resent_cached: Usd,
    pub(in crate::replay) resent_uncached: Usd,
    pub(in crate::replay) output: Usd,
    pub(in crate::replay) fee: Usd,
}

impl Paid {
    /// The cost of content that was sent again.
    pub(in crate::replay) fn sent(sent: SentCost) -> Paid {
        Paid {
            resent_cached: sent.read,
            resent_uncached: sent.rest,
            ..Paid::default()
        }
    }

    /// Moves a cost from content that was sent again to content that was sent for the first time.
    pub(in crate::replay) fn first(sent: SentCost) -> Paid {
        Paid {
            first: sent.all(),
            resent_cached: Usd::ZERO.minus(sent.read),
            resent_uncached: Usd::ZERO.minus(sent.rest),
            ..Paid::default()
        }
    }

    /// The cost of content that was produced.
    pub(in crate::replay) fn produced(output: Usd) -> Paid {
        Paid {
            output,
            ..Paid::default()
        }
    }

    /// The fees of a request.
    pub(in crate::replay) fn fee(fee: Usd) -> Paid {
        Paid {
            fee,
            ..Paid::default()
        }
    }

    pub(in crate::replay) fn plus(self, other: Paid) -> Paid {
        Paid {
            first: self.first.plus(other.first),
            resent_cached: self.resent_cached.plus(other.resent_cached),
            resent_uncached: self.resent_uncached.plus(other.resent_uncached),
            output: self.output.plus(other.output),
            fee: self.fee.plus(other.fee),
        }
    }

    pub(in crate::replay) fn all(self) -> Usd {
        [
            self.first,
            self.resent_cached,
            self.resent_uncached,
            self.output,
            self.fee,
        ]
        .into_iter()
        .sum()
    }
}

impl Tariff {
    /// Returns the tariff of a request with that input at these rates; `None` where the rate of a
    /// kind of token that it used is not known.
    pub(super) fn new(request: &Request, input: u64, rates: &Rates, fee: Usd) -> Option<Tariff> {
        let read = request.cache_read_tokens.unwrap_or(0).min(input);
        let written = request.cache_write_tokens.unwrap_or(0).min(input - read);
        let hour = request.cache_write_1h_tokens.unwrap_or(0).min(written);
        let known = |tokens: u64, rate: Option<u64>| if tokens == 0 { Some(0) } else { rate };
        Some(Tariff {
            to: [read, read + hour, read + written],
            rates: [
                known(read, rates.read)?,
                known(hour, rates.write_1h)?,
                known(written - hour, rates.write)?,
            ],
            uncached: rates.input,
            read: rates.read,
            output: rates.output,
            fee,
        })
    }

    /// The positions at which the first three parts end, at most the size of the input.
    pub(in crate::replay) fn ends(&self) -> [u64; 3] {
        self.to
    }

    /// The rate of each of the first three parts less the rate of the part after it.
    pub(in crate::replay) fn steps(&self) -> [i64; 3] {
        let [read, hour, written] = self.rates.map(signed);
        [read - hour, hour - written, written - self.uncached()]
    }

    /// The rate of uncached tokens, which are the fourth part.
    pub(in crate::replay) fn uncached(&self) -> i64 {
        signed(self.uncached)
    }

    /// The cost of `tokens`; `before` is how many of them are before the end of each of the first
    /// three parts.
    pub(in crate::replay) fn sent(&self, before: [u64; 3], tokens: u64) -> SentCost {
        let [read, hour, written] = before;
        let [read_rate, hour_rate, written_rate] = self.rates;
        let rest = [
            amount(hour.saturating_sub(read), hour_rate),
            amount(written.saturating_sub(hour), written_rate),
            amount(tokens.saturating_sub(written), self.uncached),
        ];
        SentCost {
            read: amount(read, read_rate),
            rest: rest.into_iter().sum(),
        }
    }

    /// The cost of `tokens` from position `from` on.
    fn input(&self, from: u64, tokens: u64) -> SentCost {
        let end = from.saturating_add(tokens);
        self.sent(
            self.to.map(|to| end.min(to).saturating_sub(from)),
            end - from,
        )
    }

    /// The cost of the whole request, its fees included.
    pub(in crate::replay) fn all(&self, input: u64, output: u64) -> Usd {
        self.input(0, input)
            .all()
            .plus(self.output(output))
            .plus(self.fee)
    }

    /// The fees of the request. They belong to no content, and are added to the row of requests
    /// ([`NOBODY`](crate::replay::total::NOBODY)).
    pub(in crate::replay) fn fee(&self) -> Usd {
        self.fee
    }

    /// What the tokens read from the cache cost; `None` where there are none.
    pub(in crate::replay) fn reading(&self) -> Option<Usd> {
        match self.to[0] {
            0 => None,
            read => Some(amount(read, self.read?)),
        }
    }

    /// What the tokens read from the cache would have cost in addition if they had not been cached;
    /// `None` where there are none.
    pub(in crate::replay) fn saved(&self) -> Option<Usd> {
        let read = self.to[0];
        if read == 0 {
            return None;
        }
        Some(amount(read, self.uncached).minus(amount(read, self.read?)))
    }

    /// The additional cost of a broken cache: of the tokens up to position `cached` that were not
    /// read from the cache, less the price of reading them.
    pub(in crate::replay) fn broken(&self, cached: u64) -> Option<Usd> {
        let [read, ..] = self.to;
        let tokens = cached.saturating_sub(read);
        let reading = amount(tokens, self.read?);
        Some(self.input(read, tokens).all().minus(reading))
    }

    /// The cost of produced tokens.
    pub(in crate::replay) fn output(&self, tokens: u64) -> Usd {
        amount(tokens, self.output)
    }

    /// The cost of the unexplained part of an input, whose context has `explained` tokens. The
    /// unexplained tokens are at the end, where hardly anything is cached. Where the context is
    /// larger than the input, the excess is subtracted at the uncached price, which its last tokens
    /// were charged.
    pub(in crate::replay) fn unexplained(&self, input: u64, explained: u64) -> Paid {
        let cost = match input.checked_sub(explained) {
            Some(tokens) => self.input(explained, tokens).all(),
            None => Usd::ZERO.minus(amount(explained - input, self.uncached)),
        };
        Paid {
            resent_uncached: cost,
            ..Paid::default()
        }
    }
}

/// The cost of tokens at a rate. The product is within the range of [`Usd`]: no count and no sum of
/// rates is above 2^63, because no rate is above 2^35 ([`super::rates::MOST`]).
pub(in crate::replay) fn amount(tokens: u64, rate: u64) -> Usd {
    Usd::from_pico(i128::from(tokens) * i128::from(rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARIFF: Tariff = Tariff {
        to: [10, 15, 20],
        rates: [1, 20, 12],
        uncached: 10,
        read: Some(1),
        output: 50,
        fee: Usd::ZERO,
    };

    #[test]
    fn what_is_too_much_is_taken_back_at_the_price_of_the_last() {
        let whole = TARIFF.input(0, 100).all();
        let parts = [(0, 7), (7, 6), (13, 4), (17, 83)]
            .map(|(from, tokens)| TARIFF.input(from, tokens).all());
        assert_eq!(parts.into_iter().sum::<Usd>(), whole);
        assert_eq!(whole.pico(), 10 + 5 * 20 + 5 * 12 + 80 * 10);
        for explained in [0, 3, 12, 20, 99, 100, 130] {
            let parts = TARIFF
                .input(0, explained)
                .all()
                .plus(TARIFF.unexplained(100, explained).all());
            assert_eq!(parts, whole);
        }
        let taken_back = TARIFF.unexplained(100, 130).resent_uncached.pico();
        assert_eq!(taken_back, -300);
    }

    #[test]
    fn a_part_costs_its_tokens_at_the_uncached_rate_and_the_steps_down_to_it() {
        assert_eq!(TARIFF.steps(), [-19, 8, 2]);
        let inside = [3, 5, 9];
        let steps: i64 = inside
            .iter()
            .zip(TARIFF.steps())
            .map(|(tokens, step)| tokens * step)
            .sum();
        let cost = TARIFF.sent([3, 5, 9], 40).all().pico();
        assert_eq!(cost, i128::from(40 * TARIFF.uncached() + steps));
    }

    #[test]
    fn a_broken_cache_costs_what_reading_it_would_have_saved() {
        assert_eq!(TARIFF.saved().map(Usd::pico), Some(10 * (10 - 1)));
        // Cached up to 30: 5 were written for an hour, 5 were written, 10 were uncached, and all of
        // them could have been read.
        assert_eq!(
            TARIFF.broken(30).map(Usd::pico),
            Some(5 * 20 + 5 * 12 + 10 * 10 - 20)
        );
        assert_eq!(TARIFF.broken(10).map(Usd::pico), Some(0));
        assert_eq!(
            Tariff {
                read: None,
                ..TARIFF
            }
            .broken(30),
            None
        );
    }

    #[test]
    fn a_fee_is_part_of_the_request_and_of_no_token() {
        let fee = Usd::from_pico(30_000);
        let tariff = Tariff { fee, ..TARIFF };
        assert_eq!(tariff.all(100, 7).minus(TARIFF.all(100, 7)), fee);
        assert_eq!(tariff.input(0, 100).all(), TARIFF.input(0, 100).all());
    }
}
