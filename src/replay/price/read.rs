//! Reads a table of prices, in the format of LiteLLM or of models.dev.
//!
//! This file holds what both formats have in common; each format has a separate file. Keys that
//! these files do not name are ignored.
//!
//! A price that is negative or above [`MOST`] is most often a price for a million tokens where one
//! for a token was expected. Its model is left out. If this happens to more than one entry in
//! [`FEW`], the other prices of the file cannot be trusted either, and the file is refused.
//!
//! A rate that a table leaves out is computed from the input price if the provider documents it as
//! a multiple of that price: see [`documented`].

mod litellm;
mod models_dev;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::value::RawValue;

use super::rates::{MOST, Price, Rates, Sizes};
use crate::record::Usd;

/// Name of the first entry of LiteLLM's table, which explains the keys.
const SAMPLE: &str = "sample_spec";
/// A table may have one wrong price in this many entries. Real tables have some: LiteLLM's had up
/// to 15 in 2,600 for a year, of one reseller.
const FEW: usize = 50;
/// The highest fee for a search in pico-dollars: one dollar.
const MOST_FEE: u64 = 1_000_000_000_000;
/// The service tier for requests that can wait, as requests name it.
const BATCH: &str = "batch";

/// The members of a JSON object, not parsed.
type RawMembers<'t> = BTreeMap<String, &'t RawValue>;

/// Returns the prices of all models in the table, by name; models without prices for tokens are
/// left out.
pub(super) fn table(text: &str) -> Result<BTreeMap<String, Price>> {
    let entries: RawMembers =
        serde_json::from_str(text).context("not a table of prices: a JSON object was expected")?;
    let mut table = TableSoFar::default();
    for (name, entry) in &entries {
        if name == SAMPLE {
            continue;
        }
        let Some(entry) = object(entry) else { continue };
        let Some(models) = member(&entry, "models") else {
            table.take(name.clone(), litellm::model(&entry));
            continue;
        };
        for (model, entry) in &models {
            let Some(entry) = object(entry) else { continue };
            table.take(format!("{name}/{model}"), models_dev::model(name, &entry));
        }
    }
    table.all()
}

/// The part of a table that was read so far.
#[derive(Default)]
struct TableSoFar {
    models: BTreeMap<String, Price>,
    /// Number of entries whose numbers cannot be prices.
    slips: usize,
    /// The error of the first of these entries.
    first: Option<anyhow::Error>,
}

impl TableSoFar {
    /// Takes what was read of the next entry.
    fn take(&mut self, name: String, price: Result<Option<Price>>) {
        match price.with_context(|| name.clone()) {
            Ok(Some(price)) => drop(self.models.insert(name, price)),
            Ok(None) => {}
            Err(why) => {
                self.slips += 1;
                self.first.get_or_insert(why);
            }
        }
    }

    /// Returns the whole table, unless too many entries are wrong.
    fn all(self) -> Result<BTreeMap<String, Price>> {
        match self.first {
            Some(why) if self.slips * FEW > self.models.len() => Err(why),
            _ => {
                ensure!(
                    !self.models.is_empty(),
                    "no price in it that is of LiteLLM's or models.dev's shape"
                );
                Ok(self.models)
            }
        }
    }
}

/// Parses a JSON object; `None` where the value is none.
fn object<'t>(value: &'t RawValue) -> Option<RawMembers<'t>> {
    serde_json::from_str(value.get()).ok()
}

/// Returns the member with that key, if it is an object.
fn member<'t>(entry: &RawMembers<'t>, key: &str) -> Option<RawMembers<'t>> {
    object(entry.get(key)?)
}

/// Returns the member with that key, if it is a string.
fn text(entry: &RawMembers, key: &str) -> Option<String> {
    serde_json::from_str(entry.get(key)?.get()).ok()
}

/// Looks up the price of a kind of token by the name that the table has for it.
type PriceOf<'k> = dyn Fn(&str) -> Result<Option<u64>> + 'k;

/// Which rates are read: this decides which rate is used for one that the table leaves out.
#[derive(Clone, Copy)]
enum RatesOf<'r> {
    /// The standard rates of a short context.
    Standard,
    /// The rates of a longer context: a rate that is left out is that of the shorter one (given
    /// here).
    LongerContext(&'r Rates),
    /// The rates of another service tier than the standard one (whose rates are given here): a rate
    /// that is left out is not known.
    Tier(&'r Rates),
}

impl RatesOf<'_> {
    /// The price of writing to the cache where the table leaves it out: that of the input, unless
    /// the standard rates or the shorter context have a separate price for it.
    fn write(&self, input: u64) -> Option<u64> {
        match self {
            RatesOf::LongerContext(rates) if rates.write != Some(rates.input) => rates.write,
            RatesOf::Tier(rates) if rates.write != Some(rates.input) => None,
            _ => Some(input),
        }
    }
}

/// Reads rates by the names that the table has for input, output, cache read, cache write and cache
/// write for an hour. A rate that the provider documents as a multiple of the input price is never
/// unknown. `None`: there is no price for input or output.
fn rates(
    provider: &str,
    names: [&str; 5],
    price_of: &PriceOf,
    which: RatesOf,
) -> Result<Option<Rates>> {
    let [input, output, read, write, write_1h] = names;
    let (mut input, mut output) = (price_of(input)?, price_of(output)?);
    let (mut usual_read, mut usual_write_1h) = (None, None);
    if let RatesOf::LongerContext(shorter) = which {
        input = input.or(Some(shorter.input));
        output = output.or(Some(shorter.output));
        (usual_read, usual_write_1h) = (shorter.read, shorter.write_1h);
    }
    let (Some(input), Some(output)) = (input, output) else {
        return Ok(None);
    };
    let rule = documented(provider, input);
    Ok(Some(Rates {
        input,
        output,
        read: price_of(read)?.or(rule.read).or(usual_read),
        write: price_of(write)?.or(rule.write).or(which.write(input)),
        write_1h: price_of(write_1h)?.or(rule.write_1h).or(usual_write_1h),
    }))
}

/// Sorts the rates of long contexts, the longest first.
fn sizes(base: Rates, mut above: Vec<(u64, Option<Rates>)>) -> Sizes {
    above.sort_by_key(|(over, _)| std::cmp::Reverse(*over));
    Sizes { base, above }
}

/// Returns the rates that a provider documents as a multiple of the input price. Anthropic ("Prompt
/// caching", Pricing): written for five minutes 1.25 times, for an hour twice, read a tenth, "on
/// top of long context pricing" and of the batch discount. No other provider does.
fn documented(provider: &str, input: u64) -> Rates {
    match provider {
        "anthropic" => Rates {
            read: Some(input / 10),
            write: Some(input.saturating_mul(5) / 4),
            write_1h: Some(input.saturating_mul(2)),
            ..Rates::default()
        },
        _ => Rates::default(),
    }
}

/// Returns the fee that a provider documents for a web search, for tables that leave it out.
/// Anthropic ("Web search tool") and OpenAI ("Pricing", web search, all models): $10 for 1,000.
fn documented_search(provider: &str) -> Option<u64> {
    match provider {
        "anthropic" | "openai" => Some(10_000_000_000),
        _ => None,
    }
}

/// Reads the price with that key, which is in dollars for `per` tokens; returns pico-dollars for a
/// token. `None` where there is no price.
fn price(entry: &RawMembers, key: &str, per: i128) -> Result<Option<u64>> {
    let raw = match entry.get(key) {
        None => return Ok(None),
        Some(raw) => raw.get(),
    };
    if raw == "null" {
        return Ok(None);
    }
    match amount(raw, per, MOST) {
        Some(pico) => Ok(Some(pico)),
        None if per == 1 => bail!("{key}: {raw} is no price of a token (0 to 0.01 dollars)"),
        None => bail!("{key}: {raw} is no price of a million tokens (0 to 10,000 dollars)"),
    }
}

/// Parses dollars for `per` items; returns pico-dollars for one item. `None` where the text is no
/// number, or the amount is negative or above `most`.
fn amount(raw: &str, per: i128, most: u64) -> Option<u64> {
    let pico = (Usd::parse(raw)?.pico() + per / 2).div_euclid(per);
    let pico = u64::try_from(pico).ok()?;
    if pico > most {
        return None;
    }
    Some(pico)
}
