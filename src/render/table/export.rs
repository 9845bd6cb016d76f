//! The table of a provider's exports of usage: in all, by session and by day.
//!
//! Each of the three adds up the same minutes, so each row names its extent. Formats for programs
//! have the rows of minutes; this table does not.

use super::cells::minute;
use super::grid::{ReportColumn, ReportTable};
use crate::number::{grouped, tokens};
use crate::record::{Export, Extent};
use crate::render::layout::Layout;
use crate::render::phrase::Phrase;
use crate::render::report::ReportContent;

const COLUMNS: &[ReportColumn] = &[
    ("extent", false),
    ("from", false),
    ("to", false),
    ("requests", true),
    ("input", true),
    ("each", true),
    ("output", true),
    ("in:out", true),
    ("high burn", true),
    ("of limit", true),
];

/// The exports in the order of the stream, without the rows of minutes.
pub(super) fn export(report: &ReportContent, layout: &Layout) -> Option<ReportTable> {
    let title = "Exports of usage: what the provider counted, whatever sent it";
    ReportTable::of(title, COLUMNS, "row", &report.exports, |export| {
        row(export, layout)
    })
}

fn row(export: &Export, layout: &Layout) -> Vec<Phrase> {
    let extent = match export.extent {
        Extent::Whole => "whole",
        Extent::Session => "session",
        Extent::Day => "day (UTC)",
        Extent::Minute => "minute",
    };
    let ratio = match export.input_output_ratio {
        Some(ratio) => format!("{ratio:.1}"),
        None => "-".into(),
    };
    let limit_share = match export.limit_share {
        Some(share) => format!("{:.1}%", share * 100.0),
        None => "-".into(),
    };
    let cells = [
        extent.to_owned(),
        minute(Some(&export.start), layout),
        minute(Some(&export.end), layout),
        grouped(export.requests),
        tokens(export.input_tokens),
        tokens(export.mean_input_tokens),
        tokens(export.output_tokens),
        ratio,
        grouped(export.high_burn_minutes),
        limit_share,
    ];
    cells.map(Phrase::trusted).to_vec()
}
