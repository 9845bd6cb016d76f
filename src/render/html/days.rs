//! What each day cost, as columns of the models that were paid for, and the same as a table.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use maud::{Markup, html};

use super::LINE_END;
use super::periods::{PeriodColumn, Periods, SpentByModel, periods};
use super::scale::{pixels, place};
use super::unit::PageUnit;
use super::words::{glued, name};
use crate::number::{counted, tokens, usd};
use crate::record::Usd;
use crate::render::days::Spent;
use crate::render::layout::Layout;
use crate::render::report::ReportContent;

/// The most models that have colours of their own; there is one more colour for all others.
const MODELS: usize = 6;
/// Pixels of the highest column.
const TALL: u64 = 150;

/// Returns the section; nothing where no day is known, or only one.
pub(super) fn by_day(report: &ReportContent, unit: PageUnit, layout: &Layout) -> Markup {
    let Some(periods) = periods(&report.days) else {
        return html! {};
    };
    if periods.columns.len() < 2 {
        return html! {};
    }
    let models = ModelOrder::of(&periods, unit);
    let heading = match unit {
        PageUnit::Dollars => format!("Cost per {}", periods.noun),
        PageUnit::Tokens => format!("Tokens per {}", periods.noun),
    };
    html! {
        section aria-labelledby="days" {
            h2 id="days" { (heading) }
            (LINE_END)
            ul class="key" { @for at in 0..models.colours() {
                li { (swatch(at)) " " (models.name(at, report, layout)) }
            } }
            (LINE_END)
            (chart(&periods, &models, unit, &heading))
            (LINE_END)
            (ends(&periods))
            (LINE_END)
            (as_table(&periods, &models, report, unit, layout))
        }
        (LINE_END)
    }
}

/// Which model has which colour: the dearest the first.
struct ModelOrder {
    first: Vec<usize>,
    has_others: bool,
}

impl ModelOrder {
    fn of(periods: &Periods, unit: PageUnit) -> ModelOrder {
        let mut sums: BTreeMap<usize, Spent> = BTreeMap::new();
        for column in &periods.columns {
            for (model, spent) in &column.spent {
                sums.entry(*model).or_default().add(*spent);
            }
        }
        let mut sums: Vec<(usize, Spent)> = sums.into_iter().collect();
        sums.retain(|(_, spent)| unit.weight(*spent) > 0);
        sums.sort_by_key(|(_, spent)| Reverse(unit.weight(*spent)));
        ModelOrder {
            has_others: sums.len() > MODELS,
            first: sums.iter().take(MODELS).map(|(model, _)| *model).collect(),
        }
    }

    fn colours(&self) -> usize {
        self.first.len() + usize::from(self.has_others)
    }

    fn name(&self, at: usize, report: &ReportContent, layout: &Layout) -> Markup {
        match self.first.get(at) {
            Some(model) => match report.days.model(*model) {
                Some(model) => name(model, 40, layout),
                None => html! { "no named model" },
            },
            None => html! { "other models" },
        }
    }

    /// What was paid in a column, by colour.
    fn split(&self, column: &SpentByModel) -> Vec<Spent> {
        let mut parts = vec![Spent::default(); self.first.len() + 1];
        for (model, spent) in column {
            let at = self.first.iter().position(|known| known == model);
            if let Some(part) = parts.get_mut(at.unwrap_or(self.first.len())) {
                part.add(*spent);
            }
        }
        parts
    }
}

/// The length of a column.
fn weight(column: &PeriodColumn, unit: PageUnit) -> u64 {
    let weights = column.spent.values().map(|spent| unit.weight(*spent));
    weights.fold(0, u64::saturating_add)
}

fn sum(spent: &SpentByModel) -> Spent {
    let mut sum = Spent::default();
    for part in spent.values() {
        sum.add(*part);
    }
    sum
}

fn chart(periods: &Periods, models: &ModelOrder, unit: PageUnit, heading: &str) -> Markup {
    let highest = periods.columns.iter().map(|column| weight(column, unit));
    let highest = highest.max().unwrap_or(0);
    html! {
        svg class="chart" width="100%" height=(TALL + 14) role="img"
            aria-labelledby="days-title days-about" {
            title id="days-title" { (heading) }
            desc id="days-about" { (in_words(periods, unit)) }
            @for (at, column) in periods.columns.iter().enumerate() {
                (column_of(at, column, periods.columns.len(), highest, models, unit))
            }
            (lines(highest, unit))
        }
    }
}

/// Rectangles on top of each other, the dearest model at the bottom.
fn column_of(
    at: usize,
    column: &PeriodColumn,
    all: usize,
    highest: u64,
    models: &ModelOrder,
    unit: PageUnit,
) -> Markup {
    // A tenth of a column on each side is a gap; two columns have at most a sixth of the width.
    let all = (all.max(6) as u64).saturating_mul(10);
    let x = place(at as u64 * 10 + 1, all);
    let width = place(8, all);
    let mut below: u64 = 0;
    let mut rects = Vec::new();
    for (colour, spent) in models.split(&column.spent).into_iter().enumerate() {
        let above = below.saturating_add(unit.weight(spent));
        let (low, high) = (pixels(below, highest, TALL), pixels(above, highest, TALL));
        if high > low {
            rects.push((colour, 14 + TALL - high, high - low));
        }
        below = above;
    }
    html! {
        @for (colour, y, height) in &rects {
            rect class={ "model" (colour) } x=(x) width=(width) y=(y) height=(height) {}
        }
    }
}

/// Lines at round amounts, with their names.
fn lines(highest: u64, unit: PageUnit) -> Markup {
    let step = super::scale::step(highest);
    let mut amounts = Vec::new();
    for n in 1..=4 {
        let amount = step.saturating_mul(n);
        if highest > 0 && amount <= highest {
            let words = match unit {
                PageUnit::Dollars => usd(Usd::from_pico(i128::from(amount) * 1_000_000)),
                PageUnit::Tokens => tokens(amount),
            };
            amounts.push((14 + TALL - pixels(amount, highest, TALL), words));
        }
    }
    html! {
        @for (y, words) in &amounts {
            line class="grid" x1="0" x2="100%" y1=(y) y2=(y) {}
            text class="size" x="3" y=(y - 3) aria-hidden="true" { (words) }
        }
        line class="axis" x1="0" x2="100%" y1=(14 + TALL) y2=(14 + TALL) {}
    }
}

fn in_words(periods: &Periods, unit: PageUnit) -> String {
    let mut words = counted(periods.columns.len() as u64, periods.noun);
    let dearest = periods
        .columns
        .iter()
        .max_by_key(|column| weight(column, unit));
    if let Some(dearest) = dearest {
        let amount = unit.amount(sum(&dearest.spent));
        words += &format!(
            "; most was spent in the {} from {}: {amount}.",
            periods.noun, dearest.first
        );
    }
    words + " The numbers are in the table below."
}

/// The line below the chart: its first and its last day.
fn ends(periods: &Periods) -> Markup {
    let (Some(first), Some(last)) = (periods.columns.first(), periods.columns.last()) else {
        return html! {};
    };
    // A short chart is not as wide as the page.
    let is_wide = periods.columns.len() >= 6;
    html! {
        p class="ends note" aria-hidden="true" {
            span { (first.first) @if !is_wide { " to " (last.first) } }
            @if is_wide { span { (last.first) } }
        }
        @if periods.left_out > 0 {
            p class="note" { (counted(periods.left_out as u64, "earlier year")) " left out." }
        }
    }
}

fn as_table(
    periods: &Periods,
    models: &ModelOrder,
    report: &ReportContent,
    unit: PageUnit,
    layout: &Layout,
) -> Markup {
    let spent = periods.columns.iter();
    let spent = spent.filter(|column| !column.spent.is_empty());
    html! {
        details {
            summary id="days-table" { "The same as a table" }
            div class="scroll" role="region" aria-labelledby="days-table" tabindex="0" {
                table {
                    thead { tr {
                        th scope="col" { (periods.noun) }
                        @for at in 0..models.colours() {
                            th scope="col" class="number" { (models.name(at, report, layout)) }
                        }
                        th scope="col" class="number" { "all" }
                    } }
                    (LINE_END)
                    tbody { @for column in spent { (row(column, models, unit)) } }
                }
            }
        }
    }
}

fn row(column: &PeriodColumn, models: &ModelOrder, unit: PageUnit) -> Markup {
    let amount = |spent: Spent| match spent.tokens {
        0 => String::new(),
        _ => glued(&unit.amount(spent)),
    };
    let mut parts = models.split(&column.spent);
    parts.truncate(models.colours());
    html! {
        tr {
            th scope="row" { (column.first) }
            @for spent in parts { td class="number" { (amount(spent)) } }
            td class="number" { (amount(sum(&column.spent))) }
        }
        (LINE_END)
    }
}

fn swatch(colour: usize) -> Markup {
    html! {
        svg class="swatch" width="12" height="12" aria-hidden="true" {
            rect class={ "model" (colour) } width="12" height="12" {}
        }
    }
}
