//! The report in GitHub's markdown, for an issue or a pull request.
//!
//! Every string from input stands in a code span or a fence: there no name can become a link, an
//! image, a mention, a table border or HTML. The whole stays under a given number of characters
//! ([`fit`]): GitHub refuses longer bodies.

mod fit;

use std::borrow::Cow;

use anyhow::Result;

use self::fit::Section;
use super::phrase::{Phrase, Piece};
use super::table::Table;
use super::{Layout, Report, findings, head, rests, table};

/// Of all characters, how many the findings may take before the other sections have theirs.
const FINDINGS_SHARE: (usize, usize) = (3, 4);

pub(super) fn lay_out(report: &Report, layout: &Layout) -> Result<String> {
    let mut sections = vec![opening(report, layout)];
    sections.extend(found(report, layout));
    sections.extend(table::all(report, layout).iter().map(rows));
    sections.push(rest(report, layout));
    Ok(fit::fit(sections, layout.max_chars))
}

fn opening(report: &Report, layout: &Layout) -> Section {
    let lines: Vec<String> = head::lines(report, layout)
        .into_iter()
        .map(|line| line + "\n")
        .collect();
    let fence = "`".repeat(longest_run(&lines.concat()).max(2) + 1);
    Section {
        lead: format!("{fence}text\n"),
        items: lines,
        tail: format!("{fence}\n"),
        // What is left out of a fence needs no word: the sections say it all again.
        ..Section::default()
    }
}

fn found(report: &Report, layout: &Layout) -> Option<Section> {
    let items: Vec<String> = report
        .findings
        .iter()
        .map(|found| item(found.rank, &findings::item(found, layout)))
        .collect();
    let (part, whole) = FINDINGS_SHARE;
    (!items.is_empty()).then(|| Section {
        lead: "\n### Findings\n\n".into(),
        items,
        left_out: report.findings_left_out(),
        noun: "finding",
        most_chars: Some(layout.max_chars / whole * part),
        ..Section::default()
    })
}

fn item(rank: u64, item: &findings::Item) -> String {
    let rule = inline(&item.rule, false);
    let message = inline(&item.message, false);
    let mut text = format!(
        "- **{rank}.** **{}** {rule} ({}): {message}\n",
        item.worth, item.severity
    );
    for (label, phrase) in &item.lines {
        text += &format!("  - {label}: {}\n", inline(phrase, false));
    }
    text
}

fn rows(table: &Table) -> Section {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let sides: Vec<&str> = table
        .columns
        .iter()
        .map(|(_, right)| if *right { "--:" } else { "---" })
        .collect();
    let line = |cells: &[Cow<str>]| format!("| {} |\n", cells.join(" | "));
    Section {
        lead: format!(
            "\n### {}\n\n| {} |\n| {} |\n",
            table.title,
            names.join(" | "),
            sides.join(" | ")
        ),
        items: table
            .rows
            .iter()
            .map(|row| {
                line(
                    &row.iter()
                        .map(|cell| inline(cell, true))
                        .collect::<Vec<_>>(),
                )
            })
            .collect(),
        left_out: table.left_out as u64,
        noun: table.noun,
        ..Section::default()
    }
}

fn rest(report: &Report, layout: &Layout) -> Section {
    let lines = rests::lines(report, layout);
    Section {
        lead: "\n### Rests on\n\n".into(),
        items: lines
            .iter()
            .map(|(label, phrase)| format!("- {label}: {}\n", inline(phrase, false)))
            .collect(),
        noun: "line",
        ..Section::default()
    }
}

/// Sets a phrase so that nothing of it but our own words is markup.
fn inline(phrase: &Phrase, in_table: bool) -> Cow<'static, str> {
    let set = |piece: &Piece| match piece {
        Piece::Ours(text) => text.clone(),
        Piece::Name(text) => code(text, in_table),
        Piece::Prose(text) => prose(text, in_table),
    };
    joined(phrase.0.iter().map(set)).into()
}

/// A sentence: what stands between backticks is code, and so is all that could be markup.
fn prose(text: &str, in_table: bool) -> String {
    let parts = text.split('`').enumerate().flat_map(|(i, part)| {
        let quoted = i % 2 == 1;
        if !quoted && is_harmless(part) {
            return [part.to_owned(), String::new(), String::new()];
        }
        // The blanks around a piece of code stay outside, where they keep words apart.
        let inner = part.trim();
        let (before, after) = if inner.is_empty() {
            (part, "")
        } else {
            part.split_once(inner).unwrap_or_default()
        };
        [before.to_owned(), code(inner, in_table), after.to_owned()]
    });
    joined(parts)
}

/// Puts parts together, with a blank where the fences of two code spans would become one.
fn joined(parts: impl Iterator<Item = String>) -> String {
    parts
        .filter(|part| !part.is_empty())
        .fold(String::new(), |mut text, part| {
            if text.ends_with('`') && part.starts_with('`') {
                text.push(' ');
            }
            text + &part
        })
}

/// Whether the words can stand as they are: letters, digits and punctuation that no markdown and
/// none of GitHub's own links (mentions, issues, commits, addresses) is made of.
fn is_harmless(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || " .,:;()%'+-/=×·…–?\"".contains(c);
    let linked = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_commit = word.len() >= 7 && word.bytes().all(|b| b.is_ascii_hexdigit());
        is_commit
            || word.contains("://")
            || word.to_ascii_lowercase().contains("www.")
            || word.to_ascii_uppercase().contains("GH-")
    };
    let emoji = |(at, _): (usize, &str)| {
        text.get(at + 1..)
            .is_some_and(|rest| rest.starts_with(|c: char| !(c == ' ' || c.is_ascii_digit())))
    };
    text.chars().all(plain) && !text.match_indices(':').any(emoji) && !text.split(' ').any(linked)
}

/// A code span that the text cannot end: its fence is longer than any run of backticks in it.
fn code(text: &str, in_table: bool) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    let edge = |c: char| c == '`' || c == ' ';
    let pad = if text.starts_with(edge) || text.ends_with(edge) {
        " "
    } else {
        ""
    };
    // Cells are cut at bars before code spans are seen; a backslash before a bar would undo its
    // escape, and is spelt out.
    let text = if in_table {
        text.replace("\\|", "\\u{5c}|").replace('|', "\\|")
    } else {
        text.to_owned()
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
