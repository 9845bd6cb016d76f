//! A table for a terminal: columns aligned, names wrapped, and no line longer than there is room.
//!
//! Numbers and instants are never wrapped. Where there is no room for all of them beside the names,
//! columns from the middle are left out, and a line says which; the first and the last one stay.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Width, presets};
use unicode_width::UnicodeWidthStr;

use super::wrap::wrap;
use crate::number::counted;
use crate::render::ink::{Ink, InkedLine};
use crate::render::layout::Layout;
use crate::render::table::grid::ReportTable;

/// The fewest columns of a name.
const NAME: usize = 10;
/// The last columns of a table, the amount and its share, which are left out after all others.
const LAST: usize = 2;

/// The lines of the table below its title.
pub(in crate::render) fn lines(table: &ReportTable, layout: &Layout) -> Vec<InkedLine> {
    let (shown, left_out) = fitting(table, layout.columns);
    let mut lines = Vec::new();
    let rows = rows(table, &shown, layout.columns);
    for (n, row) in rows.lines().enumerate() {
        let ink = if n == 0 { Ink::Faint } else { Ink::Plain };
        lines.push(InkedLine::of(ink, format!(" {row}")));
    }
    let mut notes = Vec::new();
    if table.left_out > 0 {
        let noun = format!("more {}", table.noun);
        notes.push(format!("+{}", counted(table.left_out as u64, &noun)));
    }
    if !left_out.is_empty() {
        let columns = counted(left_out.len() as u64, "column");
        notes.push(format!(
            "{columns} left out: {} (--width)",
            left_out.join(", ")
        ));
    }
    for note in notes {
        for line in wrap(&note, layout.columns.saturating_sub(2)) {
            lines.push(InkedLine::of(Ink::Faint, format!("  {line}")));
        }
    }
    lines
}

/// Returns the columns that there is room for, and the names of the others.
fn fitting(table: &ReportTable, columns: usize) -> (Vec<usize>, Vec<&'static str>) {
    let mut shown: Vec<usize> = (0..table.columns.len()).collect();
    let mut left_out = Vec::new();
    loop {
        let needed: usize = shown.iter().map(|at| least(table, *at) + 1).sum();
        // The first column has a blank before it.
        if needed < columns {
            return (shown, left_out);
        }
        let end = shown.len().saturating_sub(1);
        let middle = shown.len().saturating_sub(LAST);
        let is_number = |n: &usize| shown.get(*n).is_some_and(|at| is_trusted(table, *at));
        let candidate = (1..middle)
            .rev()
            .find(is_number)
            .or((1..end).rev().find(is_number))
            .or((1..end).next_back());
        let Some(n) = candidate else {
            return (shown, left_out);
        };
        let at = shown.remove(n);
        if let Some((name, _)) = table.columns.get(at) {
            left_out.insert(0, name);
        }
    }
}

/// The fewest columns that a column of the table needs.
fn least(table: &ReportTable, at: usize) -> usize {
    let name = table.columns.get(at).map_or(0, |(name, _)| name.width());
    let cells = table.rows.iter().filter_map(|row| row.get(at));
    let widest = cells.map(|cell| cell.plain().width()).max().unwrap_or(0);
    let all = widest.max(name);
    if is_trusted(table, at) {
        all
    } else {
        all.min(NAME.max(name))
    }
}

fn rows(table: &ReportTable, shown: &[usize], columns: usize) -> String {
    let mut lines = comfy_table::Table::new();
    lines.load_style(presets::NOTHING);
    lines.set_content_arrangement(ContentArrangement::Dynamic);
    lines.set_width(u16::try_from(columns.saturating_sub(1)).unwrap_or(u16::MAX));
    let mut header = Vec::new();
    for at in shown {
        if let Some((name, right)) = table.columns.get(*at) {
            header.push(Cell::new(name).set_alignment(side(*right)));
        }
    }
    lines.set_header(header);
    for row in &table.rows {
        let mut cells = Vec::new();
        for at in shown {
            if let (Some(phrase), Some((_, right))) = (row.get(*at), table.columns.get(*at)) {
                cells.push(Cell::new(phrase.plain()).set_alignment(side(*right)));
            }
        }
        lines.add_row(cells);
    }
    for (column, at) in std::iter::zip(lines.column_iter_mut(), shown) {
        // One blank between the columns; the first column is indented by one blank.
        column.set_padding((1, 0));
        let width = u16::try_from(least(table, *at) + 1).unwrap_or(u16::MAX);
        // Columns without names from input, such as numbers and instants, are not wrapped.
        column.set_constraint(if is_trusted(table, *at) {
            ColumnConstraint::ContentWidth
        } else {
            ColumnConstraint::LowerBoundary(Width::Fixed(width))
        });
    }
    let mut text = String::new();
    for line in lines.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn side(right: bool) -> CellAlignment {
    if right {
        CellAlignment::Right
    } else {
        CellAlignment::Left
    }
}

/// Whether no cell of the column contains text from input.
fn is_trusted(table: &ReportTable, column: usize) -> bool {
    table.rows.iter().all(|row| match row.get(column) {
        Some(phrase) => phrase.is_trusted(),
        None => true,
    })
}
