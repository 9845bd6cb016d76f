//! The price table, opened when the first request without a cost comes.

use std::path::Path;

use anyhow::Result;

use crate::record::{Request, Usd};
use crate::replay::Prices;

/// List prices: the built-in ones, or those of a file.
#[derive(Default)]
pub struct Table {
    prices: Option<Prices>,
    used: bool,
}

impl Table {
    /// The prices in a file; without one the built-in ones.
    ///
    /// # Errors
    /// As [`Prices::open`].
    pub fn new(file: Option<&Path>) -> Result<Table> {
        Ok(Table { prices: file.map(Prices::open).transpose()?, used: false })
    }

    /// What so many requests together cost; `None` where their price is not known.
    pub(super) fn cost(&mut self, request: &Request, requests: u64) -> Result<Option<Usd>> {
        self.used = true;
        let prices = match &mut self.prices {
            Some(prices) => prices,
            None => self.prices.insert(Prices::embedded()?),
        };
        Ok(prices.cost(request, requests))
    }

    /// Name and version of the table, if anything was looked up in it.
    pub(super) fn used(&self) -> Option<String> {
        self.prices.as_ref().filter(|_| self.used).map(|prices| prices.version().to_owned())
    }
}
