//! Prices: what a request costs.
//!
//! A table of list prices ([`Prices`]) is embedded in the program and can be replaced by a file. A
//! price is looked up by the name of the model in the report. A name that is not in the table has
//! no price; a price is never guessed from a part of a name. These rules are tried in order:
//!
//! 1. the model that the user names for it ([`Aliases`]);
//! 2. the name as it is;
//! 3. the name without its provider (`openai/gpt-5`), if the entry `gpt-5` is of that provider;
//! 4. the name with a provider before it: of any provider, if all of them ask the same price, else
//!    of a company that makes models ([`MAKERS`]);
//! 5. the name without the date at its end (`-20260101`, `-2026-01-01`), by rules 2 to 4: a dated
//!    name is a version of the model, and costs as much where the table does not list the version;
//! 6. the other spellings that resellers document ([`name`]).
//!
//! The cost of a request does not depend on its tokens alone. It also depends on its day, because
//! prices change; on the service tier, the speed and the geography; and on web searches, which have
//! a fee. Where one of these has no known price, the request has no cost but a reason
//! ([`Unpriced`]): the standard price is never used in place of an unknown one ([`rates`]).
//!
//! A price and the token counts of a request give a [`Tariff`], which says what any part of the
//! context cost. A tariff is linear in tokens, so the costs of parts add up exactly to the cost of
//! the request. This file knows no threads and no spans.

mod aliases;
mod name;
mod rates;
mod read;
mod tariff;

use std::collections::BTreeMap;
use std::path::Path;

use crate::record::count::bounded;
use crate::settings;
pub use aliases::Aliases;
use anyhow::{Context as _, Result, ensure};
use rates::{Factor, Price};
use serde::Deserialize;
pub(super) use tariff::{Paid, SentCost, Tariff, amount};

use crate::record::{Checked, Ledger, Request, Unpriced, Usd};

/// The embedded table, made by `scripts/prices`. Its licence is in the same folder.
const TABLE: &str = include_str!("price/litellm.json");

/// Companies that make models, as LiteLLM and models.dev spell them. Where providers ask different
/// prices for a name without a provider, the maker's price counts: an agent that names no provider
/// talks to the maker.
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
    /// By the name without a provider, the names with one.
    bare: BTreeMap<String, Vec<String>>,
    aliases: Aliases,
}

/// The part of the embedded table that describes the table.
#[derive(Deserialize)]
struct TableHead {
    about: TableOrigin,
}

/// The package that the table was taken from, its newest version, and the day the table begins.
#[derive(Deserialize)]
struct TableOrigin {
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
        let head: TableHead = serde_json::from_str(TABLE).context("embedded prices")?;
        let TableOrigin {
            package,
            newest,
            since,
        } = head.about;
        Prices::of(&format!("{package} {newest} by day since {since}"), TABLE)
            .context("embedded prices")
    }

    /// Reads the table in a file: LiteLLM's `model_prices_and_context_window.json`, or the
    /// `api.json` of models.dev.
    ///
    /// # Errors
    /// The file cannot be read, is in neither format, or holds numbers that cannot be prices.
    pub fn open(path: &Path) -> Result<Prices> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Prices::of(&settings::version(path, &text), &text)
            .with_context(|| path.display().to_string())
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
            aliases: Aliases::default(),
        })
    }

    /// Returns the table with the aliases of the user.
    ///
    /// # Errors
    /// The table has no price for the model of an alias.
    pub fn with(self, aliases: Aliases) -> Result<Prices> {
        let prices = Prices { aliases, ..self };
        for model in prices.aliases.targets() {
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

    /// Returns the model that the user names for the requests of a file that names no model.
    pub fn model_for(&self, file: &str) -> Option<&str> {
        self.aliases.model_for(file)
    }

    /// Returns the model that the user names for the name of a model.
    pub fn alias<'p>(&'p self, model: &'p str) -> Option<&'p str> {
        self.aliases.alias(model)
    }

    /// Returns the cost of the whole request, whether it is counted or not. Where the request is
    /// the sum of several, `requests` is their number: they are charged as requests of average
    /// size, because long contexts may have separate prices.
    ///
    /// # Errors
    /// The reason why the request has no cost.
    pub fn cost(&self, request: &Request, requests: u64) -> Result<Usd, Unpriced> {
        let input = bounded(request.input_tokens.unwrap_or(0));
        let tariff = self.tariff_of(request, size(request).unwrap_or(0) / requests.max(1))?;
        Ok(tariff.all(input, request.output_tokens.map_or(0, bounded)))
    }

    /// Returns the cost of an agent's ledger at these prices.
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

    /// Returns the tariff of the request. The error says why there is none: the price of its model,
    /// of its terms of service, or of a kind of token that it used is not known.
    pub(super) fn tariff(&self, request: &Request) -> Result<Tariff, Unpriced> {
        self.tariff_of(request, size(request).unwrap_or(0))
    }

    /// Returns the tariff of the request at the rates for a context of that size.
    fn tariff_of(&self, request: &Request, size: u64) -> Result<Tariff, Unpriced> {
        let model = match request.model.as_deref() {
            None | Some("") => return Err(Unpriced::NoModel),
            Some(model) => model,
        };
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

    /// Returns the price of a model (rules 1 to 6), and the factor by which a reseller multiplies
    /// it.
    fn find(&self, model: &str) -> Option<(&Price, Option<Factor>)> {
        let model = self.alias(model).unwrap_or(model);
        if let Some(price) = self.listed(model) {
            return Some((price, None));
        }
        let makers_spelling = name::makers_spelling(model);
        if let Some(spelling) = &makers_spelling
            && let Some(price) = self.listed(spelling)
        {
            return Some((price, None));
        }
        if let Some(resold) = self.resold(model) {
            return Some(resold);
        }
        self.resold(&makers_spelling?)
    }

    /// Returns the price of a name with its date or without (rules 2 to 5).
    fn listed(&self, name: &str) -> Option<&Price> {
        if let Some(price) = self.named(name) {
            return Some(price);
        }
        self.named(name::undated(name)?)
    }

    /// Returns the price of a reseller's name (rule 6): that of the reseller, if the table has it,
    /// else that of the maker with the reseller's factor.
    fn resold(&self, name: &str) -> Option<(&Price, Option<Factor>)> {
        let (listed, model, factor) = name::resold(name)?;
        if let Some(price) = self.listed(listed) {
            return Some((price, None));
        }
        let price = self.listed(model)?;
        if price.provider != name::MAKER {
            return None;
        }
        Some((price, Some(factor)))
    }

    /// Returns the price of a name as it is, without its provider, or with one (rules 2 to 4).
    fn named(&self, name: &str) -> Option<&Price> {
        if let Some(price) = self.models.get(name) {
            return Some(price);
        }
        if let Some((provider, rest)) = name.split_once('/')
            && let Some(price) = self.models.get(rest)
            && price.provider == provider
        {
            return Some(price);
        }
        self.with_provider(name)
    }

    /// Returns the price that all providers of the model ask; if they differ, that of the maker
    /// (rule 4).
    fn with_provider(&self, name: &str) -> Option<&Price> {
        let mut first: Option<&Price> = None;
        let mut is_same = true;
        for full in self.bare.get(name)? {
            let Some(price) = self.models.get(full) else {
                continue;
            };
            is_same &= price.is_same(first.unwrap_or(price));
            first.get_or_insert(price);
        }
        if is_same {
            return first;
        }
        for maker in MAKERS {
            if let Some(price) = self.models.get(&format!("{maker}/{name}")) {
                return Some(price);
            }
        }
        None
    }
}

/// Returns the size of the context by which prices differ: of several samplings, that of the last.
pub(super) fn size(request: &Request) -> Option<u64> {
    request
        .context_tokens()
        .or(request.input_tokens)
        .map(bounded)
}

#[cfg(test)]
mod tests;
