//! The report as one JSON object, for programs. Instants stay UTC and paths as they are.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Serialize, Serializer};

use super::bill::Content;
use super::growth::Growth;
use super::report::Own;
use super::spans::Costly;
use super::{Layout, Report};
use crate::record::{Coverage, Export, Finding, Skip, Summary, Total, Usage};

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
    /// The dearest, of those in the stream.
    spans: &'r [Costly],
    /// A `total` record for each thread and kind of content, over all hours and models.
    bill: Rows<'r>,
    sessions: &'r [Growth],
    /// How many more there were; the rows of the bill that name no thread are theirs.
    #[serde(skip_serializing_if = "is_zero")]
    sessions_left_out: usize,
    usage: &'r [Usage],
    exports: &'r [Export],
    /// What agents count themselves, where any does.
    #[serde(skip_serializing_if = "<[Own]>::is_empty")]
    ledgers: &'r [Own],
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
        spans: report.spans.all(),
        bill: Rows(report),
        sessions: &report.sessions,
        sessions_left_out: report.sessions_left_out,
        usage: &report.usage,
        exports: &report.exports,
        ledgers: &report.ledgers,
        disk_lines: report.disk_lines,
        disk_bytes: report.disk_bytes,
        skips: &report.skips,
        skip_records: report.skip_records,
        coverage: &report.coverage,
    };
    Ok(serde_json::to_string(&object)? + "\n")
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// The rows of the bill, made one by one while they are written.
struct Rows<'r>(&'r Report);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let sessions: BTreeMap<&str, &str> = self
            .0
            .sessions
            .iter()
            .map(|row| (row.thread.as_str(), row.session.as_str()))
            .collect();
        let total = |(thread, content, amounts): (&str, &Content, &Total)| {
            let Content {
                source,
                part,
                tool,
                server,
                command,
            } = content.clone();
            let session = sessions.get(thread).copied().unwrap_or_default().to_owned();
            Total {
                thread: thread.into(),
                session,
                source,
                part,
                tool,
                server,
                command,
                ..amounts.clone()
            }
        };
        to.collect_seq(self.0.bill.rows().map(total))
    }
}
