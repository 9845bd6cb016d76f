//! Rows as text: a table with notes for people, TSV for programs.

use super::choices::Of;
use super::column::Column;
use super::key::named;
use super::naive;
use super::report::{Report, Row};
use super::sums::Sums;
use super::table::{self, TextColumn};
use crate::display;
use crate::number::{tokens, usd};
use crate::skip::visible;

/// A header and the rows, tab-separated.
pub(super) fn tsv(report: &Report, rows: &[Row]) -> String {
    let mut names: Vec<&str> = report.shape.by.iter().map(String::as_str).collect();
    names.extend(report.columns.iter().map(|column| column.name));
    let mut text = names.join("\t") + "\n";
    for (key, sums) in rows {
        let mut values: Vec<String> = Vec::new();
        for value in key.iter() {
            values.push(display::tsv(value));
        }
        for column in &report.columns {
            values.push((column.cell)(sums).exact());
        }
        text += &values.join("\t");
        text.push('\n');
    }
    text
}

/// A table no wider than `width`, and notes under it.
pub(super) fn table(report: &Report, rows: &[Row], width: usize) -> String {
    // One row is its own total.
    let total = if rows.len() == 1 {
        None
    } else {
        Some(report.total)
    };
    let mut all = Vec::new();
    for (at, name) in report.shape.by.iter().enumerate() {
        all.push(names(name, at, rows, total.is_some()));
    }
    for column in &report.columns {
        all.extend(figures(column, rows, total));
    }
    let shown = table::fitted(all, width);
    let mut text = table::lines(&shown);
    let has_values = shown
        .iter()
        .any(|column| column.rank > 0 && column.head == "p95");
    let options = textwrap::Options::new(width)
        .subsequent_indent("  ")
        .break_words(false);
    for note in notes(report, has_values) {
        for line in textwrap::wrap(&note, &options) {
            text += &format!("{line}\n");
        }
    }
    text
}

/// The column of the key at that place.
fn names(name: &str, at: usize, rows: &[Row], with_total: bool) -> TextColumn {
    let mut cells = Vec::new();
    for (key, _) in rows {
        cells.push(match key.get(at) {
            None => String::new(),
            Some(value) if value.is_empty() => "-".to_owned(),
            Some(value) => visible(value).into_owned(),
        });
    }
    if with_total {
        let label = if at == 0 { "total" } else { "" };
        cells.push(label.to_owned());
    }
    TextColumn {
        head: name.to_owned(),
        is_name: true,
        rank: 0,
        cells,
    }
}

/// The column of a figure; `None` where text leaves it out, or it may be left out and is empty.
fn figures(column: &Column, rows: &[Row], total: Option<&Sums>) -> Option<TextColumn> {
    let mut cells = Vec::new();
    for (_, sums) in rows {
        cells.push((column.cell)(sums));
    }
    if let Some(total) = total {
        cells.push((column.cell)(total));
    }
    let is_empty = column.rank > 0 && cells.iter().all(|cell| cell.is_nothing());
    if column.head.is_empty() || is_empty {
        return None;
    }
    Some(TextColumn {
        head: column.head.to_owned(),
        is_name: false,
        rank: column.rank,
        cells: cells.into_iter().map(|cell| cell.text()).collect(),
    })
}

/// What the figures rest on. `has_values`: the table shows averages and percentiles.
fn notes(report: &Report, has_values: bool) -> Vec<String> {
    let shape = report.shape;
    let mut basis = Vec::new();
    if shape.by.iter().any(|key| is_period(key)) {
        basis.push(format!("times in {}", shape.tz));
    }
    if let Some(prices) = &report.prices {
        basis.push(format!("list prices of {}", visible(prices)));
    }
    if has_values && shape.kind() == Of::Requests {
        let (per, basis_name) = (&shape.per, &shape.basis);
        basis.push(format!("avg to max: tokens per {per}, basis {basis_name}"));
    }
    let mut notes = Vec::new();
    if !basis.is_empty() {
        notes.push(basis.join("; "));
    }
    notes.extend(report.notes.lines());
    let mut columns = report.columns.iter();
    if columns.any(|column| column.name == "uncalled_threads") {
        let vain = "in vain: threads that offer it and never call it, where their files tell \
            what they offer";
        notes.push(format!(
            "{vain}; schemas: carried for it, and at most what it costs to offer it"
        ));
    }
    if shape.extra.naive {
        notes.push(naive_note(report.total));
    }
    notes
}

/// Whether the key of that name is a period of time.
fn is_period(name: &str) -> bool {
    name != "turn" && named(name).is_some_and(|key| key.in_order)
}

/// What a plain sum of the usage lines gives, and what it is off by.
fn naive_note(total: &Sums) -> String {
    let all = total.naive();
    let of = |n: i64| tokens(n.unsigned_abs());
    let mut note = format!(
        "a plain sum of the usage lines: {} in, {} out",
        of(all.input_tokens),
        of(all.output_tokens)
    );
    if total.cost().is_some() {
        note += &format!(", {}", usd(all.cost_usd));
    }
    for (reason, extra) in &total.naive {
        let sign = if extra.lines < 0 { "-" } else { "+" };
        note += &format!(
            "; {sign}{} in, {sign}{} out: {} {}",
            of(extra.input_tokens),
            of(extra.output_tokens),
            extra.lines.unsigned_abs(),
            naive::words(reason)
        );
    }
    note
}
