//! The tables of the bill: what was paid for, in all and by session, and how the size of the input
//! is known.
//!
//! The columns add up: rows that a table leaves out are added up in a row `others`, and the last
//! row of the bill is the sum of the counted requests.

use super::cells::{self, CELL_COLUMNS, part_suffix, session};
use super::grid::{ROWS, ReportColumn, ReportTable};
use crate::number::{grouped, percent_signed, percent_usd, signed};
use crate::record::{Total, Usd};
use crate::render::bill::{self, ContentLabel, Statement, tokens};
use crate::render::layout::Layout;
use crate::render::phrase::Phrase;
use crate::render::report::ReportContent;

/// The most sessions of a table: half the usual number, because two tables have them.
const SESSIONS: usize = ROWS / 2;
/// The number of these sessions whose kinds of content are shown, and the most kinds of each: more
/// rows would hide the rest of the report.
const IN_FULL: usize = 5;
const KINDS: usize = 5;

pub(super) const BILL: &[ReportColumn] = &[
    ("what", false),
    ("first", true),
    ("cached", true),
    ("uncached", true),
    ("written", true),
    ("produced", true),
    ("cost", true),
    ("share", true),
];

const KNOWN: &[ReportColumn] = &[
    ("session", false),
    ("input", true),
    ("counted", true),
    ("difference", true),
    ("split", true),
    ("estimated", true),
    ("unrecorded", true),
    ("unexplained", true),
];

/// What all sessions paid for.
pub(super) fn in_all(report: &ReportContent, layout: &Layout) -> Option<ReportTable> {
    let statement = report.bill.all();
    if tokens(&statement.sum) == 0 {
        return None;
    }
    let mut rows = lines(&statement, ROWS, "", layout);
    rows.push(row(Phrase::trusted("sum"), &statement.sum, &statement.sum));
    Some(ReportTable {
        title: "The bill: tokens sent first, sent again cached and uncached, written to the \
            cache, produced",
        columns: BILL,
        rows,
        left_out: 0,
        noun: "row",
    })
}

/// What each session paid, and for the most expensive sessions what they paid for. `None` if there
/// is only one session, because the whole bill is its table.
pub(super) fn by_session(report: &ReportContent, layout: &Layout) -> Option<ReportTable> {
    let (sums, whole) = (report.bill.sums(), report.bill.whole());
    if sums.len() <= 1 {
        return None;
    }
    let mut rows = Vec::new();
    for (n, (thread, sum)) in sums.iter().take(SESSIONS).enumerate() {
        rows.push(row(session_name(thread, report, layout), sum, &whole));
        if n < IN_FULL {
            rows.extend(lines(&report.bill.of(thread), KINDS, "· ", layout));
        }
    }
    Some(ReportTable {
        title: "The bill by session; of the dearest, what was paid for",
        columns: BILL,
        rows,
        left_out: sums.len().saturating_sub(SESSIONS) + report.bill.dropped,
        noun: "session",
    })
}

/// How the size of the input is known, in all and by session.
pub(super) fn known(report: &ReportContent, layout: &Layout) -> Option<ReportTable> {
    let (sums, whole) = (report.bill.sums(), report.bill.whole());
    if by_basis(&whole) == [0; 6] {
        return None;
    }
    let mut rows = vec![amounts(&whole), shares(Phrase::trusted("share"), &whole)];
    if sums.len() > 1 {
        for (thread, sum) in sums.iter().take(SESSIONS) {
            rows.push(shares(session_name(thread, report, layout), sum));
        }
    }
    Some(ReportTable {
        title: "How the input is known: counted by a law, measured by reports (difference, \
            split), or not",
        columns: KNOWN,
        rows,
        left_out: sums.len().saturating_sub(SESSIONS) + report.bill.dropped,
        noun: "session",
    })
}

/// The rows of a statement without its sum; each name starts with `mark`.
fn lines(statement: &Statement, most: usize, mark: &str, layout: &Layout) -> Vec<Vec<Phrase>> {
    let marked = |name: &str| Phrase::trusted(format!("{mark}{name}"));
    let whole = &statement.sum;
    let (named, others) = statement.lines.split_at(statement.lines.len().min(most));
    let mut rows = Vec::new();
    for (kind, amounts) in named {
        rows.push(row(content_name(kind, mark, layout), amounts, whole));
    }
    if !others.is_empty() {
        let sum = bill::sum(others.iter().map(|(_, amounts)| amounts));
        let kinds = if others.len() == 1 { "kind" } else { "kinds" };
        let name = format!("others ({} {kinds})", grouped(others.len() as u64));
        rows.push(row(marked(&name), &sum, whole));
    }
    if statement.unrecorded != Total::default() {
        rows.push(row(marked("unrecorded"), &statement.unrecorded, whole));
    }
    if statement.unexplained.unexplained_tokens != 0 {
        rows.push(row(marked("unexplained"), &statement.unexplained, whole));
    }
    if statement.fees.fee_cost_usd != Usd::ZERO {
        rows.push(row(marked("web searches"), &statement.fees, whole));
    }
    rows
}

/// The name of a kind of content: `Bash git diff output`, `assistant reasoning`, `project_doc`.
pub(in crate::render) fn content_name(kind: &ContentLabel, mark: &str, layout: &Layout) -> Phrase {
    let mut name = String::new();
    if let Some(tool) = &kind.tool {
        // The source `tools` has the definitions of tools, not their calls.
        if kind.source.as_deref() == Some("tools") {
            name.push_str("definition of ");
        }
        if let Some(server) = &kind.server {
            name += &format!("{server}.");
        }
        name.push_str(tool);
    }
    if let Some(command) = &kind.command {
        if kind.tool.is_some() {
            name.push(' ');
        }
        name.push_str(command);
    }
    if name.is_empty() {
        name = kind.source.clone().unwrap_or_default();
    }
    Phrase::trusted(mark)
        .name_within(&name, CELL_COLUMNS, layout)
        .and(part_suffix(kind.part.unwrap_or_default()))
}

fn session_name(thread: &str, report: &ReportContent, layout: &Layout) -> Phrase {
    match report.row(thread) {
        Some(row) => session(row, layout),
        None => cells::name(thread, layout),
    }
}

/// A row of the bill. The share is that of the cost; without prices, that of the tokens.
pub(super) fn row(name: Phrase, amounts: &Total, whole: &Total) -> Vec<Phrase> {
    let share = match (amounts.cost_usd, whole.cost_usd) {
        (Some(cost), Some(whole)) => percent_usd(cost, whole),
        (None, Some(_)) => "-".into(),
        (_, None) => percent_signed(tokens(amounts), tokens(whole)),
    };
    let numbers = [
        signed(amounts.first_tokens),
        signed(amounts.resent_cached_tokens),
        signed(amounts.resent_uncached_tokens),
        signed(amounts.cache_write_tokens),
        signed(amounts.output_tokens),
        cells::cost(amounts.cost_usd),
        share,
    ];
    let mut cells = vec![name];
    cells.extend(numbers.map(Phrase::trusted));
    cells
}

/// The input by how its size is known, in the order of the columns of [`KNOWN`].
fn by_basis(row: &Total) -> [i64; 6] {
    [
        row.counted_tokens,
        row.difference_tokens,
        row.split_tokens,
        row.estimated_tokens,
        row.unrecorded_tokens,
        row.unexplained_tokens,
    ]
}

fn amounts(sum: &Total) -> Vec<Phrase> {
    let mut cells = vec![
        Phrase::trusted("all"),
        Phrase::trusted(signed(sum.input_tokens())),
    ];
    cells.extend(by_basis(sum).map(|tokens| Phrase::trusted(signed(tokens))));
    cells
}

fn shares(name: Phrase, sum: &Total) -> Vec<Phrase> {
    let whole = sum.input_tokens();
    let mut cells = vec![name, Phrase::trusted(signed(whole))];
    cells.extend(by_basis(sum).map(|tokens| Phrase::trusted(percent_signed(tokens, whole))));
    cells
}
