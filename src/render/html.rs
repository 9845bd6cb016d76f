//! The report as a web page: one file that asks for nothing else and holds no scripts.
//!
//! Every string from input passes [`tidy`](super::tidy::tidy) and then the escaping of maud, and is
//! the text of an element. No attribute holds any part of it: attributes are words of this program
//! and numbers. The page forbids itself whatever it does not need ([`page`]), so that a string that
//! got through all the same could neither run nor load anything.
//!
//! Each section of the page is one module. They share the unit of the page, which is dollars where
//! prices are known and tokens otherwise ([`PageUnit`]), and the places of a drawing in hundredths
//! of its width ([`scale`]).

mod bought;
mod cards;
mod chart;
mod days;
mod glossary;
mod heading;
mod on_what;
mod page;
mod periods;
mod places;
mod scale;
mod sessions;
mod tables;
mod tiles;
mod trust;
mod unit;
mod words;

use anyhow::Result;
use maud::{Markup, PreEscaped, html};

use self::unit::PageUnit;
use super::layout::Layout;
use super::report::ReportContent;

/// A line end between two elements, so that a page can be compared line by line.
const LINE_END: PreEscaped<&str> = PreEscaped("\n");

pub(super) fn lay_out(report: &ReportContent, layout: &Layout) -> Result<String> {
    let title = heading::title(report, layout);
    Ok(page::page(&title, &body(report, layout)).into_string())
}

fn body(report: &ReportContent, layout: &Layout) -> Markup {
    let unit = PageUnit::of(report);
    html! {
        (heading::heading(report, layout))
        (LINE_END)
        @if report.has_no_sessions() {
            p { "No sessions found." }
        } @else if let Some(summary) = &report.summary {
            (tiles::tiles(summary))
            (cards::do_this_first(report, summary, layout))
            (bought::bought(summary, unit))
        } @else {
            p { "The stream was not ranked, so that this report has no opening and no findings." }
        }
        (on_what::on_what(report, unit, layout))
        (sessions::dearest(report, unit, layout))
        (days::by_day(report, unit, layout))
        (trust::trust(report, layout))
        (tables::folded(report, layout))
        (glossary::glossary())
        (heading::colophon(report, layout))
    }
}

#[cfg(test)]
mod tests;
