//! The table of a provider's own exports of usage: as a whole, by session, by day.
//!
//! The three add up the same rows, so each row says what it is; minutes are left to programs.

use super::{Column, ROWS, Table};
use crate::number::{grouped, tokens};
use crate::record::{Export, Extent};
use crate::render::phrase::Phrase;
use crate::render::time;
use crate::render::{Layout, Report};

const EXPORT: &[Column] = &[
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

/// What the exports say, in the order of the stream but for minutes.
pub(super) fn export(report: &Report, layout: &Layout) -> Option<Table> {
    let rows: Vec<_> = report
        .exports
        .iter()
        .take(ROWS)
        .map(|export| row(export, layout))
        .collect();
    let left_out = report.exports.len() - rows.len();
    let title = "Exports of usage: what the provider counted, whatever sent it";
    (!rows.is_empty()).then_some(Table {
        title,
        columns: EXPORT,
        rows,
        left_out,
        noun: "row",
    })
}

fn row(export: &Export, layout: &Layout) -> Vec<Phrase> {
    let extent = match export.extent {
        Extent::Whole => "whole",
        Extent::Session => "session",
        Extent::Day => "day (UTC)",
        Extent::Minute => "minute",
    };
    let minute = |at: &str| time::minute(at, &layout.zone).unwrap_or_else(|| "-".into());
    let cells = [
        extent.to_owned(),
        minute(&export.start),
        minute(&export.end),
        grouped(export.requests),
        tokens(export.input_tokens),
        tokens(export.mean_input_tokens),
        tokens(export.output_tokens),
        export
            .input_output_ratio
            .map_or("-".into(), |ratio| format!("{ratio:.1}")),
        grouped(export.high_burn_minutes),
        export
            .limit_share
            .map_or("-".into(), |share| format!("{:.1} %", share * 100.0)),
    ];
    cells.map(Phrase::ours).to_vec()
}
