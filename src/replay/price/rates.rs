//! The price of one model: rates by the size of the context, and the terms that change them.
//!
//! A request is charged by the rates of its service tier for its size of context; a speed and a
//! geography multiply them, one after the other. A term that the price does not know has no rate:
//! the standard one is never put in its place. All is exact: a factor that does not give whole
//! pico-dollars for a token is refused like one that is not known.

use std::collections::BTreeMap;

use crate::record::{Request, Unpriced, Usd};

/// No token costs more, in pico-dollars: one cent, sixteen times the dearest that was ever sold.
pub(super) const MOST: u64 = 10_000_000_000;

/// Pico-dollars for a token.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rates {
    pub(super) input: u64,
    pub(super) output: u64,
    /// Read from the cache. `None`: no price is known, and a request that read any has none.
    pub(super) read: Option<u64>,
    /// Written to the cache; `None` as for `read`. Where the provider charges nothing beside the
    /// input (OpenAI until GPT-5.5: "no extra fee"), it is that of the input.
    pub(super) write: Option<u64>,
    /// Written to the cache for an hour; `None` as for `read`.
    pub(super) write_1h: Option<u64>,
}

impl Rates {
    /// All of them multiplied; `None` where one is not whole then, or more than any token costs.
    fn times(self, factor: Factor) -> Option<Rates> {
        let maybe = |rate: Option<u64>| rate.map_or(Some(None), |rate| factor.of(rate).map(Some));
        Some(Rates {
            input: factor.of(self.input)?,
            output: factor.of(self.output)?,
            read: maybe(self.read)?,
            write: maybe(self.write)?,
            write_1h: maybe(self.write_1h)?,
        })
    }
}

/// What a price is multiplied with, in parts of 10¹².
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Factor(u64);

impl Factor {
    const ONE: u64 = 1_000_000_000_000;
    /// No factor is more: of those that were ever published, the largest is 6.
    const MOST: u64 = 100;

    /// As a table writes it; `None` where it can be no factor.
    pub(super) fn parse(text: &str) -> Option<Factor> {
        let parts = u64::try_from(Usd::parse(text)?.pico()).ok()?;
        (1..=Factor::MOST * Factor::ONE)
            .contains(&parts)
            .then_some(Factor(parts))
    }

    /// So many percent.
    pub(super) const fn percent(percent: u64) -> Factor {
        Factor(percent * (Factor::ONE / 100))
    }

    fn of(self, rate: u64) -> Option<u64> {
        let product = u128::from(rate) * u128::from(self.0);
        let whole = product
            .is_multiple_of(u128::from(Factor::ONE))
            .then_some(product / u128::from(Factor::ONE))?;
        u64::try_from(whole).ok().filter(|rate| *rate <= MOST)
    }
}

/// Rates by the size of the context.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sizes {
    pub(super) base: Rates,
    /// Long contexts, the longest first: a request whose input is more than that many tokens is
    /// charged by these rates as a whole. `None`: none are known for that size.
    pub(super) above: Vec<(u64, Option<Rates>)>,
}

impl Sizes {
    pub(super) fn of(&self, input_tokens: u64) -> Option<Rates> {
        let above = self.above.iter().find(|(over, _)| input_tokens > *over);
        above.map_or(Some(self.base), |(_, rates)| *rates)
    }
}

/// What a speed costs.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Speed {
    /// So many times what the tier costs.
    Times(Factor),
    /// Rates of its own, in the standard tier alone.
    At(Sizes),
}

/// What one model costs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Price {
    pub(super) provider: String,
    pub(super) standard: Sizes,
    /// By the name of the service tier.
    pub(super) tiers: BTreeMap<String, Sizes>,
    pub(super) speeds: BTreeMap<String, Speed>,
    /// By the name of the geography.
    pub(super) places: BTreeMap<String, Factor>,
    /// For one web search, in pico-dollars.
    pub(super) search: Option<u64>,
    /// What it cost before, each until a day (`2026-09-15`), the oldest first.
    pub(super) before: Vec<(String, Price)>,
}

impl Price {
    /// The price of that instant; of none, the newest.
    pub(super) fn on(&self, at: Option<&str>) -> &Price {
        let held = |(until, _): &&(String, Price)| at.is_some_and(|at| at < until.as_str());
        self.before
            .iter()
            .find(held)
            .map_or(self, |(_, price)| price)
    }

    /// The rates of a request of that size; of a model that is `resold`, so many times the standard
    /// ones, and nothing else is known of whoever sells it.
    pub(super) fn rates(
        &self,
        request: &Request,
        size: u64,
        resold: Option<Factor>,
    ) -> Result<Rates, Unpriced> {
        let (tier, speed, place) = (
            &request.service_tier,
            &request.speed,
            &request.inference_geo,
        );
        if let Some(factor) = resold {
            let named = [
                (tier, Unpriced::ServiceTier),
                (speed, Unpriced::Speed),
                (place, Unpriced::InferenceGeo),
            ];
            if let Some((_, why)) = named.into_iter().find(|(term, _)| term.is_some()) {
                return Err(why);
            }
            return self
                .standard
                .of(size)
                .and_then(|rates| rates.times(factor))
                .ok_or(Unpriced::Model);
        }
        let mut rates = self
            .sizes(tier.as_deref(), speed.as_deref())?
            .of(size)
            .ok_or(Unpriced::ServiceTier)?;
        if let Some(Speed::Times(factor)) = speed.as_ref().and_then(|speed| self.speeds.get(speed))
        {
            rates = rates.times(*factor).ok_or(Unpriced::Speed)?;
        }
        if let Some(place) = place {
            let factor = self.places.get(place).ok_or(Unpriced::InferenceGeo)?;
            rates = rates.times(*factor).ok_or(Unpriced::InferenceGeo)?;
        }
        Ok(rates)
    }

    /// The rates that a tier and a speed have of their own.
    fn sizes(&self, tier: Option<&str>, speed: Option<&str>) -> Result<&Sizes, Unpriced> {
        let own = match speed.map(|speed| self.speeds.get(speed)) {
            None => None,
            Some(None) => return Err(Unpriced::Speed),
            Some(Some(Speed::Times(_))) => None,
            Some(Some(Speed::At(sizes))) => Some(sizes),
        };
        match (tier, own) {
            (None, own) => Ok(own.unwrap_or(&self.standard)),
            (Some(tier), None) => self.tiers.get(tier).ok_or(Unpriced::ServiceTier),
            (Some(_), Some(_)) => Err(Unpriced::Speed),
        }
    }

    /// What so many searches cost.
    pub(super) fn fee(&self, searches: u64) -> Result<Usd, Unpriced> {
        match (searches, self.search) {
            (0, _) => Ok(Usd::ZERO),
            (_, Some(each)) => Ok(Usd::from_pico(i128::from(searches) * i128::from(each))),
            (_, None) => Err(Unpriced::WebSearches),
        }
    }

    /// Whether both ask the same for tokens.
    pub(super) fn is_same(&self, other: &Price) -> bool {
        self.standard == other.standard
    }
}
