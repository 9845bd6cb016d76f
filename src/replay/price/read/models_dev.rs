//! The `api.json` of models.dev: one object a provider with its `models`, each with its `cost` in
//! dollars *a million tokens*.
//!
//! Sizes of the context are a list (`tiers`); `context_over_200k`, which older tables have, is
//! looked at only where there is none, because it stands in newer ones whatever the size is. What a
//! service tier or a speed costs is in `experimental.modes`, with the words that a request asks for
//! it by.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Object, Place, documented_search, object, price, rates, sizes, text};
use crate::replay::price::rates::{Price, Sizes, Speed};

const NAMES: [&str; 5] = ["input", "output", "cache_read", "cache_write", ""];
const MILLION: i128 = 1_000_000;

/// The price of a model of that provider; `None` where the entry has none for tokens.
pub(super) fn model(provider: &str, model: &Object) -> Result<Option<Price>> {
    let Some(cost) = model.get("cost").and_then(|cost| object(cost)) else {
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
        places: BTreeMap::new(),
        search: documented_search(provider),
        before: Vec::new(),
    };
    modes(model, &mut price)?;
    Ok(Some(price))
}

fn standard(provider: &str, cost: &Object) -> Result<Option<Sizes>> {
    let Some(base) = rates(
        provider,
        NAMES,
        &|key| price(cost, key, MILLION),
        Place::First,
    )?
    else {
        return Ok(None);
    };
    let mut above = Vec::new();
    let mut longer = |over: u64, cost: &Object| -> Result<()> {
        let rates = rates(
            provider,
            NAMES,
            &|key| price(cost, key, MILLION),
            Place::Longer(&base),
        )?;
        above.push((over, rates));
        Ok(())
    };
    match cost.get("tiers") {
        Some(list) => listed(list)?
            .iter()
            .try_for_each(|(over, cost)| longer(*over, cost))?,
        None => {
            if let Some(cost) = cost.get("context_over_200k").and_then(|cost| object(cost)) {
                longer(200_000, &cost)?;
            }
        }
    }
    Ok(Some(sizes(base, above)))
}

/// The sizes of the context in a list of tiers.
fn listed(list: &RawValue) -> Result<Vec<(u64, Object<'_>)>> {
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

/// Adds what other modes cost. One that has no price for a longer context, which the standard one
/// has, has none there.
fn modes(model: &Object, to: &mut Price) -> Result<()> {
    let modes = model
        .get("experimental")
        .and_then(|raw| object(raw)?.get("modes").and_then(|modes| object(modes)));
    for (name, mode) in modes.unwrap_or_default() {
        let Some(mode) = object(mode) else { continue };
        let Some(cost) = mode.get("cost").and_then(|cost| object(cost)) else {
            continue;
        };
        let asked = mode
            .get("provider")
            .and_then(|raw| object(raw)?.get("body").and_then(|body| object(body)));
        let asked = asked.unwrap_or_default();
        let kind = |key: &str| price(&cost, key, MILLION);
        let base = rates(&to.provider, NAMES, &kind, Place::Tier(&to.standard.base))
            .with_context(|| name.clone())?;
        let Some(base) = base else { continue };
        let own = sizes(
            base,
            to.standard
                .above
                .iter()
                .map(|(over, _)| (*over, None))
                .collect(),
        );
        match (text(&asked, "service_tier"), text(&asked, "speed")) {
            (Some(tier), _) => drop(to.tiers.insert(tier, own)),
            (None, Some(speed)) => drop(to.speeds.insert(speed, Speed::At(own))),
            (None, None) => {}
        }
    }
    Ok(())
}
