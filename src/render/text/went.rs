//! Where it went: the portions of the bill, with bars.

use unicode_width::UnicodeWidthStr;

use super::blank;
use super::wrap::cut;
use crate::record::Summary;
use crate::render::ink::{Ink, InkedLine};
use crate::render::layout::Layout;
use crate::render::portion::{Portion, portions, whole};
use crate::render::report::ReportContent;
use crate::render::unit::Unit;

/// The most columns of a label.
const LABEL: usize = 34;
/// The fewest columns of an amount, and those of a share, with the blanks before them.
const AMOUNT: usize = 13;
const SHARE: usize = 7;
/// The most columns of a bar.
const BAR: usize = 40;

/// The section; without a bill there is none.
pub(super) fn section(
    summary: &Summary,
    report: &ReportContent,
    most: usize,
    layout: &Layout,
) -> Vec<InkedLine> {
    let unit = Unit::of(summary);
    let portions = portions(report, unit, most);
    if portions.is_empty() {
        return Vec::new();
    }
    let whole = whole(report);
    let amounts = portions
        .iter()
        .map(|portion| amount(portion, unit).width() + 2);
    let amount_columns = amounts.max().unwrap_or(0).max(AMOUNT);
    let columns = layout.columns.saturating_sub(amount_columns + SHARE);
    let label = LABEL.min(columns.saturating_sub(3)).max(8);
    let bar = columns.saturating_sub(2 + label + 1).min(BAR);
    let end = 2 + label + 1 + bar;
    let heading = InkedLine::of(Ink::Heading, "WHERE IT WENT")
        .up_to(end)
        .right(Ink::Faint, unit.name(), amount_columns)
        .right(Ink::Faint, "share", SHARE);
    let mut lines = vec![blank(), heading];
    let sizes = portions.iter().map(|portion| size(portion, unit));
    let largest = sizes.max().unwrap_or(0);
    for portion in &portions {
        let share = unit.share((portion.cost, portion.tokens), (whole.cost, whole.tokens));
        let line = blank()
            .plain("  ")
            .plain(cut(portion.label, label))
            .up_to(2 + label + 1)
            .and(
                Ink::Bar,
                "#".repeat(length(size(portion, unit), largest, bar)),
            )
            .up_to(end)
            .right(Ink::Strong, &amount(portion, unit), amount_columns)
            .right(Ink::Plain, &share, SHARE);
        lines.push(line);
    }
    lines
}

fn amount(portion: &Portion, unit: Unit) -> String {
    unit.amount(portion.cost, portion.tokens)
}

fn size(portion: &Portion, unit: Unit) -> i128 {
    unit.size(portion.cost, portion.tokens)
}

/// The columns of a bar: the largest fills the room, and none that is something is empty.
fn length(size: i128, largest: i128, room: usize) -> usize {
    if size <= 0 || largest <= 0 {
        return 0;
    }
    let all = i128::try_from(room).unwrap_or(0);
    let columns = size.saturating_mul(all).saturating_add(largest / 2) / largest;
    usize::try_from(columns)
        .unwrap_or(0)
        .clamp(1, room.max(1))
        .min(room)
}
