//! The findings as a table of tab-separated values, one line each, for awk, cut and spreadsheets.
//!
//! In a value, a tab is `\t`, a line feed `\n`, a carriage return `\r` and a backslash `\\`; other
//! control characters are shown as `\u{1b}`. A cell that a spreadsheet would take for a formula
//! begins with `'`.

use anyhow::Result;

use super::{Layout, Report};
use crate::record::{Finding, Usd};
use crate::skip::visible;

const COLUMNS: &[&str] = &[
    "rank",
    "rule",
    "severity",
    "net_tokens",
    "waste_tokens",
    "carried_tokens",
    "tokens",
    "items",
    "project",
    "subject",
    "session",
    "thread",
    "span",
    "place",
    "fingerprint",
    "message",
    "remedy",
    "waste_usd",
    "net_usd",
];

pub(super) fn lay_out(report: &Report, _: &Layout) -> Result<String> {
    let mut text = COLUMNS.join("\t") + "\n";
    for finding in &report.findings {
        text += &(row(finding)?.join("\t") + "\n");
    }
    Ok(text)
}

fn row(finding: &Finding) -> Result<[String; 19]> {
    let severity = serde_json::to_value(finding.severity)?;
    let optional = |value: &Option<String>| cell(value.as_deref().unwrap_or_default());
    let first = |values: &[String]| cell(values.first().map_or("", String::as_str));
    Ok([
        finding.rank.to_string(),
        cell(&finding.rule),
        cell(severity.as_str().unwrap_or_default()),
        finding.net_tokens.to_string(),
        finding.waste_tokens.to_string(),
        finding.carried_tokens.to_string(),
        finding.tokens.to_string(),
        finding.items.to_string(),
        optional(&finding.project),
        optional(&finding.subject),
        optional(&finding.session),
        optional(&finding.thread),
        first(&finding.spans),
        first(&finding.places),
        cell(&finding.fingerprint),
        cell(&finding.message),
        cell(&finding.remedy),
        money(finding.waste_usd),
        money(finding.net_usd),
    ])
}

/// Dollars, exact; empty where no price is known.
fn money(amount: Option<Usd>) -> String {
    amount.map_or(String::new(), |amount| amount.to_string())
}

fn cell(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r");
    let harmless = visible(&escaped);
    if harmless.starts_with(['=', '+', '-', '@']) { format!("'{harmless}") } else { harmless.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_no_tab_no_line_end_and_no_formula() {
        assert_eq!(cell("a\tb\nc\\d\u{1b}[2J"), "a\\tb\\nc\\\\d\\u{1b}[2J");
        assert_eq!(cell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
    }
}
