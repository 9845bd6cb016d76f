//! Reading a table of prices, in the shape of LiteLLM or of models.dev.
//!
//! LiteLLM (`model_prices_and_context_window.json`): one object a model, dollars *a token*, tiers
//! in the names of keys (`input_cost_per_token_above_272k_tokens`). models.dev (`api.json`): one
//! object a provider with its `models`, each with its `cost` in dollars *a million tokens*, tiers as
//! a list (`tiers`, older: `context_over_200k`). Keys that are not looked at here do not matter:
//! batch, flex and priority prices are not what an agent's requests are charged.
//!
//! A price that is negative or more than [`MOST`] refuses the whole file: it is most often a price
//! for a million tokens where one for a token was expected, and no other of the file is better.
//!
//! What a table leaves out, and a provider documents as a multiple of the input price, is filled
//! in: see [`documented`].

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Price, Rates};
use crate::record::Usd;

/// No token costs more, in pico-dollars: one cent, sixteen times the dearest that was ever sold.
const MOST: i128 = 10_000_000_000;
/// The table of LiteLLM begins with an entry that explains the keys.
const SAMPLE: &str = "sample_spec";

type Object<'t> = BTreeMap<String, &'t RawValue>;

/// The prices of all models in the table, by name; models without token prices are left out.
pub(super) fn table(text: &str) -> Result<BTreeMap<String, Price>> {
    let entries: Object = serde_json::from_str(text).context("not a table of prices: a JSON object was expected")?;
    let mut models = BTreeMap::new();
    for (name, entry) in entries.iter().filter(|(name, _)| *name != SAMPLE) {
        let Some(entry) = object(entry) else { continue };
        match entry.get("models").and_then(|models| object(models)) {
            Some(sold) => provider(name, &sold, &mut models)?,
            None => models.extend(litellm(&entry).with_context(|| name.clone())?.map(|price| (name.clone(), price))),
        }
    }
    ensure!(!models.is_empty(), "no price in it that is of LiteLLM's or models.dev's shape");
    Ok(models)
}

fn object<'t>(value: &'t RawValue) -> Option<Object<'t>> {
    serde_json::from_str(value.get()).ok()
}

/// What one table says of a kind of token: its price, if it has one.
type Kind<'k> = dyn Fn(&str) -> Result<Option<u64>> + 'k;

/// The models of one provider in models.dev.
fn provider(provider: &str, sold: &Object, models: &mut BTreeMap<String, Price>) -> Result<()> {
    for (name, model) in sold {
        let cost = object(model).and_then(|model| object(model.get("cost")?));
        let name = format!("{provider}/{name}");
        let Some(cost) = cost else { continue };
        if let Some(price) = models_dev(provider, &cost).with_context(|| name.clone())? {
            models.insert(name, price);
        }
    }
    Ok(())
}

fn models_dev(provider: &str, cost: &Object) -> Result<Option<Price>> {
    #[derive(Deserialize)]
    struct Tier {
        tier: Size,
    }
    #[derive(Deserialize)]
    struct Size {
        #[serde(default)]
        r#type: Option<String>,
        size: u64,
    }
    let names = ["input", "output", "cache_read", "cache_write", ""];
    let Some(base) = rates(provider, names, &|key| price(cost, key, 1_000_000), None)? else { return Ok(None) };
    let mut tiers = Vec::new();
    let mut tier = |over: u64, cost: &Object| -> Result<()> {
        let rates = rates(provider, names, &|key| price(cost, key, 1_000_000), Some(&base))?;
        tiers.extend(rates.map(|rates| (over, rates)));
        Ok(())
    };
    match cost.get("tiers") {
        Some(list) => {
            let list: Vec<&RawValue> = serde_json::from_str(list.get()).context("tiers: a list was expected")?;
            for raw in list {
                let Tier { tier: Size { r#type, size } } = serde_json::from_str(raw.get()).context("tiers")?;
                if r#type.is_none_or(|kind| kind == "context") {
                    tier(size, &object(raw).unwrap_or_default())?;
                }
            }
        }
        None => {
            if let Some(cost) = cost.get("context_over_200k").and_then(|cost| object(cost)) {
                tier(200_000, &cost)?;
            }
        }
    }
    Ok(Some(sorted(provider, base, tiers)))
}

fn litellm(entry: &Object) -> Result<Option<Price>> {
    const NAMES: [&str; 5] = [
        "input_cost_per_token",
        "output_cost_per_token",
        "cache_read_input_token_cost",
        "cache_creation_input_token_cost",
        "cache_creation_input_token_cost_above_1hr",
    ];
    let provider: String =
        entry.get("litellm_provider").and_then(|name| serde_json::from_str(name.get()).ok()).unwrap_or_default();
    let Some(base) = rates(&provider, NAMES, &|key| price(entry, key, 1), None)? else { return Ok(None) };
    let over = |key: &String| {
        let thousands = key.strip_prefix("input_cost_per_token_above_")?.strip_suffix("k_tokens")?;
        Some((thousands.to_owned(), thousands.parse::<u64>().ok()?.checked_mul(1_000)?))
    };
    let mut tiers = Vec::new();
    for (thousands, over) in entry.keys().filter_map(over) {
        let of_tier = |key: &str| price(entry, &format!("{key}_above_{thousands}k_tokens"), 1);
        tiers.extend(rates(&provider, NAMES, &of_tier, Some(&base))?.map(|rates| (over, rates)));
    }
    Ok(Some(sorted(&provider, base, tiers)))
}

fn sorted(provider: &str, base: Rates, mut tiers: Vec<(u64, Rates)>) -> Price {
    tiers.sort_by_key(|(over, _)| std::cmp::Reverse(*over));
    Price { provider: provider.to_owned(), base, tiers }
}

/// The rates by the names that the table gives to them. What a tier does not name is as in `base`,
/// unless the provider documents it as a multiple: that holds in a tier too. `None`: the entry has
/// no price for input or output.
fn rates(provider: &str, names: [&str; 5], kind: &Kind, base: Option<&Rates>) -> Result<Option<Rates>> {
    let [input, output, read, write, write_1h] = names;
    let input = kind(input)?.or(base.map(|base| base.input));
    let output = kind(output)?.or(base.map(|base| base.output));
    let (Some(input), Some(output)) = (input, output) else { return Ok(None) };
    let rule = documented(provider, input);
    Ok(Some(Rates {
        input,
        output,
        read: kind(read)?.or(rule.read).or(base.and_then(|base| base.read)),
        write: kind(write)?.or(rule.write).or(base.and_then(|base| base.write)),
        write_1h: kind(write_1h)?.or(rule.write_1h).or(base.and_then(|base| base.write_1h)),
    }))
}

/// What a provider documents as a multiple of the input price. Anthropic ("Prompt caching",
/// Pricing): written for five minutes 1.25 times, for an hour twice, read a tenth, "on top of long
/// context pricing". No other does.
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

/// The price at that key, in pico-dollars a token, given in dollars for `per` tokens; `None` where
/// there is none.
fn price(entry: &Object, key: &str, per: i128) -> Result<Option<u64>> {
    let Some(raw) = entry.get(key).map(|raw| raw.get()).filter(|raw| *raw != "null") else { return Ok(None) };
    let pico = Usd::parse(raw).map(|usd| (usd.pico() + per / 2).div_euclid(per));
    match pico.filter(|pico| (0..=MOST).contains(pico)).map(u64::try_from) {
        Some(Ok(pico)) => Ok(Some(pico)),
        _ if per == 1 => bail!("{key}: {raw} is no price of a token (0 to 0.01 dollars)"),
        _ => bail!("{key}: {raw} is no price of a million tokens (0 to 10,000 dollars)"),
    }
}
