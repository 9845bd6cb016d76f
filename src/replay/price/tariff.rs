//! A tariff: what the tokens of one request cost, by where they stand in its context.
//!
//! It is linear in tokens, so that parts that make up the request make up its cost, exactly. What
//! is charged by the piece is beside it. This file knows no model and no table.

use super::rates::Rates;
use crate::record::count::signed;
use crate::record::{Request, Usd};

/// What the tokens of one request cost, by where they stand in its context.
///
/// From the front: what was read from the cache, what was written for an hour, what was written
/// for five minutes (Anthropic: longer-lived entries stand before shorter-lived ones), the rest.
#[derive(Clone, Copy, Debug)]
pub(in crate::replay) struct Tariff {
    /// Where each of these parts ends.
    to: [u64; 3],
    /// Pico-dollars for a token of each.
    rates: [u64; 3],
    uncached: u64,
    /// Pico-dollars for a token read from the cache, whether any was or not.
    read: Option<u64>,
    output: u64,
    /// What was charged by the piece, beside the tokens.
    fee: Usd,
}

/// What a part of a context cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::replay) struct Sent {
    /// For tokens that were read from the cache.
    pub(in crate::replay) read: Usd,
    /// For all others.
    pub(in crate::replay) rest: Usd,
}

impl Sent {
    pub(in crate::replay) fn all(self) -> Usd {
        self.read.plus(self.rest)
    }
}

/// What was paid for one kind of content, as the keys of [`crate::record::Total`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::replay) struct Paid {
    pub(in crate::replay) first: Usd,
    pub(in crate::replay) resent_cached: Usd,
    pub(in crate::replay) resent_uncached: Usd,
    pub(in crate::replay) output: Usd,
    pub(in crate::replay) fee: Usd,
}

impl Paid {
    /// For content that was sent again.
    pub(in crate::replay) fn sent(sent: Sent) -> Paid {
        Paid {
            resent_cached: sent.read,
            resent_uncached: sent.rest,
            ..Paid::default()
        }
    }

    /// Of what was sent, this was sent for the first time, not again.
    pub(in crate::replay) fn first(sent: Sent) -> Paid {
        let less = |cost| Usd::ZERO.minus(cost);
        Paid {
            first: sent.all(),
            resent_cached: less(sent.read),
            resent_uncached: less(sent.rest),
            ..Paid::default()
        }
    }

    /// For content that was produced.
    pub(in crate::replay) fn produced(output: Usd) -> Paid {
        Paid {
            output,
            ..Paid::default()
        }
    }

    /// For what is charged by the piece.
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
    /// What a request of that input costs by these rates, with its fee; `None` where a rate of what
    /// it used is not known.
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

    /// Where the first three parts end; none goes beyond the input.
    pub(in crate::replay) fn ends(&self) -> [u64; 3] {
        self.to
    }

    /// By how much the rate of each of these parts is above that of the next.
    pub(in crate::replay) fn steps(&self) -> [i64; 3] {
        let [read, hour, written] = self.rates.map(signed);
        [read - hour, hour - written, written - self.uncached()]
    }

    /// The rate of what is in none of them.
    pub(in crate::replay) fn uncached(&self) -> i64 {
        signed(self.uncached)
    }

    /// What `tokens` cost, of which so many stand before the end of each part.
    pub(in crate::replay) fn sent(&self, before: [u64; 3], tokens: u64) -> Sent {
        let [read, hour, written] = before;
        let [read_rate, hour_rate, written_rate] = self.rates;
        let rest = [
            amount(hour.saturating_sub(read), hour_rate),
            amount(written.saturating_sub(hour), written_rate),
            amount(tokens.saturating_sub(written), self.uncached),
        ];
        Sent {
            read: amount(read, read_rate),
            rest: rest.into_iter().sum(),
        }
    }

    /// What `tokens` cost that stand at `from`.
    fn input(&self, from: u64, tokens: u64) -> Sent {
        let end = from.saturating_add(tokens);
        self.sent(
            self.to.map(|to| end.min(to).saturating_sub(from)),
            end - from,
        )
    }

    /// What the whole request cost, its fee included.
    pub(in crate::replay) fn all(&self, input: u64, output: u64) -> Usd {
        self.input(0, input)
            .all()
            .plus(self.output(output))
            .plus(self.fee)
    }

    /// What was charged by the piece. It belongs to no content: the row of nobody pays it.
    pub(in crate::replay) fn fee(&self) -> Usd {
        self.fee
    }

    /// What the tokens read from the cache would have cost beyond that, uncached.
    pub(in crate::replay) fn saved(&self) -> Option<Usd> {
        let read = self.to[0];
        let saved = amount(read, self.uncached).minus(amount(read, self.read?));
        (read > 0).then_some(saved)
    }

    /// What it cost that the cache was not read up to `held`, beyond the price of reading.
    pub(in crate::replay) fn broken(&self, held: u64) -> Option<Usd> {
        let [read, ..] = self.to;
        let tokens = held.saturating_sub(read);
        Some(
            self.input(read, tokens)
                .all()
                .minus(amount(tokens, self.read?)),
        )
    }

    /// What produced tokens cost.
    pub(in crate::replay) fn output(&self, tokens: u64) -> Usd {
        amount(tokens, self.output)
    }

    /// What is unexplained of an input cost, whose context weighs `explained` tokens. It stands
    /// behind them, where hardly anything is cached. Where the context is more than the input, what
    /// is too much is taken back at the price of uncached input, which is what the last of it was
    /// charged.
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

/// No count and no sum of rates is above 2^63 (no rate above 2^35, see [`super::rates::MOST`]), so
/// that the product is within the range.
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
        // Held up to 30: 5 written for an hour, 5 written, 10 uncached, and all of it could have
        // been read.
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
