//! Prices: what the tokens of a request cost.
//!
//! A table of list prices ([`Prices`]) is embedded and can be replaced by a file; it is asked by
//! the name that the model is reported with. A name that it does not know has no price: nothing is
//! guessed from a part of a name. The rules, in their order:
//!
//! 1. the name as it is;
//! 2. without its provider (`openai/gpt-5`), where the entry `gpt-5` is of that provider;
//! 3. with a provider before it: of those who made the models that agents use ([`MAKERS`]), else of
//!    anybody, if all ask the same;
//! 4. without the date at its end (`-20260101`, `-2026-01-01`), by the rules above: a dated name is
//!    a version of the model without one, and a table without that version has its price.
//!
//! A price turns the numbers of a request into a [`Tariff`], and that says what any part of the
//! context cost. All sums are exact, because a tariff is linear in tokens: parts that make up the
//! request make up its cost. This file knows no thread and no span.

mod read;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::signed;
use crate::record::{Request, Usd};

/// The embedded table. Its licence is beside it.
const TABLE: &str = include_str!("price/litellm-1.109.1.json");
/// Where it is from.
const VERSION: &str = "litellm 1.109.1";

/// Whose prices a name without provider has, where several sell the model: those who made it, as
/// LiteLLM and models.dev call them. Agents that name no provider talk to the maker.
const MAKERS: &[&str] =
    &["openai", "anthropic", "google", "gemini", "xai", "deepseek", "mistral", "moonshotai", "moonshot", "zai"];

/// A table of list prices.
#[derive(Debug, Default)]
pub struct Prices {
    version: String,
    models: BTreeMap<String, Price>,
    /// By the name without provider, the names with one.
    bare: BTreeMap<String, Vec<String>>,
}

/// What one model costs.
#[derive(Clone, Debug, PartialEq)]
struct Price {
    provider: String,
    base: Rates,
    /// Long contexts, the longest first: a request whose input is more than that many tokens is
    /// charged by these rates as a whole.
    tiers: Vec<(u64, Rates)>,
}

/// Pico-dollars for a token.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Rates {
    input: u64,
    output: u64,
    /// Read from the cache. `None`: no price is known, and a request that read any has none.
    read: Option<u64>,
    /// Written to the cache. `None`: the provider charges nothing beside the input (OpenAI until
    /// GPT-5.5: "no extra fee"), so that it is plain input.
    write: Option<u64>,
    /// Written to the cache for an hour; `None` as for `read`.
    write_1h: Option<u64>,
}

impl Prices {
    /// The embedded table.
    ///
    /// # Errors
    /// The table is damaged.
    pub fn embedded() -> Result<Prices> {
        Prices::of(VERSION, TABLE).context(VERSION)
    }

    /// The table in a file: LiteLLM's `model_prices_and_context_window.json`, or the `api.json` of
    /// models.dev.
    ///
    /// # Errors
    /// The file cannot be read, is of neither shape, or holds what can be no price.
    pub fn open(path: &Path) -> Result<Prices> {
        let read = || {
            let text = std::fs::read_to_string(path)?;
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            let hash = blake3::hash(text.as_bytes()).to_hex();
            Prices::of(&format!("{name} {}", hash.chars().take(8).collect::<String>()), &text)
        };
        read().with_context(|| path.display().to_string())
    }

    fn of(version: &str, text: &str) -> Result<Prices> {
        let models = read::table(text)?;
        let mut bare: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in models.keys() {
            if let Some((_, rest)) = name.split_once('/') {
                bare.entry(rest.to_owned()).or_default().push(name.clone());
            }
        }
        Ok(Prices { version: version.to_owned(), models, bare })
    }

    /// Name and version of the table.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the request costs as a whole, whether it is counted or not; `None` as for its parts. Where
    /// it is the sum of several, `requests` says of how many: they are charged as requests of average
    /// size, which matters where a long context has prices of its own.
    pub fn cost(&self, request: &Request, requests: u64) -> Option<Usd> {
        let input = request.input_tokens.map(bounded)?;
        let tariff = self.tariff_of(request, input / requests.max(1))?;
        Some(tariff.all(input, request.output_tokens.map_or(0, bounded)))
    }

    /// What the tokens of the request cost; `None` where its model, or the price of a kind of token
    /// that it used, is not known.
    pub(super) fn tariff(&self, request: &Request) -> Option<Tariff> {
        self.tariff_of(request, request.input_tokens.map(bounded)?)
    }

    /// By the rates for an input of that size.
    fn tariff_of(&self, request: &Request, size: u64) -> Option<Tariff> {
        let input = request.input_tokens.map(bounded)?;
        let rates = self.find(request.model.as_deref()?)?.rates(size);
        let read = request.cache_read_tokens.unwrap_or(0).min(input);
        let written = request.cache_write_tokens.unwrap_or(0).min(input - read);
        let hour = request.cache_write_1h_tokens.unwrap_or(0).min(written);
        let known = |tokens: u64, rate: Option<u64>| if tokens == 0 { Some(0) } else { rate };
        Some(Tariff {
            to: [read, read + hour, read + written],
            rates: [known(read, rates.read)?, known(hour, rates.write_1h)?, rates.write.unwrap_or(rates.input)],
            uncached: rates.input,
            read: rates.read,
            output: rates.output,
        })
    }

    fn find(&self, model: &str) -> Option<&Price> {
        self.named(model).or_else(|| self.named(undated(model)?))
    }

    fn named(&self, name: &str) -> Option<&Price> {
        let without_provider = || {
            let (provider, rest) = name.split_once('/')?;
            self.models.get(rest).filter(|price| price.provider == provider)
        };
        self.models.get(name).or_else(without_provider).or_else(|| self.with_provider(name))
    }

    fn with_provider(&self, name: &str) -> Option<&Price> {
        let mut sold = self.bare.get(name)?.iter().filter_map(|full| self.models.get(full));
        let first = sold.next()?;
        let same = |price: &Price| (&price.base, &price.tiers) == (&first.base, &first.tiers);
        let made = || MAKERS.iter().find_map(|maker| self.models.get(&format!("{maker}/{name}")));
        if sold.all(same) { Some(first) } else { made() }
    }
}

impl Price {
    fn rates(&self, input_tokens: u64) -> Rates {
        let tier = self.tiers.iter().find(|(over, _)| input_tokens > *over);
        tier.map_or(self.base, |(_, rates)| *rates)
    }
}

/// The name without the date at its end; `None` where there is none.
fn undated(name: &str) -> Option<&str> {
    let date = |shape: &str| {
        let (rest, end) = name.split_at_checked(name.len().checked_sub(shape.len())?)?;
        let fits = end.bytes().zip(shape.bytes()).all(|(b, s)| if s == b'd' { b.is_ascii_digit() } else { b == s });
        (fits && !rest.is_empty()).then_some(rest)
    };
    date("-20dddddd").or_else(|| date("-20dd-dd-dd"))
}

/// What the tokens of one request cost, by where they stand in its context.
///
/// From the front: what was read from the cache, what was written for an hour, what was written
/// for five minutes (Anthropic: longer-lived entries stand before shorter-lived ones), the rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tariff {
    /// Where each of these parts ends.
    to: [u64; 3],
    /// Pico-dollars for a token of each.
    rates: [u64; 3],
    uncached: u64,
    /// Pico-dollars for a token read from the cache, whether any was or not.
    read: Option<u64>,
    output: u64,
}

/// What a part of a context cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sent {
    /// For tokens that were read from the cache.
    pub(super) read: Usd,
    /// For all others.
    pub(super) rest: Usd,
}

impl Sent {
    pub(super) fn all(self) -> Usd {
        self.read.plus(self.rest)
    }
}

/// What was paid for one kind of content, as the keys of [`crate::record::Total`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paid {
    pub(super) first: Usd,
    pub(super) resent_cached: Usd,
    pub(super) resent_uncached: Usd,
    pub(super) output: Usd,
}

impl Paid {
    /// For content that was sent again.
    pub(super) fn sent(sent: Sent) -> Paid {
        Paid { resent_cached: sent.read, resent_uncached: sent.rest, ..Paid::default() }
    }

    /// Of what was sent, this was sent for the first time, not again.
    pub(super) fn first(sent: Sent) -> Paid {
        let less = |cost| Usd::ZERO.minus(cost);
        Paid { first: sent.all(), resent_cached: less(sent.read), resent_uncached: less(sent.rest), ..Paid::default() }
    }

    /// For content that was produced.
    pub(super) fn produced(output: Usd) -> Paid {
        Paid { output, ..Paid::default() }
    }

    pub(super) fn plus(self, other: Paid) -> Paid {
        Paid {
            first: self.first.plus(other.first),
            resent_cached: self.resent_cached.plus(other.resent_cached),
            resent_uncached: self.resent_uncached.plus(other.resent_uncached),
            output: self.output.plus(other.output),
        }
    }

    pub(super) fn all(self) -> Usd {
        [self.first, self.resent_cached, self.resent_uncached, self.output].into_iter().sum()
    }
}

impl Tariff {
    /// Where the first three parts end; none goes beyond the input.
    pub(super) fn ends(&self) -> [u64; 3] {
        self.to
    }

    /// By how much the rate of each of these parts is above that of the next.
    pub(super) fn steps(&self) -> [i64; 3] {
        let [read, hour, written] = self.rates.map(signed);
        [read - hour, hour - written, written - self.uncached()]
    }

    /// The rate of what is in none of them.
    pub(super) fn uncached(&self) -> i64 {
        signed(self.uncached)
    }

    /// What `tokens` cost, of which so many stand before the end of each part.
    pub(super) fn sent(&self, before: [u64; 3], tokens: u64) -> Sent {
        let [read, hour, written] = before;
        let [read_rate, hour_rate, written_rate] = self.rates;
        let rest = [
            amount(hour.saturating_sub(read), hour_rate),
            amount(written.saturating_sub(hour), written_rate),
            amount(tokens.saturating_sub(written), self.uncached),
        ];
        Sent { read: amount(read, read_rate), rest: rest.into_iter().sum() }
    }

    /// What `tokens` cost that stand at `from`.
    fn input(&self, from: u64, tokens: u64) -> Sent {
        let end = from.saturating_add(tokens);
        self.sent(self.to.map(|to| end.min(to).saturating_sub(from)), end - from)
    }

    /// What the whole request cost.
    pub(super) fn all(&self, input: u64, output: u64) -> Usd {
        self.input(0, input).all().plus(self.output(output))
    }

    /// What the tokens read from the cache would have cost beyond that, uncached.
    pub(super) fn saved(&self) -> Option<Usd> {
        let read = self.to[0];
        let saved = amount(read, self.uncached).minus(amount(read, self.read?));
        (read > 0).then_some(saved)
    }

    /// What it cost that the cache was not read up to `held`, beyond the price of reading.
    pub(super) fn broken(&self, held: u64) -> Option<Usd> {
        let [read, ..] = self.to;
        let tokens = held.saturating_sub(read);
        Some(self.input(read, tokens).all().minus(amount(tokens, self.read?)))
    }

    /// What produced tokens cost.
    pub(super) fn output(&self, tokens: u64) -> Usd {
        amount(tokens, self.output)
    }

    /// What is unexplained of an input cost, whose context weighs `explained` tokens. It stands
    /// behind them, where hardly anything is cached. Where the context is more than the input, what
    /// is too much is taken back at the price of uncached input, which is what the last of it was
    /// charged.
    pub(super) fn unexplained(&self, input: u64, explained: u64) -> Paid {
        let cost = match input.checked_sub(explained) {
            Some(tokens) => self.input(explained, tokens).all(),
            None => Usd::ZERO.minus(amount(explained - input, self.uncached)),
        };
        Paid { resent_uncached: cost, ..Paid::default() }
    }
}

/// The largest count that every JSON reader keeps exactly; larger ones are damage.
pub(super) fn bounded(tokens: u64) -> u64 {
    tokens.min(1 << 53)
}

/// No count and no sum of rates is above 2^63 (no rate above 2^35, twice the most that [`read`] lets
/// pass), so that the product is within the range.
pub(super) fn amount(tokens: u64, rate: u64) -> Usd {
    Usd::from_pico(i128::from(tokens) * i128::from(rate))
}

#[cfg(test)]
mod tests;
