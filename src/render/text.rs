//! The report for a terminal: aligned, wrapped to its columns, no colour.

use anyhow::Result;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, presets};
use textwrap::WordSplitter;
use unicode_width::UnicodeWidthStr;

use super::phrase::Phrase;
use super::table::Table;
use super::{Layout, Report, findings, head, rests, table};
use crate::number::counted;

pub(super) fn lay_out(report: &Report, layout: &Layout) -> Result<String> {
    let mut text = head::lines(report, layout).join("\n") + "\n";
    if !report.findings.is_empty() {
        text += "\nFindings\n";
        report.findings.iter().for_each(|found| {
            finding(
                found.rank,
                &findings::item(found, layout),
                layout,
                &mut text,
            )
        });
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
    for (label, phrase) in rests::lines(report, layout) {
        labelled("  ", label, 9, &phrase.plain(), layout, &mut text);
    }
    Ok(text)
}

fn finding(rank: u64, item: &findings::Item, layout: &Layout, text: &mut String) {
    let first = format!(
        "\n{rank:>3} {:>7}  {}  {}\n",
        item.worth,
        item.rule.plain(),
        item.severity
    );
    text.push_str(&first);
    wrapped("    ", "    ", &item.message.plain(), layout, text);
    for (label, phrase) in &item.lines {
        labelled("    ", label, 5, &phrase.plain(), layout, text);
    }
}

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

fn wrapped(first: &str, others: &str, words: &str, layout: &Layout, text: &mut String) {
    let options = textwrap::Options::new(layout.columns)
        .initial_indent(first)
        .subsequent_indent(others);
    // Paths and names are copied from here: they stay whole, however long the line becomes.
    let options = options
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    for line in textwrap::wrap(words, options) {
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

fn aligned(table: &Table, layout: &Layout) -> String {
    let side = |right: bool| {
        if right {
            CellAlignment::Right
        } else {
            CellAlignment::Left
        }
    };
    let mut lines = comfy_table::Table::new();
    lines.load_style(presets::NOTHING);
    lines.set_content_arrangement(ContentArrangement::Dynamic);
    lines.set_width(u16::try_from(layout.columns).unwrap_or(u16::MAX));
    lines.set_header(
        table
            .columns
            .iter()
            .map(|(name, right)| Cell::new(name).set_alignment(side(*right))),
    );
    for row in &table.rows {
        let cells = row.iter().zip(table.columns);
        lines.add_row(
            cells.map(|(phrase, (_, right))| Cell::new(phrase.plain()).set_alignment(side(*right))),
        );
    }
    for (at, column) in lines.column_iter_mut().enumerate() {
        // A space between the columns; the first begins where the other lines begin.
        column.set_padding((1, 0));
        // Numbers and instants stay whole, names give way.
        let is_ours = |row: &Vec<Phrase>| row.get(at).is_none_or(Phrase::is_ours);
        if table.rows.iter().all(is_ours) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let mut text: String = lines
        .lines()
        .map(|line| format!(" {}\n", line.trim_end()))
        .collect();
    if table.left_out > 0 {
        text += &format!(
            "  +{}\n",
            counted(table.left_out as u64, &format!("more {}", table.noun))
        );
    }
    text
}
