//! Prices: what a request costs.
//!
//! A table of list prices ([`Prices`]) is embedded and can be replaced by a file; it is asked by
//! the name that the model is reported with. A name that it does not know has no price: nothing is
//! guessed from a part of a name. The rules, in their order:
//!
//! 1. what the user says the name stands for ([`Given`]);
//! 2. the name as it is;
//! 3. without its provider (`openai/gpt-5`), where the entry `gpt-5` is of that provider;
//! 4. with a provider before it: of those who made the models that agents use ([`MAKERS`]), else of
//!    anybody, if all ask the same;
//! 5. without the date at its end (`-20260101`, `-2026-01-01`), by the rules above: a dated name is
//!    a version of the model without one, and a table without that version has its price;
//! 6. by the spellings that resellers document ([`name`]).
//!
//! What a request costs depends on more than its tokens: on its day, where the table knows what the
//! model cost before; on the service tier, the speed and the geography it was served with; on web
//! searches, which have a fee. Where one of these has no price the request has none, and a reason
//! ([`Unpriced`]): the standard price never stands in for one that is not known ([`rates`]).
//!
//! A price turns the numbers of a request into a [`Tariff`], and that says what any part of the
//! context cost. All sums are exact, because a tariff is linear in tokens: parts that make up the
//! request make up its cost. This file knows no thread and no span.

mod given;
mod name;
mod rates;
mod read;
mod tariff;

use std::collections::BTreeMap;
use std::path::Path;

use crate::record::count::bounded;
use crate::settings;
use anyhow::{Context as _, Result, ensure};
pub use given::Given;
use rates::{Factor, Price};
use serde::Deserialize;
pub(super) use tariff::{Paid, Sent, Tariff, amount};

use crate::record::{Checked, Ledger, Request, Unpriced, Usd};

/// The embedded table, made by `scripts/prices`. Its licence is beside it.
const TABLE: &str = include_str!("price/litellm.json");

/// Whose prices a name without provider has, where several sell the model: those who made it, as
/// LiteLLM and models.dev call them. Agents that name no provider talk to the maker.
const MAKERS: &[&str] = &[
    "openai",
    "anthropic",
    "google",
    "gemini",
    "xai",
    "deepseek",
    "mistral",
    "moonshotai",
    "moonshot",
    "zai",
    "dashscope",
    "alibaba",
    "minimax",
    "meta",
];

/// A table of list prices.
#[derive(Debug, Default)]
pub struct Prices {
    version: String,
    models: BTreeMap<String, Price>,
    /// By the name without provider, the names with one.
    bare: BTreeMap<String, Vec<String>>,
    given: Given,
}

/// What the embedded table says of itself.
#[derive(Deserialize)]
struct About {
    about: Source,
}

#[derive(Deserialize)]
struct Source {
    package: String,
    newest: String,
    since: String,
}

impl Prices {
    /// The embedded table.
    ///
    /// # Errors
    /// The table is damaged.
    pub fn embedded() -> Result<Prices> {
        let About {
            about:
                Source {
                    package,
                    newest,
                    since,
                },
        } = serde_json::from_str(TABLE).context("embedded prices")?;
        Prices::of(&format!("{package} {newest} by day since {since}"), TABLE)
            .context("embedded prices")
    }

    /// The table in a file: LiteLLM's `model_prices_and_context_window.json`, or the `api.json` of
    /// models.dev.
    ///
    /// # Errors
    /// The file cannot be read, is of neither shape, or holds what can be no price.
    pub fn open(path: &Path) -> Result<Prices> {
        let read = || {
            let text = std::fs::read_to_string(path)?;
            Prices::of(&settings::version(path, &text), &text)
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
        Ok(Prices {
            version: version.to_owned(),
            models,
            bare,
            given: Given::default(),
        })
    }

    /// The same table, and what the user says of names.
    ///
    /// # Errors
    /// A model that a name is to stand for is not in the table.
    pub fn with(self, given: Given) -> Result<Prices> {
        let prices = Prices { given, ..self };
        for model in prices.given.targets() {
            ensure!(
                prices.find(model).is_some(),
                "no price for {model} in {}",
                prices.version
            );
        }
        Ok(prices)
    }

    /// Name and version of the table.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The model that the user says the requests in a file are of, where the file names none.
    pub fn model_for(&self, file: &str) -> Option<&str> {
        self.given.model_for(file)
    }

    /// The model that the user says a name stands for.
    pub fn alias<'p>(&'p self, model: &'p str) -> Option<&'p str> {
        self.given.alias(model)
    }

    /// What the request costs as a whole, whether it is counted or not; a reason as for its parts.
    /// Where it is the sum of several, `requests` says of how many: they are charged as requests of
    /// average size, which matters where a long context has prices of its own.
    ///
    /// # Errors
    /// It has no price.
    pub fn cost(&self, request: &Request, requests: u64) -> Result<Usd, Unpriced> {
        let input = bounded(request.input_tokens.unwrap_or(0));
        let tariff = self.tariff_of(request, size(request).unwrap_or(0) / requests.max(1))?;
        Ok(tariff.all(input, request.output_tokens.map_or(0, bounded)))
    }

    /// What an agent's own ledger comes to by these prices.
    pub fn check(&self, ledger: &Ledger) -> Checked {
        let request = Request {
            at: ledger.since.clone(),
            model: Some(ledger.model.clone()),
            input_tokens: Some(ledger.input_tokens),
            cache_read_tokens: Some(ledger.cache_read_tokens),
            cache_write_tokens: Some(ledger.cache_write_tokens),
            cache_write_1h_tokens: ledger.cache_write_1h_tokens,
            output_tokens: Some(ledger.output_tokens),
            web_searches: ledger.web_searches,
            ..Request::default()
        };
        Checked {
            cost_usd: self.cost(&request, ledger.requests).ok(),
        }
    }

    /// What the tokens of the request cost; a reason where its model, a term it was served on, or
    /// the price of a kind of token that it used is not known.
    pub(super) fn tariff(&self, request: &Request) -> Result<Tariff, Unpriced> {
        self.tariff_of(request, size(request).unwrap_or(0))
    }

    /// By the rates for an input of that size.
    fn tariff_of(&self, request: &Request, size: u64) -> Result<Tariff, Unpriced> {
        let model = request
            .model
            .as_deref()
            .filter(|model| !model.is_empty())
            .ok_or(Unpriced::NoModel)?;
        let (price, resold) = self.find(model).ok_or(Unpriced::Model)?;
        let price = price.on(request.at.as_deref());
        let rates = price.rates(request, size, resold)?;
        let fee = price.fee(bounded(request.web_searches.unwrap_or(0)))?;
        Tariff::new(
            request,
            bounded(request.input_tokens.unwrap_or(0)),
            &rates,
            fee,
        )
        .ok_or(Unpriced::Cache)
    }

    /// The price of a name, and what it is multiplied with where a reseller asks more.
    fn find(&self, model: &str) -> Option<(&Price, Option<Factor>)> {
        let model = self.alias(model).unwrap_or(model);
        let made = name::made(model);
        let spelled = || std::iter::once(model).chain(made.as_deref());
        let as_listed = spelled()
            .find_map(|name| self.listed(name))
            .map(|price| (price, None));
        as_listed.or_else(|| spelled().find_map(|name| self.resold(name)))
    }

    /// By name, with its date or without.
    fn listed(&self, name: &str) -> Option<&Price> {
        self.named(name)
            .or_else(|| self.named(name::undated(name)?))
    }

    /// By the name that a reseller made of its maker's.
    fn resold(&self, name: &str) -> Option<(&Price, Option<Factor>)> {
        let (listed, model, factor) = name::resold(name)?;
        let by_seller = self.listed(listed).map(|price| (price, None));
        by_seller.or_else(|| {
            Some((
                self.listed(model)
                    .filter(|price| price.provider == name::MAKER)?,
                Some(factor),
            ))
        })
    }

    fn named(&self, name: &str) -> Option<&Price> {
        let without_provider = || {
            let (provider, rest) = name.split_once('/')?;
            self.models
                .get(rest)
                .filter(|price| price.provider == provider)
        };
        self.models
            .get(name)
            .or_else(without_provider)
            .or_else(|| self.with_provider(name))
    }

    fn with_provider(&self, name: &str) -> Option<&Price> {
        let mut sold = self
            .bare
            .get(name)?
            .iter()
            .filter_map(|full| self.models.get(full));
        let first = sold.next()?;
        let made = || {
            MAKERS
                .iter()
                .find_map(|maker| self.models.get(&format!("{maker}/{name}")))
        };
        if sold.all(|price| price.is_same(first)) {
            Some(first)
        } else {
            made()
        }
    }
}

/// How large a request is to a price that depends on it: of several samplings, the last.
pub(super) fn size(request: &Request) -> Option<u64> {
    request
        .context_tokens()
        .or(request.input_tokens)
        .map(bounded)
}

#[cfg(test)]
mod tests;
