//! The report as one JSON object, for programs. Instants stay in UTC and paths are not shortened.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Serialize, Serializer};

use super::bill::ContentLabel;
use super::growth::Growth;
use super::layout::Layout;
use super::report::{AgentLedger, ReportContent};
use super::spans::CostlySpan;
use crate::record::{Coverage, Export, Finding, Skip, Summary, Total, Usage, WhatIf};

/// The object. Keys without a value are omitted, as in records.
#[derive(Serialize)]
struct JsonReport<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    since: &'r Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: &'r Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: &'r Option<Summary>,
    findings: &'r [Finding],
    /// The most expensive spans of those in the stream.
    spans: &'r [CostlySpan],
    /// A `total` record for each thread and kind of content, over all hours and models.
    bill: BillRows<'r>,
    sessions: &'r [Growth],
    /// The number of further threads; the rows of the bill without a thread are the sums of theirs.
    #[serde(skip_serializing_if = "is_zero")]
    sessions_left_out: usize,
    usage: &'r [Usage],
    exports: &'r [Export],
    /// The agents' ledgers, if any agent keeps one.
    #[serde(skip_serializing_if = "<[AgentLedger]>::is_empty")]
    ledgers: &'r [AgentLedger],
    /// What settings would have saved (`tok-whatif --suggest`).
    #[serde(skip_serializing_if = "<[WhatIf]>::is_empty")]
    settings: &'r [WhatIf],
    disk_lines: u64,
    disk_bytes: u64,
    /// The first ten of `skip_records`.
    skips: &'r [Skip],
    skip_records: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: &'r Option<Coverage>,
}

pub(super) fn lay_out(report: &ReportContent, _: &Layout) -> Result<String> {
    let object = JsonReport {
        since: &report.since,
        until: &report.until,
        summary: &report.summary,
        findings: &report.findings,
        spans: report.spans.all(),
        bill: BillRows(report),
        sessions: &report.sessions,
        sessions_left_out: report.sessions_left_out,
        usage: &report.usage,
        exports: &report.exports,
        ledgers: &report.ledgers,
        settings: &report.settings,
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

/// The rows of the bill; each is built when it is written.
struct BillRows<'r>(&'r ReportContent);

impl Serialize for BillRows<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut sessions: BTreeMap<&str, &str> = BTreeMap::new();
        for row in &self.0.sessions {
            sessions.insert(&row.thread, &row.session);
        }
        let rows = self.0.bill.rows().map(|(thread, kind, amounts)| {
            let session = sessions.get(thread).copied().unwrap_or_default();
            row(thread, session, kind, amounts)
        });
        to.collect_seq(rows)
    }
}

fn row(thread: &str, session: &str, kind: &ContentLabel, amounts: &Total) -> Total {
    let ContentLabel {
        source,
        part,
        tool,
        server,
        command,
    } = kind.clone();
    Total {
        thread: thread.to_owned(),
        session: session.to_owned(),
        source,
        part,
        tool,
        server,
        command,
        ..amounts.clone()
    }
}
