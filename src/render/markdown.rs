//! The report in GitHub's markdown, for an issue or a pull request.
//!
//! What a reader needs stands open: the amounts, what to do first, where it went. All else is
//! folded (`<details>`), and nobody has to scroll past it.
//!
//! Every string from input is in a code span, unless it is free of markup. So no name can become a
//! link, an image, a mention, a table border or HTML. The report stays under a given number of
//! characters ([`fit`]), because GitHub refuses longer texts.

mod fit;
mod inline;

use anyhow::Result;

use self::fit::Section;
use self::inline::inline;
use super::advice::{Advice, advice, fix_line, limits};
use super::dearest::{DearSession, dearest};
use super::facts::{facts, nothing, period, read};
use super::findings::{self, FindingText};
use super::layout::Layout;
use super::phrase::Phrase;
use super::portion::{Portion, portions, whole};
use super::report::ReportContent;
use super::table::grid::ReportTable;
use super::unit::Unit;
use super::{coverage, table};
use crate::number::tokens;
use crate::record::{Finding, Summary};

/// The share of the characters that findings may take when the other sections need room too:
/// numerator and denominator.
const FINDINGS_SHARE: (usize, usize) = (3, 4);
/// The most findings that stand open, rows of the bill, and sessions.
const FIRST: usize = 5;
const PORTIONS: usize = 8;
const SESSIONS: usize = 10;

pub(super) fn lay_out(report: &ReportContent, layout: &Layout) -> Result<String> {
    let mut sections = vec![opening_section(report, layout)];
    if let Some(summary) = &report.summary
        && nothing(report).is_none()
    {
        sections.extend(first_section(summary, report, layout));
        sections.extend(bill_section(summary, report));
        sections.extend(sessions_section(summary, report, layout));
    }
    if !report.findings.is_empty() {
        sections.push(findings_section(report, layout));
    }
    sections.extend(table::all(report, layout).iter().map(table_section));
    sections.push(coverage_section(report, layout));
    Ok(fit::fit(sections, layout.max_chars))
}

/// The heading, and a line for each of the amounts.
fn opening_section(report: &ReportContent, layout: &Layout) -> Section {
    let mut lead = format!("## tok: {}", inline(&period(report, layout), false));
    let mut items = Vec::new();
    if let Some(words) = nothing(report) {
        lead += "\n\n";
        for sentence in words {
            items.push(format!("- {sentence}\n"));
        }
    } else if let Some(summary) = &report.summary {
        let facts = facts(summary, report, layout);
        if let Some(spent) = facts.first() {
            lead += &format!(", {}", spent.amount);
        }
        lead += &format!("\n\n{}\n\n", inline(&read(summary, layout), false));
        for fact in &facts {
            items.push(format!(
                "- {} **{}**: {}\n",
                capital(fact.label),
                fact.amount,
                inline(&fact.words, false)
            ));
        }
    }
    Section {
        lead,
        items,
        // No note of lines that are left out: the other sections repeat their facts.
        ..Section::default()
    }
}

/// `SPENT` as `Spent`.
fn capital(label: &str) -> String {
    let rest = label.get(1..).unwrap_or_default().to_ascii_lowercase();
    format!("{}{rest}", label.get(..1).unwrap_or_default())
}

/// The findings that are worth most, one line each, and the limit that came nearest.
fn first_section(summary: &Summary, report: &ReportContent, layout: &Layout) -> Option<Section> {
    let unit = Unit::of(summary);
    let most = match layout.top {
        Some(0) => usize::MAX,
        Some(most) => most,
        None => FIRST,
    };
    let mut items = Vec::new();
    for one in advice(report, unit, layout).iter().take(most) {
        items.push(first_item(one));
    }
    if let Some(worst) = limits(report, unit).first() {
        let message = Phrase::default().prose(&worst.message, layout);
        items.push(format!("- **Limit** {}\n", inline(&message, false)));
    }
    if items.is_empty() {
        return None;
    }
    Some(Section {
        lead: "\n### Do this first\n\n".into(),
        items,
        ..Section::default()
    })
}

fn first_item(one: &Advice) -> String {
    let mut text = format!(
        "- **{}** **{}**: {}",
        one.worth,
        inline(&one.headline, false).trim(),
        inline(&one.evidence, false)
    );
    if let Some(place) = one.whereabouts() {
        text += &format!(" ({})", inline(&place, false));
    }
    text + "\n"
}

/// Where it went.
fn bill_section(summary: &Summary, report: &ReportContent) -> Option<Section> {
    let unit = Unit::of(summary);
    let portions = portions(report, unit, PORTIONS);
    if portions.is_empty() {
        return None;
    }
    let whole = whole(report);
    let row = |portion: &Portion| {
        let share = unit.share((portion.cost, portion.tokens), (whole.cost, whole.tokens));
        format!(
            "| {} | {} | {} | {share} |\n",
            portion.label,
            Unit::Tokens.amount(portion.cost, portion.tokens),
            Unit::Usd.amount(portion.cost, portion.tokens),
        )
    };
    Some(Section {
        lead:
            "\n### Where it went\n\n| what | tokens | cost | share |\n| --- | --: | --: | --: |\n"
                .into(),
        items: portions.iter().map(row).collect(),
        ..Section::default()
    })
}

fn sessions_section(summary: &Summary, report: &ReportContent, layout: &Layout) -> Option<Section> {
    let unit = Unit::of(summary);
    let (sessions, more) = dearest(report, unit, SESSIONS, layout);
    if sessions.is_empty() {
        return None;
    }
    let head = format!(
        "| when | session | requests | peak | cached | {} | share |\n\
         | --- | --- | --: | --: | --: | --: | --: |\n",
        unit.name()
    );
    let row = |session: &DearSession| {
        format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            session.when,
            inline(&session.name, true),
            session.requests,
            session.peak,
            session.cached,
            session.amount,
            session.share
        )
    };
    Some(Section {
        items: sessions.iter().map(row).collect(),
        left_out: more as u64,
        noun: "session",
        ..folded("Dearest sessions", &head)
    })
}

/// A section that is folded until a reader asks for it.
fn folded(title: &str, head: &str) -> Section {
    Section {
        lead: format!("\n<details><summary>{title}</summary>\n\n{head}"),
        tail: "\n</details>\n".into(),
        ..Section::default()
    }
}

fn findings_section(report: &ReportContent, layout: &Layout) -> Section {
    let mut items = Vec::new();
    for found in &report.findings {
        items.push(item(found, &findings::finding_text(found, layout), layout));
    }
    let (part, whole) = FINDINGS_SHARE;
    let count = report.findings.len() as u64 + report.findings_left_out();
    let title = format!("All findings in full, with what to set ({})", tokens(count));
    Section {
        items,
        left_out: report.findings_left_out(),
        noun: "finding",
        most_chars: Some(layout.max_chars / whole * part),
        ..folded(&title, "")
    }
}

fn item(found: &Finding, finding: &FindingText, layout: &Layout) -> String {
    let rule = inline(&finding.rule, false);
    let message = inline(&finding.message, false);
    let mut text = format!("- **{}.** **{}** ", found.rank, finding.worth);
    if let Some(headline) = &finding.headline {
        text += &format!("**{}**: ", inline(headline, false).trim());
    }
    text += &format!("{message} ({rule}, {})\n", finding.severity);
    for (label, phrase) in &finding.lines {
        text += &format!("  - {label}: {}\n", inline(phrase, false));
    }
    for fix in &found.fix {
        text += &format!("  - fix: {}\n", inline(&fix_line(fix, layout), false));
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
    let head = format!("| {} |\n| {} |\n", names.join(" | "), sides.join(" | "));
    Section {
        items,
        left_out: table.left_out as u64,
        noun: table.noun,
        ..folded(table.title, &head)
    }
}

fn coverage_section(report: &ReportContent, layout: &Layout) -> Section {
    let mut items = Vec::new();
    for (label, phrase) in coverage::lines(report, layout) {
        items.push(format!("- {label}: {}\n", inline(&phrase, false)));
    }
    Section {
        items,
        noun: "line",
        ..folded("Rests on", "")
    }
}

#[cfg(test)]
mod tests;
