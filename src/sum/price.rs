//! The price table, opened when the first request without a cost comes.

use std::path::Path;

use anyhow::Result;

use crate::record::{Request, Unpriced, Usd};
use crate::replay::{Given, Prices};

/// List prices: the built-in ones, or those of a file.
#[derive(Default)]
pub struct Table {
    prices: Option<Prices>,
    used: bool,
}

impl Table {
    /// The prices in a file, without one the built-in ones; and what the user says of names.
    ///
    /// # Errors
    /// As [`Prices::open`] and [`Prices::with`].
    pub fn new(file: Option<&Path>, given: Given) -> Result<Table> {
        let mut prices = file.map(Prices::open).transpose()?;
        if !given.is_empty() {
            let table = prices.take().map_or_else(Prices::embedded, Ok)?;
            prices = Some(table.with(given)?);
        }
        Ok(Table {
            prices,
            used: false,
        })
    }

    /// What so many requests together cost, or why that is not known.
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

    /// Whether the user says what that name stands for.
    pub(super) fn has_alias(&self, model: &str) -> bool {
        self.prices
            .as_ref()
            .is_some_and(|prices| prices.alias(model).is_some())
    }

    /// Name and version of the table, if anything was looked up in it.
    pub(super) fn used(&self) -> Option<String> {
        self.prices
            .as_ref()
            .filter(|_| self.used)
            .map(|prices| prices.version().to_owned())
    }
}
