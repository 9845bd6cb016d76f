//! Reads LiteLLM's `model_prices_and_context_window.json`: one object for each model, prices in
//! dollars *for one token*.
//!
//! The names of keys contain what a price depends on: `input_cost_per_token`, then the size of the
//! context (`_above_272k_tokens`), then the service tier (`_priority`, `_flex`, `_batches`).
//! Factors of a speed and of a geography are in `provider_specific_entry`, the fee of a search in
//! `search_context_cost_per_query`. Some models have a list `tiered_pricing` instead of sizes in
//! names.
//!
//! The embedded table has two more keys, which `scripts/prices` writes: `from`, the version of the
//! package that the entry is from, and `history`, the former prices of the model, each valid
//! `until` a day.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    BATCH, MOST_FEE, RatesOf, RawMembers, amount, documented_search, member, object, price, rates,
    sizes, text,
};
use crate::replay::price::rates::{Factor, Price, Sizes, Speed};

const NAMES: [&str; 5] = [
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
    "cache_creation_input_token_cost_above_1hr",
];
/// The table's name for the service tier [`BATCH`].
const BATCHES: &str = "batches";
/// The only speed that has a factor.
const FAST: &str = "fast";

/// Reads the price of a model; `None` where the entry has no price for tokens.
pub(super) fn model(entry: &RawMembers) -> Result<Option<Price>> {
    let provider = text(entry, "litellm_provider").unwrap_or_default();
    let Some(mut price) = without_history(entry, &provider)? else {
        return Ok(None);
    };
    if let Some(history) = entry.get("history") {
        let entries: Vec<&RawValue> =
            serde_json::from_str(history.get()).context("history: a list was expected")?;
        for entry in entries {
            let Some(earlier) = object(entry) else {
                continue;
            };
            let Some(until) = text(&earlier, "until") else {
                bail!("history: an entry without until")
            };
            if let Some(earlier) = without_history(&earlier, &provider)? {
                price.before.push((until, earlier));
            }
        }
        price.before.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    Ok(Some(price))
}

/// Reads the price in one entry, without its history.
fn without_history(entry: &RawMembers, provider: &str) -> Result<Option<Price>> {
    let keys = KeyParts::of(entry);
    let standard = match entry.get("tiered_pricing") {
        Some(list) if !entry.contains_key(NAMES[0]) => ranges(list, provider)?,
        _ => standard(entry, provider, &keys)?,
    };
    let Some(standard) = standard else {
        return Ok(None);
    };
    let mut tiers = BTreeMap::new();
    for tier in &keys.tiers {
        let name = if tier == BATCHES { BATCH } else { tier };
        if let Some(sizes) = in_tier(entry, provider, tier, &standard, &keys)? {
            tiers.insert(name.to_owned(), sizes);
        }
    }
    let (speeds, geographies) = factors(entry)?;
    let search = search(entry, provider);
    Ok(Some(Price {
        provider: provider.to_owned(),
        standard,
        tiers,
        speeds,
        geographies,
        search,
        before: Vec::new(),
    }))
}

/// The sizes and service tiers in the names of an entry's keys.
#[derive(Default)]
struct KeyParts {
    /// Sizes of the context that have a separate price, in thousands as they are written.
    sizes: BTreeSet<String>,
    /// Service tiers.
    tiers: BTreeSet<String>,
}

impl KeyParts {
    fn of(entry: &RawMembers) -> KeyParts {
        let mut parts = KeyParts::default();
        for key in entry.keys() {
            let Some(rest) = key.strip_prefix(NAMES[0]) else {
                continue;
            };
            let mut tier = rest;
            if let Some(sized) = rest.strip_prefix("_above_")
                && let Some((thousands, after)) = sized.split_once("k_tokens")
            {
                tier = after;
                if tokens(thousands).is_some() {
                    parts.sizes.insert(thousands.to_owned());
                }
            }
            if let Some(tier) = tier.strip_prefix('_')
                && tier.bytes().all(|b| b.is_ascii_lowercase())
            {
                parts.tiers.insert(tier.to_owned());
            }
        }
        parts
    }
}

/// Returns the number of tokens of a size that is written in thousands.
fn tokens(thousands: &str) -> Option<u64> {
    thousands.parse::<u64>().ok()?.checked_mul(1_000)
}

/// Reads the rates of the standard service tier.
fn standard(entry: &RawMembers, provider: &str, keys: &KeyParts) -> Result<Option<Sizes>> {
    let short = |key: &str| price(entry, key, 1);
    let Some(base) = rates(provider, NAMES, &short, RatesOf::Standard)? else {
        return Ok(None);
    };
    let mut above = Vec::new();
    for thousands in &keys.sizes {
        if !entry.contains_key(&sized(NAMES[0], thousands)) {
            continue;
        }
        let long = |key: &str| price(entry, &sized(key, thousands), 1);
        let longer = rates(provider, NAMES, &long, RatesOf::LongerContext(&base))?;
        if let Some(over) = tokens(thousands) {
            above.push((over, longer));
        }
    }
    Ok(Some(sizes(base, above)))
}

/// Reads the rates of another service tier. For a size of the context that has a separate price in
/// the standard tier only, this tier has no price.
fn in_tier(
    entry: &RawMembers,
    provider: &str,
    tier: &str,
    standard: &Sizes,
    keys: &KeyParts,
) -> Result<Option<Sizes>> {
    let short = |key: &str| price(entry, &format!("{key}_{tier}"), 1);
    let Some(base) = rates(provider, NAMES, &short, RatesOf::Tier(&standard.base))? else {
        return Ok(None);
    };
    let mut above = Vec::new();
    for thousands in &keys.sizes {
        let Some(over) = tokens(thousands) else {
            continue;
        };
        let mut standard_rates = &standard.base;
        let mut is_in_standard = false;
        for (size, rates) in &standard.above {
            if *size != over {
                continue;
            }
            is_in_standard = true;
            if let Some(rates) = rates {
                standard_rates = rates;
                break;
            }
        }
        let long = |key: &str| price(entry, &format!("{}_{tier}", sized(key, thousands)), 1);
        let longer = rates(provider, NAMES, &long, RatesOf::Tier(standard_rates))?;
        if longer.is_some() || is_in_standard {
            above.push((over, longer));
        }
    }
    Ok(Some(sizes(base, above)))
}

/// Returns the key with the size of the context.
fn sized(key: &str, thousands: &str) -> String {
    format!("{key}_above_{thousands}k_tokens")
}

/// Reads a list of rates, each with the range of context sizes that it is for; `None` where the
/// list holds something else.
fn ranges(list: &RawValue, provider: &str) -> Result<Option<Sizes>> {
    #[derive(Deserialize)]
    struct Range {
        range: [f64; 2],
    }
    let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(list.get()) else {
        return Ok(None);
    };
    let (mut base, mut above) = (None, Vec::new());
    for raw in list {
        let Ok(Range { range: [from, _] }) = serde_json::from_str(raw.get()) else {
            return Ok(None);
        };
        let entry = object(raw).unwrap_or_default();
        let price_of = |key: &str| price(&entry, key, 1);
        let rates = rates(provider, NAMES, &price_of, RatesOf::Standard)?;
        match whole(from) {
            Some(0) => base = rates,
            Some(over) => above.push((over, rates)),
            None => bail!("tiered_pricing: {from} is no number of tokens"),
        }
    }
    Ok(base.map(|base| sizes(base, above)))
}

/// Returns the number of tokens if it is whole (tables write it in any way: `128000.0`).
fn whole(tokens: f64) -> Option<u64> {
    format!("{tokens}").parse().ok()
}

/// Reads the factors of speeds and of geographies.
fn factors(entry: &RawMembers) -> Result<(BTreeMap<String, Speed>, BTreeMap<String, Factor>)> {
    let (mut speeds, mut geographies) = (BTreeMap::new(), BTreeMap::new());
    for (name, raw) in member(entry, "provider_specific_entry").unwrap_or_default() {
        let is_geography = name.len() == 2 && name.bytes().all(|b| b.is_ascii_lowercase());
        if name != FAST && !is_geography {
            continue;
        }
        let Some(factor) = Factor::parse(raw.get()) else {
            bail!("provider_specific_entry: {name}: {raw} is no factor (more than 0, up to 100)");
        };
        if is_geography {
            geographies.insert(name, factor);
        } else {
            speeds.insert(name, Speed::Times(factor));
        }
    }
    Ok((speeds, geographies))
}

/// Reads the fee for a search; `None` where it depends on how much of the web is read.
fn search(entry: &RawMembers, provider: &str) -> Option<u64> {
    let Some(fees) = member(entry, "search_context_cost_per_query") else {
        return documented_search(provider);
    };
    let mut first = None;
    for fee in fees.values() {
        let fee = amount(fee.get(), 1, MOST_FEE)?;
        if *first.get_or_insert(fee) != fee {
            return None;
        }
    }
    first
}
