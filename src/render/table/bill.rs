//! The tables of the bill: what was paid for in all and by session, and how its size is known.
//!
//! Columns add up: what a table leaves out stands in a row `others`, and the last row of the bill
//! is what the counted requests add up to.

use super::{CELL_COLUMNS, Column, ROWS, Table, part};
use crate::number::{grouped, percent_signed, percent_usd, signed, usd};
use crate::record::{Total, Usd};
use crate::render::bill::{self, Account, Content, tokens};
use crate::render::phrase::Phrase;
use crate::render::{Layout, Report};

/// Sessions that a table names: half as many as elsewhere, for there are two tables of them.
const SESSIONS: usize = ROWS / 2;
/// Of these, how many show their kinds of content, and how many kinds each: more would bury the
/// rest of the report.
const IN_FULL: usize = 5;
const KINDS: usize = 5;

pub(super) const BILL: &[Column] = &[
    ("what", false),
    ("first", true),
    ("cached", true),
    ("uncached", true),
    ("written", true),
    ("produced", true),
    ("cost", true),
    ("share", true),
];

const KNOWN: &[Column] = &[
    ("session", false),
    ("input", true),
    ("counted", true),
    ("difference", true),
    ("split", true),
    ("estimated", true),
    ("unrecorded", true),
    ("unexplained", true),
];

/// What was paid for in all.
pub(super) fn in_all(report: &Report, layout: &Layout) -> Option<Table> {
    let account = report.bill.all();
    let mut rows = lines(&account, ROWS, "", layout);
    rows.push(row(Phrase::ours("sum"), &account.sum, &account.sum));
    let title = "The bill: tokens sent first, sent again cached and uncached, written to the \
        cache, produced";
    (tokens(&account.sum) != 0).then_some(Table {
        title,
        columns: BILL,
        rows,
        left_out: 0,
        noun: "row",
    })
}

/// What each session paid, and the dearest of them for what; one alone has no table of its own.
pub(super) fn by_session(report: &Report, layout: &Layout) -> Option<Table> {
    let (sums, whole) = (report.bill.sums(), report.bill.whole());
    let mut rows = Vec::new();
    for (n, (thread, sum)) in sums.iter().take(SESSIONS).enumerate() {
        rows.push(row(name(thread, report, layout), sum, &whole));
        if n < IN_FULL {
            rows.extend(lines(&report.bill.of(thread), KINDS, "· ", layout));
        }
    }
    let left_out = sums.len().saturating_sub(SESSIONS) + report.bill.let_go;
    let title = "The bill by session; of the dearest, what was paid for";
    (sums.len() > 1).then_some(Table {
        title,
        columns: BILL,
        rows,
        left_out,
        noun: "session",
    })
}

/// How the size of what was sent is known, in all and by session.
pub(super) fn known(report: &Report, layout: &Layout) -> Option<Table> {
    let (sums, whole) = (report.bill.sums(), report.bill.whole());
    let mut rows = vec![amounts(&whole), shares(Phrase::ours("share"), &whole)];
    if sums.len() > 1 {
        let row = |(thread, sum): &(&str, Total)| shares(name(thread, report, layout), sum);
        rows.extend(sums.iter().take(SESSIONS).map(row));
    }
    let left_out = sums.len().saturating_sub(SESSIONS) + report.bill.let_go;
    let title =
        "How the input is known: counted by a law, measured by reports (difference, split), or not";
    let any = by_basis(&whole).iter().any(|tokens| *tokens != 0);
    any.then_some(Table {
        title,
        columns: KNOWN,
        rows,
        left_out,
        noun: "session",
    })
}

/// The rows of an account but for its sum, each name behind `mark`.
fn lines(account: &Account, most: usize, mark: &str, layout: &Layout) -> Vec<Vec<Phrase>> {
    let ours = |text: String| Phrase::ours(format!("{mark}{text}"));
    let (named, others) = account.lines.split_at(account.lines.len().min(most));
    let named = named
        .iter()
        .map(|(content, amounts)| (named_by(content, mark, layout), amounts.clone()));
    let mut rows: Vec<_> = named.collect();
    if !others.is_empty() {
        let sum = bill::sum(others.iter().map(|(_, amounts)| amounts));
        let kinds = if others.len() == 1 { "kind" } else { "kinds" };
        rows.push((
            ours(format!("others ({} {kinds})", grouped(others.len() as u64))),
            sum,
        ));
    }
    if account.unrecorded != Total::default() {
        rows.push((ours("unrecorded".into()), account.unrecorded.clone()));
    }
    if account.unexplained.unexplained_tokens != 0 {
        rows.push((ours("unexplained".into()), account.unexplained.clone()));
    }
    if account.fees.fee_cost_usd != Usd::ZERO {
        rows.push((ours("web searches".into()), account.fees.clone()));
    }
    rows.into_iter()
        .map(|(name, amounts)| row(name, &amounts, &account.sum))
        .collect()
}

/// A kind of content: `Bash git diff output`, `assistant reasoning`, `project_doc`.
fn named_by(content: &Content, mark: &str, layout: &Layout) -> Phrase {
    let tool = content.tool.as_deref().map(|tool| match &content.server {
        Some(server) => format!("{server}.{tool}"),
        None => tool.to_owned(),
    });
    // A definition of a tool is no call of it.
    let defined = content.source.as_deref() == Some("tools") && tool.is_some();
    let tool = tool.map(|tool| {
        if defined {
            format!("definition of {tool}")
        } else {
            tool
        }
    });
    let names = [tool.as_deref(), content.command.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let name = if names.is_empty() {
        content.source.as_deref().unwrap_or_default()
    } else {
        &names
    };
    Phrase::ours(mark)
        .name_within(name, CELL_COLUMNS, layout)
        .and(part(content.part.unwrap_or_default()))
}

/// A session as the tables of the bill call it: when it began, and its project.
fn name(thread: &str, report: &Report, layout: &Layout) -> Phrase {
    let Some(growth) = report.row(thread) else {
        return Phrase::default().name_within(thread, CELL_COLUMNS, layout);
    };
    super::session(growth, layout)
}

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
        amounts.cost_usd.map_or_else(|| "-".into(), usd),
        share,
    ];
    std::iter::once(name)
        .chain(numbers.map(Phrase::ours))
        .collect()
}

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
    let numbers = std::iter::once(sum.input_tokens())
        .chain(by_basis(sum))
        .map(signed);
    std::iter::once("all".to_owned())
        .chain(numbers)
        .map(Phrase::ours)
        .collect()
}

fn shares(name: Phrase, sum: &Total) -> Vec<Phrase> {
    let whole = sum.input_tokens();
    let shares = by_basis(sum).map(|tokens| Phrase::ours(percent_signed(tokens, whole)));
    [name, Phrase::ours(signed(whole))]
        .into_iter()
        .chain(shares)
        .collect()
}
