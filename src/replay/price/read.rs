//! Reading a table of prices, in the shape of LiteLLM or of models.dev.
//!
//! What both have in common is here; each shape is a file of its own. Keys that are not looked at
//! there do not matter.
//!
//! A price that is negative or more than [`MOST`] is most often one for a million tokens where one
//! for a token was expected. Its model is left out then; where that is more than one entry in
//! [`FEW`], no other of the file is better, and the whole file is refused.
//!
//! What a table leaves out, and a provider documents as a multiple of the input price, is filled
//! in: see [`documented`].

mod litellm;
mod models_dev;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::value::RawValue;

use super::rates::{MOST, Price, Rates, Sizes};
use crate::record::Usd;

/// The table of LiteLLM begins with an entry that explains the keys.
const SAMPLE: &str = "sample_spec";
/// Real lists hold a slip or two: LiteLLM had up to 15 in 2,600 for a year, of one reseller.
const FEW: usize = 50;
/// No search costs more, in pico-dollars: one dollar.
const MOST_FEE: u64 = 1_000_000_000_000;
/// The service tier for requests that can wait, as requests name it.
const BATCH: &str = "batch";

type Object<'t> = BTreeMap<String, &'t RawValue>;

/// The prices of all models in the table, by name; models without token prices are left out.
pub(super) fn table(text: &str) -> Result<BTreeMap<String, Price>> {
    let entries: Object =
        serde_json::from_str(text).context("not a table of prices: a JSON object was expected")?;
    let mut read = Read::default();
    for (name, entry) in entries.iter().filter(|(name, _)| *name != SAMPLE) {
        let Some(entry) = object(entry) else { continue };
        match entry.get("models").and_then(|models| object(models)) {
            Some(sold) => {
                for (model, entry) in sold
                    .iter()
                    .filter_map(|(model, entry)| Some((model, object(entry)?)))
                {
                    read.take(format!("{name}/{model}"), models_dev::model(name, &entry));
                }
            }
            None => read.take(name.clone(), litellm::model(&entry)),
        }
    }
    read.all()
}

/// What was read of a table.
#[derive(Default)]
struct Read {
    models: BTreeMap<String, Price>,
    /// Entries that hold what can be no price: how many, and the first.
    slips: usize,
    first: Option<anyhow::Error>,
}

impl Read {
    fn take(&mut self, name: String, price: Result<Option<Price>>) {
        match price.with_context(|| name.clone()) {
            Ok(price) => self.models.extend(price.map(|price| (name, price))),
            Err(why) => {
                self.slips += 1;
                self.first.get_or_insert(why);
            }
        }
    }

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

fn object<'t>(value: &'t RawValue) -> Option<Object<'t>> {
    serde_json::from_str(value.get()).ok()
}

/// A text at that key.
fn text(entry: &Object, key: &str) -> Option<String> {
    serde_json::from_str(entry.get(key)?.get()).ok()
}

/// What one table says of a kind of token: its price, if it has one.
type Kind<'k> = dyn Fn(&str) -> Result<Option<u64>> + 'k;

/// Where rates stand, for what the table does not name there.
#[derive(Clone, Copy)]
enum Place<'r> {
    /// The standard rates of a short context.
    First,
    /// Those of a longer context: what is not named is as in the shorter one.
    Longer(&'r Rates),
    /// Those of another tier than the standard one, whose rates these are: what is not named is not
    /// known.
    Tier(&'r Rates),
}

impl Place<'_> {
    fn shorter(&self) -> Option<&Rates> {
        if let Place::Longer(rates) = self {
            Some(rates)
        } else {
            None
        }
    }

    /// What writing to the cache costs where the table does not say: nothing beside the input,
    /// unless something is charged for it elsewhere.
    fn write(&self, input: u64) -> Option<u64> {
        match self {
            Place::Longer(rates) if rates.write != Some(rates.input) => rates.write,
            Place::Tier(rates) if rates.write != Some(rates.input) => None,
            _ => Some(input),
        }
    }
}

/// The rates by the names that the table gives to them; what a provider documents as a multiple
/// holds everywhere. `None`: there is no price for input or output.
fn rates(provider: &str, names: [&str; 5], kind: &Kind, place: Place) -> Result<Option<Rates>> {
    let [input, output, read, write, write_1h] = names;
    let shorter = place.shorter();
    let input = kind(input)?.or(shorter.map(|rates| rates.input));
    let output = kind(output)?.or(shorter.map(|rates| rates.output));
    let (Some(input), Some(output)) = (input, output) else {
        return Ok(None);
    };
    let rule = documented(provider, input);
    Ok(Some(Rates {
        input,
        output,
        read: kind(read)?
            .or(rule.read)
            .or(shorter.and_then(|rates| rates.read)),
        write: kind(write)?.or(rule.write).or(place.write(input)),
        write_1h: kind(write_1h)?
            .or(rule.write_1h)
            .or(shorter.and_then(|rates| rates.write_1h)),
    }))
}

/// The longest context first, as requests look for theirs.
fn sizes(base: Rates, mut above: Vec<(u64, Option<Rates>)>) -> Sizes {
    above.sort_by_key(|(over, _)| std::cmp::Reverse(*over));
    Sizes { base, above }
}

/// What a provider documents as a multiple of the input price. Anthropic ("Prompt caching",
/// Pricing): written for five minutes 1.25 times, for an hour twice, read a tenth, "on top of long
/// context pricing" and of the batch discount. No other does.
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

/// What a provider documents for a web search, where the table does not say. Anthropic ("Web search
/// tool") and OpenAI ("Pricing", web search, all models): $10 for 1,000.
fn documented_search(provider: &str) -> Option<u64> {
    matches!(provider, "anthropic" | "openai").then_some(10_000_000_000)
}

/// The price at that key, in pico-dollars a token, given in dollars for `per` tokens; `None` where
/// there is none.
fn price(entry: &Object, key: &str, per: i128) -> Result<Option<u64>> {
    let Some(raw) = entry
        .get(key)
        .map(|raw| raw.get())
        .filter(|raw| *raw != "null")
    else {
        return Ok(None);
    };
    match amount(raw, per, MOST) {
        Some(pico) => Ok(Some(pico)),
        None if per == 1 => bail!("{key}: {raw} is no price of a token (0 to 0.01 dollars)"),
        None => bail!("{key}: {raw} is no price of a million tokens (0 to 10,000 dollars)"),
    }
}

/// A number of dollars for so many, in pico-dollars for one; `None` where it is none, or too much.
fn amount(raw: &str, per: i128, most: u64) -> Option<u64> {
    let pico = (Usd::parse(raw)?.pico() + per / 2).div_euclid(per);
    u64::try_from(pico).ok().filter(|pico| *pico <= most)
}
