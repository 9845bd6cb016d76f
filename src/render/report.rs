//! The content of a report, gathered from the records of the stream.
//!
//! Sums and rows are kept, not records, so that memory does not grow with the stream. This module
//! does not know any format.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::bill::BillByThread;
use super::days::SpentByDay;
use super::delegation::Delegations;
use super::growth::Growth;
use super::spans::CostlySpans;
use crate::record::{
    Checked, Coverage, Disk, Event, Export, Extent, Finding, Ledger, Request, Session, Skip,
    Stream, Summary, Total, Usage, Usd, WhatIf,
};
use crate::zone::Zone;

/// The number of skip records that a report shows; further ones are only counted.
const SKIPS_NAMED: usize = 10;

/// When threads are dropped, this number of the most expensive threads, and this number of those
/// with the largest input, keep their rows.
const KEPT: usize = 1_000;
/// The number of threads at which threads are dropped. Their amounts stay in the sums.
const MOST: usize = 3 * KEPT;

/// Everything that a format may show. Memory: a row for each of the largest threads, for each kind
/// of content in such a thread, and for each finding.
#[derive(Debug, Default)]
pub struct ReportContent {
    /// The time range that the user asked for, if any: its start.
    pub(super) since: Option<String>,
    /// The exclusive end of that time range.
    pub(super) until: Option<String>,
    pub(super) summary: Option<Summary>,
    /// In the order of `tok-rank`.
    pub(super) findings: Vec<Finding>,
    /// The thread with the largest input first; empty before [`ReportContent::close`].
    pub(super) sessions: Vec<Growth>,
    /// The number of dropped threads.
    pub(super) sessions_left_out: usize,
    /// The work that dropped threads did for other sessions.
    pub(super) delegations: Delegations,
    /// What was paid for, by thread and kind of content.
    pub(super) bill: BillByThread,
    /// The most expensive spans of the stream.
    pub(super) spans: CostlySpans,
    pub(super) usage: Vec<Usage>,
    /// All but the rows of single minutes.
    pub(super) exports: Vec<Export>,
    /// What settings would have saved on all threads, as tok-whatif suggests them.
    pub(super) settings: Vec<WhatIf>,
    /// The figures of the agents' ledgers.
    pub(super) ledgers: Vec<AgentLedger>,
    /// The number of requests that are known from the agents' ledgers only.
    pub(super) by_ledger: u64,
    /// Lines of session files that were sent to no model, and their bytes.
    pub(super) disk_lines: u64,
    pub(super) disk_bytes: u64,
    /// The first few skip records, and the number of all.
    pub(super) skips: Vec<Skip>,
    pub(super) skip_records: u64,
    pub(super) coverage: Option<Coverage>,
    /// What each day cost; only for a format with charts.
    pub(super) days: SpentByDay,
    /// The zone of these days; absent where the format has no charts.
    charted: Option<Zone>,
    streams: u64,
    threads: BTreeMap<String, Growth>,
}

/// The usage that an agent counted itself, and its cost at list prices.
#[derive(Debug, Serialize)]
pub(super) struct AgentLedger {
    #[serde(flatten)]
    pub(super) ledger: Ledger,
    #[serde(flatten)]
    pub(super) checked: Checked,
}

impl ReportContent {
    /// Takes the time range of a stream. Several streams in one (`cat a b`) have the range that
    /// contains all of theirs.
    pub(super) fn stream(&mut self, stream: Stream) {
        self.streams += 1;
        if self.streams == 1 {
            self.since = stream.since;
            self.until = stream.until;
            return;
        }
        self.since = match (self.since.take(), stream.since) {
            (Some(since), Some(other)) => Some(since.min(other)),
            _ => None,
        };
        self.until = match (self.until.take(), stream.until) {
            (Some(until), Some(other)) => Some(until.max(other)),
            _ => None,
        };
    }

    pub(super) fn session(&mut self, session: Session) {
        self.thread(&session.thread.clone()).session(session);
    }

    pub(super) fn request(&mut self, request: &Request, cost: Option<Usd>) {
        self.by_ledger += u64::from(request.counted && request.reason.is_some());
        let is_charted = self.is_charted();
        let row = self.thread(&request.thread);
        row.request(request, cost);
        if is_charted {
            row.series.request(request);
        }
    }

    /// Keeps what charts show from here on: the contexts of each thread, and the days of this zone.
    pub(super) fn draw(&mut self, zone: &Zone) {
        self.charted = Some(zone.clone());
    }

    /// Whether the format has charts.
    pub(super) fn is_charted(&self) -> bool {
        self.charted.is_some()
    }

    /// Marks an event in the chart of its thread.
    pub(super) fn event(&mut self, event: &Event) {
        if let Some(row) = self.threads.get_mut(&event.thread) {
            row.series.event(event);
        }
    }

    pub(super) fn disk(&mut self, disk: &Disk) {
        self.disk_lines = self.disk_lines.saturating_add(disk.lines);
        self.disk_bytes = self.disk_bytes.saturating_add(disk.bytes);
    }

    pub(super) fn export(&mut self, export: Export) {
        if export.extent != Extent::Minute {
            self.exports.push(export);
        }
    }

    /// Takes what a policy would have saved; that of a single thread is not shown.
    pub(super) fn setting(&mut self, tried: WhatIf) {
        if tried.thread.is_none() {
            self.settings.push(tried);
        }
    }

    pub(super) fn skip(&mut self, skip: Skip) {
        self.skip_records += 1;
        if self.skips.len() < SKIPS_NAMED {
            self.skips.push(skip);
        }
    }

    /// Sorts the rows and the findings. The caller calls it once, at the end of the stream.
    pub(super) fn close(&mut self) {
        self.sessions = std::mem::take(&mut self.threads).into_values().collect();
        // The map has sorted the threads by name, and the sort is stable. So the order of equal
        // rows is defined too.
        self.sessions.sort_by(|a, b| {
            b.input_tokens
                .cmp(&a.input_tokens)
                .then_with(|| a.started.cmp(&b.started))
        });
        self.findings.sort_by_key(|finding| finding.rank);
    }

    /// Whether there is neither a session nor a finding to report on. Tables of what is recorded
    /// outside sessions may follow all the same.
    pub(super) fn has_no_sessions(&self) -> bool {
        let threads = match &self.summary {
            Some(summary) => summary.threads,
            None => 0,
        };
        threads == 0 && self.sessions.is_empty() && self.findings.is_empty()
    }

    /// Returns the row of a thread.
    pub(super) fn row(&self, thread: &str) -> Option<&Growth> {
        self.sessions.iter().find(|row| row.thread == thread)
    }

    /// The number of findings that `tok-rank --top` left out.
    pub(super) fn findings_left_out(&self) -> u64 {
        let all = match &self.summary {
            Some(summary) => summary.findings,
            None => 0,
        };
        all.saturating_sub(self.findings.len() as u64)
    }

    /// Adds a row to the bill.
    pub(super) fn total(&mut self, total: Total) {
        if self.bill.len() >= MOST && !self.bill.has(&total.thread) {
            self.drop_threads();
        }
        if let Some(zone) = &self.charted {
            self.days.take(&total, zone);
        }
        self.bill.take(total);
    }

    /// Drops all threads but the most expensive and those with the largest input.
    fn drop_threads(&mut self) {
        let mut keep: HashSet<String> = HashSet::new();
        for (thread, _) in self.bill.sums().into_iter().take(KEPT) {
            keep.insert(thread.to_owned());
        }
        let mut by_input: Vec<&Growth> = self.threads.values().collect();
        by_input.sort_by_key(|row| Reverse(row.input_tokens));
        for row in by_input.into_iter().take(KEPT) {
            keep.insert(row.thread.clone());
        }
        let dropped = self
            .threads
            .extract_if(.., |thread, _| !keep.contains(thread));
        for (_, row) in dropped {
            self.sessions_left_out += 1;
            self.delegations.take(&row);
        }
        self.bill.keep(&keep);
    }

    fn thread(&mut self, thread: &str) -> &mut Growth {
        if self.threads.len() >= MOST && !self.threads.contains_key(thread) {
            self.drop_threads();
        }
        self.threads
            .entry(thread.to_owned())
            .or_insert_with(|| Growth {
                thread: thread.to_owned(),
                ..Growth::default()
            })
    }
}
