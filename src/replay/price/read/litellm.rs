//! LiteLLM's `model_prices_and_context_window.json`: one object a model, dollars *a token*.
//!
//! What a price depends on stands in the names of keys: `input_cost_per_token`, then the size of
//! the context (`_above_272k_tokens`), then the service tier (`_priority`, `_flex`, `_batches`).
//! Factors of a speed and of a geography are in `provider_specific_entry`, the fee of a search in
//! `search_context_cost_per_query`. Some models have a list `tiered_pricing` instead of sizes in
//! names.
//!
//! The embedded table has two keys more, which `scripts/prices` writes: `from`, the version of the
//! package that an entry is of, and `history`, what the model cost before, each entry `until` a
//! day.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    BATCH, MOST_FEE, Object, Place, amount, documented_search, object, price, rates, sizes, text,
};
use crate::replay::price::rates::{Factor, Price, Rates, Sizes, Speed};

const NAMES: [&str; 5] = [
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
    "cache_creation_input_token_cost_above_1hr",
];
/// How the table calls the service tier [`BATCH`].
const BATCHES: &str = "batches";
/// The one speed that has a factor.
const FAST: &str = "fast";

/// The price of a model; `None` where the entry has none for tokens.
pub(super) fn model(entry: &Object) -> Result<Option<Price>> {
    let provider = text(entry, "litellm_provider").unwrap_or_default();
    let Some(mut price) = now(entry, &provider)? else {
        return Ok(None);
    };
    if let Some(history) = entry.get("history") {
        let entries: Vec<&RawValue> =
            serde_json::from_str(history.get()).context("history: a list was expected")?;
        for earlier in entries.into_iter().filter_map(object) {
            let Some(until) = text(&earlier, "until") else {
                bail!("history: an entry without until")
            };
            price
                .before
                .extend(now(&earlier, &provider)?.map(|price| (until, price)));
        }
        price.before.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    Ok(Some(price))
}

/// What one entry says, its history aside.
fn now(entry: &Object, provider: &str) -> Result<Option<Price>> {
    let keys = Keys::of(entry);
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
        tiers.extend(
            in_tier(entry, provider, tier, &standard, &keys)?.map(|sizes| (name.to_owned(), sizes)),
        );
    }
    let (speeds, places) = factors(entry)?;
    let search = search(entry, provider);
    Ok(Some(Price {
        provider: provider.to_owned(),
        standard,
        tiers,
        speeds,
        places,
        search,
        before: Vec::new(),
    }))
}

/// What the names of an entry's keys tell.
#[derive(Default)]
struct Keys {
    /// Sizes of the context that have a price of their own, in thousands as they are written.
    sizes: BTreeSet<String>,
    /// Service tiers.
    tiers: BTreeSet<String>,
}

impl Keys {
    fn of(entry: &Object) -> Keys {
        let mut keys = Keys::default();
        for rest in entry.keys().filter_map(|key| key.strip_prefix(NAMES[0])) {
            let (size, tier) = match rest
                .strip_prefix("_above_")
                .and_then(|rest| rest.split_once("k_tokens"))
            {
                Some((thousands, tier)) => (Some(thousands), tier),
                None => (None, rest),
            };
            keys.sizes.extend(
                size.filter(|thousands| over(thousands).is_some())
                    .map(str::to_owned),
            );
            let tier = tier
                .strip_prefix('_')
                .filter(|tier| tier.bytes().all(|b| b.is_ascii_lowercase()));
            keys.tiers.extend(tier.map(str::to_owned));
        }
        keys
    }
}

/// Tokens that a size begins above, which is written in thousands.
fn over(thousands: &str) -> Option<u64> {
    thousands.parse::<u64>().ok()?.checked_mul(1_000)
}

fn standard(entry: &Object, provider: &str, keys: &Keys) -> Result<Option<Sizes>> {
    let Some(base) = rates(provider, NAMES, &|key| price(entry, key, 1), Place::First)? else {
        return Ok(None);
    };
    let mut above = Vec::new();
    for thousands in keys
        .sizes
        .iter()
        .filter(|size| entry.contains_key(&sized(NAMES[0], size)))
    {
        let longer = rates(
            provider,
            NAMES,
            &|key| price(entry, &sized(key, thousands), 1),
            Place::Longer(&base),
        )?;
        above.extend(over(thousands).map(|over| (over, longer)));
    }
    Ok(Some(sizes(base, above)))
}

/// The rates of a service tier. A size of the context that has a price of its own in the standard
/// tier and none in this one has none.
fn in_tier(
    entry: &Object,
    provider: &str,
    tier: &str,
    standard: &Sizes,
    keys: &Keys,
) -> Result<Option<Sizes>> {
    let in_tier = |key: &str| price(entry, &format!("{key}_{tier}"), 1);
    let Some(base) = rates(provider, NAMES, &in_tier, Place::Tier(&standard.base))? else {
        return Ok(None);
    };
    let mut above = Vec::new();
    for thousands in &keys.sizes {
        let Some(over) = over(thousands) else {
            continue;
        };
        let own = |key: &str| price(entry, &format!("{}_{tier}", sized(key, thousands)), 1);
        let like: &Rates = standard
            .above
            .iter()
            .find_map(|(size, rates)| (*size == over).then_some(rates.as_ref())?)
            .unwrap_or(&standard.base);
        let longer = rates(provider, NAMES, &own, Place::Tier(like))?;
        if longer.is_some() || standard.above.iter().any(|(size, _)| *size == over) {
            above.push((over, longer));
        }
    }
    Ok(Some(sizes(base, above)))
}

fn sized(key: &str, thousands: &str) -> String {
    format!("{key}_above_{thousands}k_tokens")
}

/// A list of sizes, each with the tokens it ranges over; `None` where it is a list of something
/// else.
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
        let rates = rates(provider, NAMES, &|key| price(&entry, key, 1), Place::First)?;
        match whole(from) {
            Some(0) => base = rates,
            Some(over) => above.push((over, rates)),
            None => bail!("tiered_pricing: {from} is no number of tokens"),
        }
    }
    Ok(base.map(|base| sizes(base, above)))
}

/// A number of tokens that was written as any number.
fn whole(tokens: f64) -> Option<u64> {
    format!("{tokens}").parse().ok()
}

/// What a speed, and what a geography is multiplied with.
fn factors(entry: &Object) -> Result<(BTreeMap<String, Speed>, BTreeMap<String, Factor>)> {
    let (mut speeds, mut places) = (BTreeMap::new(), BTreeMap::new());
    for (name, raw) in entry
        .get("provider_specific_entry")
        .and_then(|raw| object(raw))
        .unwrap_or_default()
    {
        let is_place = name.len() == 2 && name.bytes().all(|b| b.is_ascii_lowercase());
        if name != FAST && !is_place {
            continue;
        }
        let Some(factor) = Factor::parse(raw.get()) else {
            bail!("provider_specific_entry: {name}: {raw} is no factor (more than 0, up to 100)");
        };
        match is_place {
            true => drop(places.insert(name, factor)),
            false => drop(speeds.insert(name, Speed::Times(factor))),
        }
    }
    Ok((speeds, places))
}

/// What a search costs, where it costs the same however much of the web is read.
fn search(entry: &Object, provider: &str) -> Option<u64> {
    let Some(fees) = entry
        .get("search_context_cost_per_query")
        .and_then(|fees| object(fees))
    else {
        return documented_search(provider);
    };
    let mut fees = fees.values().map(|fee| amount(fee.get(), 1, MOST_FEE));
    let first = fees.next()??;
    fees.all(|fee| fee == Some(first)).then_some(first)
}
