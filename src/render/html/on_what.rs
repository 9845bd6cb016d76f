//! What the money was spent on: a bar for each tool, command and kind of content, the dearest
//! first.

use std::cmp::Reverse;

use maud::{Markup, html};

use super::LINE_END;
use super::bought::{bar, parts};
use super::unit::PageUnit;
use super::words::{glued, phrase};
use crate::number::counted;
use crate::record::{Total, Usd};
use crate::render::bill;
use crate::render::days::Spent;
use crate::render::layout::Layout;
use crate::render::phrase::Phrase;
use crate::render::report::ReportContent;
use crate::render::table::bill::content_name;

/// The number of kinds that have bars of their own.
const BARS: usize = 14;

/// Returns the section; nothing where there is no bill.
pub(super) fn on_what(report: &ReportContent, unit: PageUnit, layout: &Layout) -> Markup {
    let statement = report.bill.all();
    if bill::tokens(&statement.sum) == 0 {
        return html! {};
    }
    let mut rows: Vec<(Phrase, &Total)> = Vec::new();
    for (kind, total) in &statement.lines {
        rows.push((content_name(kind, "", layout), total));
    }
    rows.push((Phrase::trusted("not on disk"), &statement.unrecorded));
    rows.sort_by_key(|(_, total)| Reverse(unit.weight(Spent::of(total))));
    let rest = rows.split_off(rows.len().min(BARS));
    let others = bill::sum(rest.iter().map(|(_, total)| *total));
    let longest = rows.first().map(|(_, total)| unit.weight(Spent::of(total)));
    let longest = longest.unwrap_or(0);
    let whole = Spent::of(&statement.sum);
    html! {
        section aria-labelledby="what" {
            h2 id="what" { "On what" }
            (LINE_END)
            table class="bars" {
                thead {
                    tr {
                        th scope="col" { "content" }
                        td class="drawn" {}
                        th scope="col" class="number" { @match unit {
                            PageUnit::Dollars => "cost", PageUnit::Tokens => "amount",
                        } }
                        th scope="col" class="number" { "share" }
                    }
                }
                (LINE_END)
                tbody {
                    @for (name, total) in &rows {
                        @let bar = bar(&parts(total, unit), longest, "14");
                        (row(&phrase(name), total, &bar, whole, unit))
                    }
                    @if !rest.is_empty() {
                        @let name = html! { (counted(rest.len() as u64, "other")) };
                        (row(&name, &others, &html! {}, whole, unit))
                    }
                    @if statement.unexplained.unexplained_tokens != 0 {
                        @let name = html! { "unexplained" };
                        (row(&name, &statement.unexplained, &html! {}, whole, unit))
                    }
                    @if statement.fees.fee_cost_usd != Usd::ZERO {
                        @let name = html! { "fees for web searches" };
                        (row(&name, &statement.fees, &html! {}, whole, unit))
                    }
                }
            }
        }
        (LINE_END)
    }
}

fn row(name: &Markup, total: &Total, bar: &Markup, whole: Spent, unit: PageUnit) -> Markup {
    let spent = Spent::of(total);
    html! {
        tr {
            th scope="row" { (name) }
            td class="drawn" { (bar) }
            td class="number" { (glued(&unit.amount(spent))) }
            td class="number" { (glued(&unit.share(spent, whole))) }
        }
        (LINE_END)
    }
}
