//! The report as one JSON object, for programs. Instants stay UTC and paths as they are.

use anyhow::Result;
use serde::Serialize;

use super::growth::Growth;
use super::{Layout, Report};
use crate::record::{Coverage, Finding, Skip, Summary, Usage};

/// What the object holds; keys without a value are left out, as in records.
#[derive(Serialize)]
struct Object<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    since: &'r Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: &'r Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: &'r Option<Summary>,
    findings: &'r [Finding],
    sessions: &'r [Growth],
    usage: &'r [Usage],
    disk_lines: u64,
    disk_bytes: u64,
    /// The first ten; `skip_records` says how many there were.
    skips: &'r [Skip],
    skip_records: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: &'r Option<Coverage>,
}

pub(super) fn lay_out(report: &Report, _: &Layout) -> Result<String> {
    let object = Object {
        since: &report.since,
        until: &report.until,
        summary: &report.summary,
        findings: &report.findings,
        sessions: &report.sessions,
        usage: &report.usage,
        disk_lines: report.disk_lines,
        disk_bytes: report.disk_bytes,
        skips: &report.skips,
        skip_records: report.skip_records,
        coverage: &report.coverage,
    };
    Ok(serde_json::to_string(&object)? + "\n")
}
