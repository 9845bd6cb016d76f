//! The model of a report: what the records say, in the order a reader asks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::bill::Bill;
use super::errands::Errands;
use super::growth::Growth;
use super::spans::Spans;
use crate::record::{
    Checked, Coverage, Disk, Export, Extent, Finding, Ledger, Request, Session, Skip, Stream,
    Summary, Total, Usage, Usd,
};

/// How many skipped places a report names; the others are counted.
const SKIPS_NAMED: usize = 10;

/// So many threads that cost most, and so many of the largest input, have rows of their own in any
/// case.
const KEPT: usize = 1_000;
/// When there are more threads than this, all others are let go: what they paid stays in the sums.
const MOST: usize = 3 * KEPT;

/// All that the formats lay out. Memory: a row for each of the largest threads, each finding, and
/// each kind of content in such a thread.
#[derive(Debug, Default)]
pub struct Report {
    /// The window asked for, if any: start, and exclusive end.
    pub(super) since: Option<String>,
    pub(super) until: Option<String>,
    pub(super) summary: Option<Summary>,
    /// As `tok-rank` ordered them.
    pub(super) findings: Vec<Finding>,
    /// Largest input first, once the stream has ended.
    pub(super) sessions: Vec<Growth>,
    /// How many threads have no row of their own.
    pub(super) sessions_left_out: usize,
    /// What those of them did that others had started.
    pub(super) errands: Errands,
    /// What was paid for, by thread and kind of content.
    pub(super) bill: Bill,
    /// The few that cost most, of those that are in the stream.
    pub(super) spans: Spans,
    pub(super) usage: Vec<Usage>,
    /// All but minutes.
    pub(super) exports: Vec<Export>,
    /// What agents count themselves.
    pub(super) ledgers: Vec<Own>,
    /// Requests that only these tell.
    pub(super) by_ledger: u64,
    /// Lines and bytes that no model saw.
    pub(super) disk_lines: u64,
    pub(super) disk_bytes: u64,
    /// The first few skipped places, and how many there were.
    pub(super) skips: Vec<Skip>,
    pub(super) skip_records: u64,
    pub(super) coverage: Option<Coverage>,
    streams: u64,
    threads: BTreeMap<String, Growth>,
}

/// What an agent counts itself, and what that costs at list prices.
#[derive(Debug, Serialize)]
pub(super) struct Own {
    #[serde(flatten)]
    pub(super) ledger: Ledger,
    #[serde(flatten)]
    pub(super) checked: Checked,
}

impl Report {
    /// Several streams in one (`cat a b`): the window that holds all of theirs.
    pub(super) fn stream(&mut self, stream: Stream) {
        let first = self.streams == 0;
        self.streams += 1;
        self.since = if first {
            stream.since
        } else {
            self.since.take().zip(stream.since).map(|(a, b)| a.min(b))
        };
        self.until = if first {
            stream.until
        } else {
            self.until.take().zip(stream.until).map(|(a, b)| a.max(b))
        };
    }

    pub(super) fn session(&mut self, session: Session) {
        self.thread(&session.thread.clone()).session(session);
    }

    pub(super) fn request(&mut self, request: &Request, cost: Option<Usd>) {
        self.by_ledger += u64::from(request.counted && request.reason.is_some());
        self.thread(&request.thread).request(request, cost);
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

    pub(super) fn skip(&mut self, skip: Skip) {
        self.skip_records += 1;
        if self.skips.len() < SKIPS_NAMED {
            self.skips.push(skip);
        }
    }

    /// The stream has ended: brings the rows into order.
    pub(super) fn close(&mut self) {
        self.sessions = std::mem::take(&mut self.threads).into_values().collect();
        // The threads come sorted by name, and the sort is stable: no order is left to chance.
        self.sessions.sort_by(|a, b| {
            b.input_tokens
                .cmp(&a.input_tokens)
                .then_with(|| a.started.cmp(&b.started))
        });
        self.findings.sort_by_key(|finding| finding.rank);
    }

    /// Whether there is no session to report on, and nothing was found without one: tables of what
    /// is kept outside sessions may follow.
    pub(super) fn has_no_sessions(&self) -> bool {
        let threads = self.summary.as_ref().map_or(0, |summary| summary.threads);
        threads == 0 && self.sessions.is_empty() && self.findings.is_empty()
    }

    /// The row of a thread.
    pub(super) fn row(&self, thread: &str) -> Option<&Growth> {
        self.sessions.iter().find(|row| row.thread == thread)
    }

    /// How many findings `tok-rank --top` left out.
    pub(super) fn findings_left_out(&self) -> u64 {
        let all = self.summary.as_ref().map_or(0, |summary| summary.findings);
        all.saturating_sub(self.findings.len() as u64)
    }

    /// Adds a row to the bill.
    pub(super) fn total(&mut self, total: Total) {
        if self.bill.len() >= MOST && !self.bill.has(&total.thread) {
            self.let_go();
        }
        self.bill.take(total);
    }

    /// Lets all threads go but the largest.
    fn let_go(&mut self) {
        let dearest = self
            .bill
            .sums()
            .into_iter()
            .take(KEPT)
            .map(|(thread, _)| thread.to_owned());
        let mut keep: HashSet<String> = dearest.collect();
        let mut by_input: Vec<&Growth> = self.threads.values().collect();
        by_input.sort_by_key(|row| Reverse(row.input_tokens));
        keep.extend(
            by_input
                .into_iter()
                .take(KEPT)
                .map(|row| row.thread.clone()),
        );
        for (_, row) in self
            .threads
            .extract_if(.., |thread, _| !keep.contains(thread))
        {
            self.sessions_left_out += 1;
            self.errands.take(&row);
        }
        self.bill.keep(&keep);
    }

    fn thread(&mut self, thread: &str) -> &mut Growth {
        if self.threads.len() >= MOST && !self.threads.contains_key(thread) {
            self.let_go();
        }
        self.threads
            .entry(thread.to_owned())
            .or_insert_with(|| Growth {
                thread: thread.to_owned(),
                ..Growth::default()
            })
    }
}
