//! The findings as a table of tab-separated values, one on each line, for awk, cut and
//! spreadsheets.
//!
//! Characters that would end a cell or begin a formula are escaped ([`crate::display`]).

use anyhow::Result;

use super::layout::Layout;
use super::report::ReportContent;
use crate::display::tsv as cell;
use crate::record::{Finding, Usd};

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

pub(super) fn lay_out(report: &ReportContent, _: &Layout) -> Result<String> {
    let mut text = COLUMNS.join("\t") + "\n";
    for finding in &report.findings {
        text += &(row(finding)?.join("\t") + "\n");
    }
    Ok(text)
}

fn row(finding: &Finding) -> Result<[String; 19]> {
    let severity = serde_json::to_value(finding.severity)?;
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

fn optional(value: &Option<String>) -> String {
    cell(value.as_deref().unwrap_or_default())
}

fn first(values: &[String]) -> String {
    match values.first() {
        Some(value) => cell(value),
        None => String::new(),
    }
}

/// Returns the exact amount in dollars; empty where no price is known.
fn money(amount: Option<Usd>) -> String {
    match amount {
        Some(amount) => amount.to_string(),
        None => String::new(),
    }
}
