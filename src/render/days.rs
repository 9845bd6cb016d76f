//! What each day cost, by model, for a chart.
//!
//! `total` records are split by hour. An hour belongs to the day in which it begins, in the zone of
//! the reader. Models beyond the first [`MODELS`] of the stream are added up under one name,
//! because hostile input may name any number of them.
//!
//! Memory: 100 bytes for each day and model.

use std::collections::BTreeMap;

use super::time;
use crate::record::{Total, Usd};
use crate::zone::Zone;

/// The most models that are told apart.
const MODELS: usize = 64;

/// What was paid, and for how many tokens, input and output together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spent {
    /// Absent where no price is known.
    pub(super) cost: Option<Usd>,
    pub(super) tokens: i64,
}

impl Spent {
    /// The amounts of a row.
    pub(super) fn of(total: &Total) -> Spent {
        Spent {
            cost: total.cost_usd,
            tokens: total.input_tokens().saturating_add(total.output_tokens),
        }
    }

    /// Adds other amounts.
    pub(super) fn add(&mut self, other: Spent) {
        self.tokens = self.tokens.saturating_add(other.tokens);
        if let Some(cost) = other.cost {
            self.cost = Some(self.cost.unwrap_or_default().plus(cost));
        }
    }
}

/// What each day cost, by model.
#[derive(Debug, Default)]
pub(super) struct SpentByDay {
    /// By day (`2026-11-20`) and by index of the model.
    days: BTreeMap<String, BTreeMap<usize, Spent>>,
    /// `None` is a row without a model, and all models beyond the first ones.
    models: Vec<Option<String>>,
    /// The last hour and its day: many rows in sequence have the same hour.
    last: (String, String),
}

impl SpentByDay {
    /// Adds a row. A row without an hour, or whose hour is no instant, belongs to no day.
    pub(super) fn take(&mut self, total: &Total, zone: &Zone) {
        let Some(hour) = &total.hour else { return };
        if self.last.0 != *hour {
            let Some(day) = time::day(hour, zone) else {
                return;
            };
            self.last = (hour.clone(), day);
        }
        let model = self.index(total.model.as_deref());
        let spent = Spent::of(total);
        if let Some(models) = self.days.get_mut(&self.last.1) {
            models.entry(model).or_default().add(spent);
        } else {
            let models = BTreeMap::from([(model, spent)]);
            self.days.insert(self.last.1.clone(), models);
        }
    }

    /// Returns the days in order, each with the index of each model and what was paid for it.
    pub(super) fn days(&self) -> impl Iterator<Item = (&str, &BTreeMap<usize, Spent>)> {
        self.days.iter().map(|(day, models)| (day.as_str(), models))
    }

    /// Returns the name of a model; `None` where rows name none.
    pub(super) fn model(&self, index: usize) -> Option<&str> {
        self.models.get(index)?.as_deref()
    }

    fn index(&mut self, model: Option<&str>) -> usize {
        let model = model.map(str::to_owned);
        match self.models.iter().position(|known| *known == model) {
            Some(index) => index,
            None if self.models.len() < MODELS => {
                self.models.push(model);
                self.models.len() - 1
            }
            None => MODELS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(hour: &str, model: &str, pico: i128) -> Total {
        Total {
            hour: Some(hour.to_owned()),
            model: Some(model.to_owned()),
            cost_usd: Some(Usd::from_pico(pico)),
            first_tokens: 5,
            output_tokens: 2,
            ..Total::default()
        }
    }

    #[test]
    fn an_hour_belongs_to_the_day_of_the_reader() {
        let mut spent = SpentByDay::default();
        let berlin = Zone::new(Some("Europe/Berlin")).unwrap();
        spent.take(&total("2026-11-20T22:00:00Z", "a", 1), &berlin);
        spent.take(&total("2026-11-20T23:00:00Z", "a", 2), &berlin);
        spent.take(&total("2026-11-20T23:00:00Z", "b", 4), &berlin);
        spent.take(&total("nonsense", "b", 8), &berlin);
        let days: Vec<_> = spent.days().collect();
        assert_eq!(days.len(), 2);
        assert_eq!(days[0].0, "2026-11-20");
        assert_eq!(days[1].0, "2026-11-21");
        assert_eq!(days[1].1[&1].cost, Some(Usd::from_pico(4)));
        assert_eq!(days[1].1[&0].tokens, 7);
        assert_eq!(spent.model(1), Some("b"));
    }

    #[test]
    fn models_without_end_are_one() {
        let mut spent = SpentByDay::default();
        let utc = Zone::new(Some("UTC")).unwrap();
        for n in 0..1_000 {
            spent.take(&total("2026-11-20T22:00:00Z", &format!("m{n}"), 1), &utc);
        }
        let (_, models) = spent.days().next().unwrap();
        assert_eq!(models.len(), MODELS + 1);
        assert_eq!(models[&MODELS].tokens, 7 * (1_000 - MODELS as i64));
    }
}
