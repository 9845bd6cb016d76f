//! The report for a terminal: short, or with every table ([`Layout::all`]).
//!
//! No line is longer than the columns of the layout: a terminal would break it anywhere.

mod first;
mod full;
mod grid;
mod head;
mod sessions;
mod settings;
mod short;
mod went;
mod wrap;

use anyhow::Result;

use super::ink::InkedLine;
use super::layout::Layout;
use super::report::ReportContent;

pub(super) fn lay_out(report: &ReportContent, layout: &Layout) -> Result<String> {
    let lines = if layout.all {
        full::lines(report, layout)
    } else {
        short::lines(report, layout)
    };
    let mut text = String::new();
    for line in lines {
        line.write(layout.colour, &mut text);
    }
    Ok(text)
}

/// A line without anything.
fn blank() -> InkedLine {
    InkedLine::default()
}

#[cfg(test)]
mod tests;
