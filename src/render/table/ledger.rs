//! The table of the ledgers that agents keep outside their sessions, by account and time range.

use std::cmp::Reverse;

use super::cells::{minute, name};
use super::grid::{ReportColumn, ReportTable};
use crate::number::tokens;
use crate::record::{Level, Usage};
use crate::render::layout::Layout;
use crate::render::phrase::Phrase;
use crate::render::report::ReportContent;

const COLUMNS: &[ReportColumn] = &[
    ("account", false),
    ("level", false),
    ("from", false),
    ("input", true),
    ("output", true),
    ("in sessions", true),
    ("share", true),
    ("only here", true),
    ("only there", true),
];

/// The buckets of the ledgers, the largest first.
pub(super) fn ledger(report: &ReportContent, layout: &Layout) -> Option<ReportTable> {
    let mut buckets: Vec<&Usage> = report.usage.iter().collect();
    buckets.sort_by_key(|bucket| Reverse(bucket.input_tokens.saturating_add(bucket.output_tokens)));
    let title = "Ledgers outside the sessions";
    ReportTable::of(title, COLUMNS, "bucket", &buckets, |bucket| {
        row(bucket, layout)
    })
}

fn row(bucket: &Usage, layout: &Layout) -> Vec<Phrase> {
    let level = match bucket.level {
        Level::Entry => "entry",
        Level::Hour => "hour",
        Level::Day => "day",
        Level::Month => "month",
        Level::Ledger => "all",
    };
    let cells = [
        level.to_owned(),
        minute(Some(&bucket.start), layout),
        tokens(bucket.input_tokens),
        tokens(bucket.output_tokens),
        tokens(bucket.session_tokens),
        format!("{:.0}%", bucket.share * 100.0),
        tokens_or_dash(bucket.ledger_only_tokens),
        tokens_or_dash(bucket.session_only_tokens),
    ];
    let mut row = vec![name(&bucket.account, layout)];
    row.extend(cells.map(Phrase::trusted));
    row
}

fn tokens_or_dash(n: Option<u64>) -> String {
    match n {
        Some(n) => tokens(n),
        None => "-".into(),
    }
}
