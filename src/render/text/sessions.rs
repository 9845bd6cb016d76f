//! The dearest sessions, one line each.

use unicode_width::UnicodeWidthStr;

use super::blank;
use super::wrap::cut;
use crate::display::clip;
use crate::number::counted;
use crate::record::Summary;
use crate::render::dearest::{DearSession, dearest};
use crate::render::ink::{Ink, InkedLine};
use crate::render::layout::Layout;
use crate::render::report::ReportContent;
use crate::render::unit::Unit;

/// Columns of an instant.
const WHEN: usize = 12;
/// The number of columns of numbers, and the blanks before each.
const NUMBERS: usize = 5;
const BLANKS: usize = 2;
/// The fewest columns of a name.
const NAME: usize = 16;

/// The section; it is left out for a single session, which is the whole bill.
pub(super) fn section(
    summary: &Summary,
    report: &ReportContent,
    most: usize,
    layout: &Layout,
) -> Vec<InkedLine> {
    let unit = Unit::of(summary);
    let (sessions, more) = dearest(report, unit, most, layout);
    if sessions.len() + more <= 1 {
        return Vec::new();
    }
    let names = ["requests", "peak", "cached", unit.name(), "share"];
    let mut columns = names.map(|name| name.width() + BLANKS);
    for session in &sessions {
        for (most, (_, number)) in std::iter::zip(&mut columns, numbers(session)) {
            *most = (*most).max(number.width() + BLANKS);
        }
    }
    let columns = fitting(columns, layout.columns);
    let taken: usize = columns.iter().sum();
    let room = layout.columns.saturating_sub(2 + WHEN + taken);
    let mut heading = InkedLine::of(Ink::Heading, "DEAREST SESSIONS").up_to(2 + WHEN + room);
    for (name, columns) in std::iter::zip(names, columns) {
        if columns > 0 {
            heading = heading.right(Ink::Faint, name, columns);
        }
    }
    let mut lines = vec![blank(), heading];
    for session in &sessions {
        lines.push(row(session, room, columns));
    }
    if more > 0 {
        let more = counted(more as u64, "more session");
        let text = cut(
            &format!("  {more}: tok-report --by session"),
            layout.columns,
        );
        lines.push(InkedLine::of(Ink::Faint, text));
    }
    lines
}

fn numbers(session: &DearSession) -> [(Ink, &str); NUMBERS] {
    [
        (Ink::Plain, &session.requests),
        (Ink::Plain, &session.peak),
        (Ink::Plain, &session.cached),
        (Ink::Strong, &session.amount),
        (Ink::Plain, &session.share),
    ]
}

/// The columns of the numbers; where there is no room for all, the first have none.
fn fitting(mut columns: [usize; NUMBERS], all: usize) -> [usize; NUMBERS] {
    for at in 0..NUMBERS - 2 {
        if all >= 2 + WHEN + NAME + columns.iter().sum::<usize>() {
            break;
        }
        if let Some(column) = columns.get_mut(at) {
            *column = 0;
        }
    }
    columns
}

fn row(session: &DearSession, room: usize, columns: [usize; NUMBERS]) -> InkedLine {
    let mut line = blank()
        .plain("  ")
        .plain(session.when.clone())
        .up_to(2 + WHEN)
        .plain(clip(&session.name.plain(), room))
        .up_to(2 + WHEN + room);
    for ((ink, number), columns) in std::iter::zip(numbers(session), columns) {
        if columns > 0 {
            line = line.right(ink, number, columns);
        }
    }
    line
}
