//! The findings as a table of tab-separated values, one line each, for awk, cut and spreadsheets.
//!
//! What in a value would end its cell, or be a formula, is escaped ([`crate::display`]).

use anyhow::Result;

use super::{Layout, Report};
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
