//! The price table, opened when the first request without a cost comes.

use std::path::Path;

use anyhow::Result;

use crate::cli::PriceFlags;
use crate::record::{Request, Unpriced, Usd};
use crate::replay::{Aliases, Prices};

/// List prices: the built-in ones, or those of a file.
#[derive(Default)]
pub struct PriceTable {
    prices: Option<Prices>,
    used: bool,
}

impl PriceTable {
    /// The prices that the flags ask for.
    ///
    /// # Errors
    /// As [`Prices::open`] and [`Prices::with`].
    pub fn asked(priced: &PriceFlags) -> Result<PriceTable> {
        let given = Aliases::new(&priced.alias, &priced.model_for)?;
        PriceTable::new(priced.file().as_deref(), given)
    }

    /// The prices in a file, or the built-in ones; with the user's own names for models.
    fn new(file: Option<&Path>, given: Aliases) -> Result<PriceTable> {
        let mut prices = match file {
            Some(file) => Some(Prices::open(file)?),
            None => None,
        };
        if !given.is_empty() {
            let table = match prices.take() {
                Some(table) => table,
                None => Prices::embedded()?,
            };
            prices = Some(table.with(given)?);
        }
        Ok(PriceTable {
            prices,
            used: false,
        })
    }

    /// What this many requests like the given one cost together, or why that is not known.
    pub(super) fn cost(
        &mut self,
        request: &Request,
        requests: u64,
    ) -> Result<Result<Usd, Unpriced>> {
        self.used = true;
        let prices = match &mut self.prices {
            Some(prices) => prices,
            None => self.prices.insert(Prices::embedded()?),
        };
        Ok(prices.cost(request, requests))
    }

    /// The model that the user says the requests in a file are of, where the file names none.
    pub(super) fn model_for(&self, file: &str) -> Option<&str> {
        self.prices.as_ref()?.model_for(file)
    }

    /// Whether the user has said which model that name means.
    pub(super) fn has_alias(&self, model: &str) -> bool {
        match &self.prices {
            Some(prices) => prices.alias(model).is_some(),
            None => false,
        }
    }

    /// Name and version of the table, if anything was looked up in it.
    pub(super) fn used(&self) -> Option<String> {
        if !self.used {
            return None;
        }
        Some(self.prices.as_ref()?.version().to_owned())
    }
}
