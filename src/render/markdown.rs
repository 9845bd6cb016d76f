//! The report in GitHub's markdown, for an issue or a pull request.
//!
//! Every string from input is in a code span or in a fence, unless it is free of markup. So no name
//! can become a link, an image, a mention, a table border or HTML. The report stays under a given
//! number of characters ([`fit`]), because GitHub refuses longer texts.

mod fit;

use anyhow::Result;

use self::fit::Section;
use super::findings::{self, FindingText};
use super::layout::Layout;
use super::phrase::{Fragment, Phrase};
use super::report::ReportContent;
use super::table::grid::ReportTable;
use super::{coverage, opening, table};

/// The share of the characters that findings may take when the other sections need room too:
/// numerator and denominator.
const FINDINGS_SHARE: (usize, usize) = (3, 4);

pub(super) fn lay_out(report: &ReportContent, layout: &Layout) -> Result<String> {
    let mut sections = vec![opening_section(report, layout)];
    if !report.findings.is_empty() {
        sections.push(findings_section(report, layout));
    }
    sections.extend(table::all(report, layout).iter().map(table_section));
    sections.push(coverage_section(report, layout));
    Ok(fit::fit(sections, layout.max_chars))
}

fn opening_section(report: &ReportContent, layout: &Layout) -> Section {
    let lines = opening::lines(report, layout).into_iter();
    let lines: Vec<String> = lines.map(|line| line + "\n").collect();
    let fence = "`".repeat(longest_run(&lines.concat()).max(2) + 1);
    Section {
        lead: format!("{fence}text\n"),
        items: lines,
        tail: format!("{fence}\n"),
        // No note of lines that are left out: the other sections repeat their facts.
        ..Section::default()
    }
}

fn findings_section(report: &ReportContent, layout: &Layout) -> Section {
    let mut items = Vec::new();
    for found in &report.findings {
        items.push(item(found.rank, &findings::finding_text(found, layout)));
    }
    let (part, whole) = FINDINGS_SHARE;
    Section {
        lead: "\n### Findings\n\n".into(),
        items,
        left_out: report.findings_left_out(),
        noun: "finding",
        most_chars: Some(layout.max_chars / whole * part),
        ..Section::default()
    }
}

fn item(rank: u64, finding: &FindingText) -> String {
    let rule = inline(&finding.rule, false);
    let message = inline(&finding.message, false);
    let mut text = format!(
        "- **{rank}.** **{}** {rule} ({}): {message}\n",
        finding.worth, finding.severity
    );
    for (label, phrase) in &finding.lines {
        text += &format!("  - {label}: {}\n", inline(phrase, false));
    }
    text
}

fn table_section(table: &ReportTable) -> Section {
    let mut names = Vec::new();
    let mut sides = Vec::new();
    for (name, right) in table.columns {
        names.push(*name);
        sides.push(if *right { "--:" } else { "---" });
    }
    let mut items = Vec::new();
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|cell| inline(cell, true)).collect();
        items.push(format!("| {} |\n", cells.join(" | ")));
    }
    Section {
        lead: format!(
            "\n### {}\n\n| {} |\n| {} |\n",
            table.title,
            names.join(" | "),
            sides.join(" | ")
        ),
        items,
        left_out: table.left_out as u64,
        noun: table.noun,
        ..Section::default()
    }
}

fn coverage_section(report: &ReportContent, layout: &Layout) -> Section {
    let mut items = Vec::new();
    for (label, phrase) in coverage::lines(report, layout) {
        items.push(format!("- {label}: {}\n", inline(&phrase, false)));
    }
    Section {
        lead: "\n### Rests on\n\n".into(),
        items,
        noun: "line",
        ..Section::default()
    }
}

/// Returns the phrase as markdown; only trusted text can act as markup.
fn inline(phrase: &Phrase, in_table: bool) -> String {
    let mut text = String::new();
    for fragment in &phrase.0 {
        match fragment {
            Fragment::Trusted(trusted) => append(&mut text, trusted),
            Fragment::Name(name) => append(&mut text, &code(name, in_table)),
            Fragment::Prose(sentence) => append(&mut text, &prose(sentence, in_table)),
        }
    }
    text
}

/// Returns a sentence as markdown: text between backticks, and text that could act as markup, is
/// put into code spans.
fn prose(text: &str, in_table: bool) -> String {
    let mut prose = String::new();
    for (i, part) in text.split('`').enumerate() {
        let is_quoted = i % 2 == 1;
        if !is_quoted && is_harmless(part) {
            append(&mut prose, part);
            continue;
        }
        // The spaces around the code stay outside of the span, so that they separate words.
        let inner = part.trim();
        let (before, after) = if inner.is_empty() {
            (part, "")
        } else {
            part.split_once(inner).unwrap_or_default()
        };
        append(&mut prose, before);
        append(&mut prose, &code(inner, in_table));
        append(&mut prose, after);
    }
    prose
}

/// Appends a part, with a space between two code spans, because their fences would become one.
fn append(text: &mut String, part: &str) {
    if text.ends_with('`') && part.starts_with('`') {
        text.push(' ');
    }
    text.push_str(part);
}

/// Whether markdown shows the text as it is: it consists of letters, digits and punctuation that
/// neither markdown nor GitHub's links (mentions, issues, commits, addresses) and emoji use.
fn is_harmless(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || " .,:;()%'+-/=×·…–?\"".contains(c);
    text.chars().all(is_plain) && !may_have_emoji(text) && !text.split(' ').any(is_linked)
}

/// Whether something other than a space or a digit follows a colon, as in `:+1:`.
fn may_have_emoji(text: &str) -> bool {
    let mut after_colon = false;
    for c in text.chars() {
        if after_colon && c != ' ' && !c.is_ascii_digit() {
            return true;
        }
        after_colon = c == ':';
    }
    false
}

/// Whether GitHub may turn the word into a link: a commit, an address or an issue.
fn is_linked(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let is_commit = word.len() >= 7 && word.bytes().all(|b| b.is_ascii_hexdigit());
    is_commit
        || word.contains("://")
        || word.to_ascii_lowercase().contains("www.")
        || word.to_ascii_uppercase().contains("GH-")
}

/// Returns the text as a code span. Its fence is longer than any run of backticks in the text, so
/// the text cannot end the span.
fn code(text: &str, in_table: bool) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    // GitHub splits a row at bars before it looks for code spans, so bars are escaped. A backslash
    // before a bar would undo the escape, so it becomes `\u{5c}`.
    let text = if in_table {
        text.replace("\\|", "\\u{5c}|").replace('|', "\\|")
    } else {
        text.to_owned()
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
