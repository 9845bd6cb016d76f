//! The columns of a chart over time: days, or weeks, months or years where there are too many days.
//!
//! Days without requests have columns too, so that a pause looks like one.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

use crate::render::days::{Spent, SpentByDay};

/// The most columns: on a phone one has room for six pixels.
pub(super) const COLUMNS: usize = 60;

/// What was paid by index of the model.
pub(super) type SpentByModel = BTreeMap<usize, Spent>;

/// A column: the first day of its period, and what was paid in it.
pub(super) struct PeriodColumn {
    pub(super) first: Date,
    pub(super) spent: SpentByModel,
}

/// The columns from the first day to the last.
pub(super) struct Periods {
    /// `day`, `week`, `month` or `year`.
    pub(super) noun: &'static str,
    pub(super) columns: Vec<PeriodColumn>,
    /// The number of periods before the first column: only the latest are shown.
    pub(super) left_out: usize,
}

/// The length of a period, from the finest.
const PERIODS: [&str; 4] = ["day", "week", "month", "year"];

/// Returns the columns of the finest periods of which there are few enough; of years, the latest.
/// `None` where there is no day.
pub(super) fn periods(spent: &SpentByDay) -> Option<Periods> {
    let mut days = Vec::new();
    for (day, models) in spent.days() {
        if let Ok(date) = day.parse::<Date>() {
            days.push((date, models));
        }
    }
    let (first, last) = (days.first()?.0, days.last()?.0);
    for noun in PERIODS {
        let starts = starts(noun, first, last);
        if starts.len() > COLUMNS && noun != "year" {
            continue;
        }
        let left_out = starts.len().saturating_sub(COLUMNS);
        let mut columns = Vec::new();
        for first in starts.into_iter().skip(left_out) {
            columns.push(PeriodColumn {
                first,
                spent: SpentByModel::new(),
            });
        }
        for (day, models) in &days {
            let start = start_of(noun, *day);
            let Ok(at) = columns.binary_search_by_key(&start, |column| column.first) else {
                continue;
            };
            if let Some(column) = columns.get_mut(at) {
                for (model, spent) in *models {
                    column.spent.entry(*model).or_default().add(*spent);
                }
            }
        }
        return Some(Periods {
            noun,
            columns,
            left_out,
        });
    }
    None
}

/// The first days of all periods from one day to another, one more than fits at most: for years,
/// which are the last resort, all.
fn starts(noun: &str, first: Date, last: Date) -> Vec<Date> {
    let step: Span = match noun {
        "day" => 1.day(),
        "week" => 1.week(),
        "month" => 1.month(),
        _ => 1.year(),
    };
    let mut starts = Vec::new();
    let mut at = start_of(noun, first);
    while at <= last && (starts.len() <= COLUMNS || noun == "year") {
        starts.push(at);
        let Ok(next) = at.checked_add(step) else {
            break;
        };
        at = next;
    }
    starts
}

/// The first day of the period of a day; a week begins on Monday.
fn start_of(noun: &str, day: Date) -> Date {
    match noun {
        "week" => {
            let after = day.weekday().since(Weekday::Monday);
            day.checked_sub(i64::from(after).days()).unwrap_or(day)
        }
        "month" => day.first_of_month(),
        "year" => day.first_of_year(),
        _ => day,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Total, Usd};
    use crate::zone::Zone;

    fn of(days: &[&str]) -> Periods {
        let mut spent = SpentByDay::default();
        let utc = Zone::new(Some("UTC")).unwrap();
        for day in days {
            let total = Total {
                hour: Some(format!("{day}T10:00:00Z")),
                cost_usd: Some(Usd::from_pico(3)),
                ..Total::default()
            };
            spent.take(&total, &utc);
        }
        periods(&spent).unwrap()
    }

    #[test]
    fn a_pause_has_columns_and_a_long_time_has_longer_periods() {
        let week = of(&["2026-11-01", "2026-11-07"]);
        assert_eq!((week.noun, week.columns.len()), ("day", 7));
        assert!(week.columns[3].spent.is_empty());

        let quarter = of(&["2026-08-05", "2026-08-06", "2026-11-07"]);
        assert_eq!((quarter.noun, quarter.columns.len()), ("week", 14));
        assert_eq!(quarter.columns[0].first.to_string(), "2026-08-03");
        assert_eq!(quarter.columns[0].spent[&0].cost, Some(Usd::from_pico(6)));

        assert_eq!(of(&["2024-08-05", "2026-11-07"]).noun, "month");
        let ages = of(&["0001-01-01", "2026-11-07"]);
        assert_eq!((ages.noun, ages.columns.len()), ("year", COLUMNS));
        assert_eq!(ages.left_out, 2026 - COLUMNS);
    }
}
