//! The price of one model: rates by the size of the context, and the terms of service that change
//! them.
//!
//! A request is charged at the rates of its service tier for the size of its context; its speed and
//! its geography multiply these rates. A term without a known price gives no rates: the standard
//! ones are never used instead. All amounts are exact: if a factor does not give whole pico-dollars
//! for a token, the price counts as unknown.

use std::collections::BTreeMap;

use crate::record::{Request, Unpriced, Usd};

/// The highest price of a token in pico-dollars: one cent, sixteen times the highest price that was
/// ever asked.
pub(super) const MOST: u64 = 10_000_000_000;

/// Pico-dollars for a token.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rates {
    pub(super) input: u64,
    pub(super) output: u64,
    /// For a token read from the cache. `None`: the price is not known, and a request that read
    /// from the cache has no cost.
    pub(super) read: Option<u64>,
    /// For a token written to the cache; `None` as for `read`. Where the provider asks no extra fee
    /// for writing (OpenAI until GPT-5.5), it is the price of input.
    pub(super) write: Option<u64>,
    /// For a token written to the cache for an hour; `None` as for `read`.
    pub(super) write_1h: Option<u64>,
}

impl Rates {
    /// Multiplies all rates; `None` where a product is not whole, or above [`MOST`].
    fn times(self, factor: Factor) -> Option<Rates> {
        let mut rates = Rates {
            input: factor.of(self.input)?,
            output: factor.of(self.output)?,
            ..self
        };
        let optional = [&mut rates.read, &mut rates.write, &mut rates.write_1h];
        for rate in optional.into_iter().flatten() {
            *rate = factor.of(*rate)?;
        }
        Some(rates)
    }
}

/// A factor of a price, in parts of 10¹².
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Factor(u64);

impl Factor {
    const ONE: u64 = 1_000_000_000_000;
    /// The largest factor. The largest that was ever published is 6.
    const MOST: u64 = 100;

    /// Parses a factor as price tables write it; `None` where it is not above 0 and at most
    /// [`Factor::MOST`].
    pub(super) fn parse(text: &str) -> Option<Factor> {
        let parts = u64::try_from(Usd::parse(text)?.pico()).ok()?;
        if parts == 0 || parts > Factor::MOST * Factor::ONE {
            return None;
        }
        Some(Factor(parts))
    }

    /// Returns the factor of a percentage.
    pub(super) const fn percent(percent: u64) -> Factor {
        Factor(percent * (Factor::ONE / 100))
    }

    /// Multiplies a rate; `None` where the product is not whole, or above [`MOST`].
    fn of(self, rate: u64) -> Option<u64> {
        let product = u128::from(rate) * u128::from(self.0);
        let one = u128::from(Factor::ONE);
        if !product.is_multiple_of(one) {
            return None;
        }
        let rate = u64::try_from(product / one).ok()?;
        if rate > MOST {
            return None;
        }
        Some(rate)
    }
}

/// Rates by the size of the context.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sizes {
    pub(super) base: Rates,
    /// The rates of long contexts, the longest first: all tokens of a request whose input is above
    /// this number are charged at these rates. `None`: the rates for that size are not known.
    pub(super) above: Vec<(u64, Option<Rates>)>,
}

impl Sizes {
    /// Returns the rates for a context of that size, if they are known.
    pub(super) fn of(&self, input_tokens: u64) -> Option<Rates> {
        for (over, rates) in &self.above {
            if input_tokens > *over {
                return *rates;
            }
        }
        Some(self.base)
    }
}

/// The price of a speed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Speed {
    /// A multiple of the rates of the service tier.
    Times(Factor),
    /// Separate rates, for the standard tier only.
    At(Sizes),
}

/// The prices of one model.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Price {
    pub(super) provider: String,
    pub(super) standard: Sizes,
    /// By the name of the service tier.
    pub(super) tiers: BTreeMap<String, Sizes>,
    pub(super) speeds: BTreeMap<String, Speed>,
    /// By the name of the geography.
    pub(super) geographies: BTreeMap<String, Factor>,
    /// For one web search, in pico-dollars.
    pub(super) search: Option<u64>,
    /// Former prices, each with the day until which it was valid (`2026-09-15`), the oldest first.
    pub(super) before: Vec<(String, Price)>,
}

impl Price {
    /// Returns the price at that instant; without an instant, the present price.
    pub(super) fn on(&self, at: Option<&str>) -> &Price {
        let Some(at) = at else {
            return self;
        };
        for (until, price) in &self.before {
            if at < until.as_str() {
                return price;
            }
        }
        self
    }

    /// Returns the rates of a request with a context of that size. `resold`: the factor of a
    /// reseller; of its prices for terms of service nothing is known.
    pub(super) fn rates(
        &self,
        request: &Request,
        size: u64,
        resold: Option<Factor>,
    ) -> Result<Rates, Unpriced> {
        let (tier, speed, geography) = (
            &request.service_tier,
            &request.speed,
            &request.inference_geo,
        );
        if let Some(factor) = resold {
            for (term, why) in [
                (tier, Unpriced::ServiceTier),
                (speed, Unpriced::Speed),
                (geography, Unpriced::InferenceGeo),
            ] {
                if term.is_some() {
                    return Err(why);
                }
            }
            let rates = self.standard.of(size).ok_or(Unpriced::Model)?;
            return rates.times(factor).ok_or(Unpriced::Model);
        }
        let sizes = self.sizes(tier.as_deref(), speed.as_deref())?;
        let mut rates = sizes.of(size).ok_or(Unpriced::ServiceTier)?;
        if let Some(speed) = speed
            && let Some(Speed::Times(factor)) = self.speeds.get(speed)
        {
            rates = rates.times(*factor).ok_or(Unpriced::Speed)?;
        }
        if let Some(geography) = geography {
            let factor = self.geographies.get(geography);
            let factor = factor.ok_or(Unpriced::InferenceGeo)?;
            rates = rates.times(*factor).ok_or(Unpriced::InferenceGeo)?;
        }
        Ok(rates)
    }

    /// Returns the rates of a service tier, or of a speed that has separate ones.
    fn sizes(&self, tier: Option<&str>, speed: Option<&str>) -> Result<&Sizes, Unpriced> {
        let mut of_speed = None;
        if let Some(speed) = speed {
            match self.speeds.get(speed) {
                Some(Speed::At(sizes)) => of_speed = Some(sizes),
                Some(Speed::Times(_)) => {}
                None => return Err(Unpriced::Speed),
            }
        }
        match (tier, of_speed) {
            (None, Some(sizes)) => Ok(sizes),
            (None, None) => Ok(&self.standard),
            (Some(tier), None) => self.tiers.get(tier).ok_or(Unpriced::ServiceTier),
            (Some(_), Some(_)) => Err(Unpriced::Speed),
        }
    }

    /// Returns the fee for that many web searches.
    pub(super) fn fee(&self, searches: u64) -> Result<Usd, Unpriced> {
        match (searches, self.search) {
            (0, _) => Ok(Usd::ZERO),
            (_, Some(each)) => Ok(Usd::from_pico(i128::from(searches) * i128::from(each))),
            (_, None) => Err(Unpriced::WebSearches),
        }
    }

    /// Whether both have the same standard rates.
    pub(super) fn is_same(&self, other: &Price) -> bool {
        self.standard == other.standard
    }
}
