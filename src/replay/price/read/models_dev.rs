//! Reads the `api.json` of models.dev: one object for each provider with its `models`, each of
//! which has a `cost` in dollars *for a million tokens*.
//!
//! The list `tiers` holds the rates of long contexts. Older tables have `context_over_200k`
//! instead; it is used only where there is no list, because in newer tables it may be about another
//! size than 200,000 tokens. The prices of service tiers and speeds are in `experimental.modes`,
//! with the parameters that a request asks for them by.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{RatesOf, RawMembers, documented_search, member, object, price, rates, sizes, text};
use crate::replay::price::rates::{Price, Sizes, Speed};

const NAMES: [&str; 5] = ["input", "output", "cache_read", "cache_write", ""];
const MILLION: i128 = 1_000_000;

/// Reads the price of a model of that provider; `None` where the entry has no price for tokens.
pub(super) fn model(provider: &str, model: &RawMembers) -> Result<Option<Price>> {
    let Some(cost) = member(model, "cost") else {
        return Ok(None);
    };
    let Some(standard) = standard(provider, &cost)? else {
        return Ok(None);
    };
    let mut price = Price {
        provider: provider.to_owned(),
        standard,
        tiers: BTreeMap::new(),
        speeds: BTreeMap::new(),
        geographies: BTreeMap::new(),
        search: documented_search(provider),
        before: Vec::new(),
    };
    modes(model, &mut price)?;
    Ok(Some(price))
}

/// Reads the standard rates.
fn standard(provider: &str, cost: &RawMembers) -> Result<Option<Sizes>> {
    let short = |key: &str| price(cost, key, MILLION);
    let Some(base) = rates(provider, NAMES, &short, RatesOf::Standard)? else {
        return Ok(None);
    };
    let longer = match cost.get("tiers") {
        Some(list) => listed(list)?,
        None => match member(cost, "context_over_200k") {
            Some(cost) => vec![(200_000, cost)],
            None => Vec::new(),
        },
    };
    let mut above = Vec::new();
    for (over, cost) in longer {
        let long = |key: &str| price(&cost, key, MILLION);
        let rates = rates(provider, NAMES, &long, RatesOf::LongerContext(&base))?;
        above.push((over, rates));
    }
    Ok(Some(sizes(base, above)))
}

/// Returns the context sizes in a list of tiers, each with the object that holds its rates.
fn listed(list: &RawValue) -> Result<Vec<(u64, RawMembers<'_>)>> {
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
    let list: Vec<&RawValue> =
        serde_json::from_str(list.get()).context("tiers: a list was expected")?;
    let mut sizes = Vec::new();
    for raw in list {
        let Tier {
            tier: Size { r#type, size },
        } = serde_json::from_str(raw.get()).context("tiers")?;
        if r#type.is_none_or(|kind| kind == "context") {
            sizes.push((size, object(raw).unwrap_or_default()));
        }
    }
    Ok(sizes)
}

/// Adds the prices of service tiers and speeds. They have no prices for the long contexts of the
/// standard rates.
fn modes(model: &RawMembers, to: &mut Price) -> Result<()> {
    let Some(experimental) = member(model, "experimental") else {
        return Ok(());
    };
    for (name, mode) in member(&experimental, "modes").unwrap_or_default() {
        let Some(mode) = object(mode) else { continue };
        let Some(cost) = member(&mode, "cost") else {
            continue;
        };
        let price_of = |key: &str| price(&cost, key, MILLION);
        let standard = RatesOf::Tier(&to.standard.base);
        let base = rates(&to.provider, NAMES, &price_of, standard).with_context(|| name.clone())?;
        let Some(base) = base else { continue };
        let mut above = Vec::new();
        for (over, _) in &to.standard.above {
            above.push((*over, None));
        }
        let sizes = sizes(base, above);
        let provider = member(&mode, "provider").unwrap_or_default();
        let parameters = member(&provider, "body").unwrap_or_default();
        let (tier, speed) = (
            text(&parameters, "service_tier"),
            text(&parameters, "speed"),
        );
        match (tier, speed) {
            (Some(tier), _) => drop(to.tiers.insert(tier, sizes)),
            (None, Some(speed)) => drop(to.speeds.insert(speed, Speed::At(sizes))),
            (None, None) => {}
        }
    }
    Ok(())
}
