//! The report for a terminal: tables aligned, text wrapped, no colours.

use anyhow::Result;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, presets};
use textwrap::WordSplitter;
use unicode_width::UnicodeWidthStr;

use super::findings::{self, FindingText};
use super::layout::Layout;
use super::report::ReportContent;
use super::table::grid::ReportTable;
use super::{coverage, opening, table};
use crate::number::counted;

pub(super) fn lay_out(report: &ReportContent, layout: &Layout) -> Result<String> {
    let mut text = opening::lines(report, layout).join("\n") + "\n";
    if !report.findings.is_empty() {
        text += "\nFindings\n";
        for found in &report.findings {
            let finding_text = findings::finding_text(found, layout);
            finding(found.rank, &finding_text, layout, &mut text);
        }
        let more = report.findings_left_out();
        if more > 0 {
            text += &format!("\n    {more} more (tok-rank --top)\n");
        }
    }
    for table in table::all(report, layout) {
        text.push('\n');
        wrapped("", "", table.title, layout, &mut text);
        text += &aligned(&table, layout);
    }
    text += "\nRests on\n";
    for (label, phrase) in coverage::lines(report, layout) {
        labelled("  ", label, 9, &phrase.plain(), layout, &mut text);
    }
    Ok(text)
}

fn finding(rank: u64, finding: &FindingText, layout: &Layout, text: &mut String) {
    let first = format!(
        "\n{rank:>3} {:>7}  {}  {}\n",
        finding.worth,
        finding.rule.plain(),
        finding.severity
    );
    text.push_str(&first);
    wrapped("    ", "    ", &finding.message.plain(), layout, text);
    for (label, phrase) in &finding.lines {
        labelled("    ", label, 5, &phrase.plain(), layout, text);
    }
}

/// Appends a label, padded to `width`, and words that are wrapped to the right of it.
fn labelled(
    indent: &str,
    label: &str,
    width: usize,
    words: &str,
    layout: &Layout,
    text: &mut String,
) {
    let first = format!("{indent}{label:<width$}  ");
    wrapped(&first, &" ".repeat(first.width()), words, layout, text);
}

/// Appends words, wrapped; `first` and `others` are the starts of the first and the other lines.
fn wrapped(first: &str, others: &str, words: &str, layout: &Layout, text: &mut String) {
    let options = textwrap::Options::new(layout.columns)
        .initial_indent(first)
        .subsequent_indent(others);
    // Users copy paths and names from here, so these stay whole even where a line becomes too long.
    let options = options
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    for line in textwrap::wrap(words, options) {
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

fn aligned(table: &ReportTable, layout: &Layout) -> String {
    let mut lines = comfy_table::Table::new();
    lines.load_style(presets::NOTHING);
    lines.set_content_arrangement(ContentArrangement::Dynamic);
    lines.set_width(u16::try_from(layout.columns).unwrap_or(u16::MAX));
    let mut header = Vec::new();
    for (name, right) in table.columns {
        header.push(Cell::new(name).set_alignment(side(*right)));
    }
    lines.set_header(header);
    for row in &table.rows {
        let mut cells = Vec::new();
        for (phrase, (_, right)) in std::iter::zip(row, table.columns) {
            cells.push(Cell::new(phrase.plain()).set_alignment(side(*right)));
        }
        lines.add_row(cells);
    }
    for (at, column) in lines.column_iter_mut().enumerate() {
        // One space between the columns; the first column is indented by one space.
        column.set_padding((1, 0));
        // Columns without names from input, such as numbers and instants, are not wrapped.
        if is_trusted(table, at) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let mut text = String::new();
    for line in lines.lines() {
        text += &format!(" {}\n", line.trim_end());
    }
    if table.left_out > 0 {
        text += &format!(
            "  +{}\n",
            counted(table.left_out as u64, &format!("more {}", table.noun))
        );
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
