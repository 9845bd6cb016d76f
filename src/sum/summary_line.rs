//! The line of `--summary`: average and percentiles of all rows together.

use super::choices::{self, Per};
use super::column::tenths;
use super::report::Report;

/// The average and the percentiles; a line each for hooks and spawns where they are asked for.
pub(super) fn text(report: &Report) -> String {
    let (shape, total) = (report.shape, report.total);
    let values = &total.values;
    let count = values.count();
    let plural = if count == 1 { "" } else { "s" };
    let turns = format!("{count} {}{plural}", noun(&shape.per));
    let mut text = format!(
        "avg={} p50={} p95={} (over {turns}, basis {})\n",
        tenths(values.mean_tenths().unwrap_or(0)),
        tenths(values.percentile_tenths(50).unwrap_or(0)),
        tenths(values.percentile_tenths(95).unwrap_or(0)),
        shape.basis
    );
    if shape.extra.hooks {
        let (bytes, each) = (total.hook_bytes, average(total.hook_bytes, count));
        text += &format!("hook_bytes={bytes} avg={each} (over {turns})\n");
    }
    if shape.extra.spawns {
        let (spawns, each) = (total.spawns, average(total.spawns, count));
        text += &format!("spawns={spawns} avg={each} (over {turns})\n");
    }
    text
}

/// What one value is. A request is called a turn: the benchmark that this line is compared with
/// calls a response of the model a turn.
fn noun(per: &str) -> &'static str {
    match choices::named(per) {
        Per::Turn => "user turn",
        Per::Thread => "thread",
        Per::Request => "turn",
    }
}

/// The share of one of `count` in a sum, rounded down to a tenth.
fn average(sum: i64, count: u64) -> String {
    let sum = u128::from(u64::try_from(sum).unwrap_or(0));
    let share = sum * 10 / u128::from(count.max(1));
    tenths(u64::try_from(share).unwrap_or(u64::MAX))
}
