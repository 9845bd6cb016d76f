//! Bytes in session files that no model was ever sent.
//!
//! They cost disk and the time of every tool that reads sessions, but no tokens: waste 0, bytes
//! instead. One finding a project, with the kinds of line that weigh most.

use std::collections::BTreeMap;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::Candidate;
use crate::rank::found::{Evidence, Found};
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{bytes, name};
use crate::record::count::plus;

const BYTES: Threshold = Threshold {
    flag: "disk-bytes",
    default: 10_000_000,
    help: "Least bytes of a project that no model was sent",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "disk-ballast",
    what: "bytes in session files that no model was ever sent",
    thresholds: &[BYTES],
    general: true,
    make: |set: &Thresholds| {
        Box::new(DiskBallast {
            bytes: set.get(&BYTES),
            by_scope: BTreeMap::new(),
        })
    },
};

struct DiskBallast {
    bytes: u64,
    by_scope: BTreeMap<FindingScope, ProjectDisk>,
}

/// What lies on disk for a project.
#[derive(Default)]
struct ProjectDisk {
    found: Found,
    by_kind: BTreeMap<String, u64>,
}

impl Rule for DiskBallast {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Disk(disk) = seen else { return };
        let ballast = self.by_scope.entry(thread.scope()).or_default();
        ballast.found.add_evidence(
            Evidence {
                bytes: disk.bytes,
                ..Evidence::at(thread, None)
            },
            thread,
        );
        let kind = ballast.by_kind.entry(disk.kind.clone()).or_default();
        *kind = plus(*kind, disk.bytes);
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        let fires = |(_, ballast): &(_, ProjectDisk)| {
            ballast.found.bytes > 0 && ballast.found.bytes >= self.bytes
        };
        self.by_scope
            .into_iter()
            .filter(fires)
            .map(|(scope, ballast)| candidate(scope, ballast))
            .collect()
    }
}

fn candidate(scope: FindingScope, ballast: ProjectDisk) -> Candidate {
    let mut kinds: Vec<(String, u64)> = ballast.by_kind.into_iter().collect();
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let most: Vec<String> = kinds
        .iter()
        .take(3)
        .map(|(kind, n)| format!("{} {}", name(kind), bytes(*n)))
        .collect();
    let message = format!(
        "{} on disk that no model was sent; most of it {}",
        bytes(ballast.found.bytes),
        most.join(", ")
    );
    Candidate::new(scope, None, ballast.found).saying(
        message,
        "archive or compress old sessions; no tokens are spent on these lines",
    )
}
