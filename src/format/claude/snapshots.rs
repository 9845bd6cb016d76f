//! The heads of snapshots, and the requests to which each applies (docs/formats.md 3.8).
//!
//! A snapshot without tools applies from its place in the file on. A snapshot with tools is written
//! after the first answer, but applies to the request of this answer too. This file does not know
//! how a head is read.

use super::head::RequestHead;
use super::recorded::HeadAt;
use crate::format::history::Handle;

/// The heads of all snapshots of a thread, in order.
pub(super) struct SnapshotHeads(Vec<SnapshotHead>);

/// The head of a snapshot.
struct SnapshotHead {
    /// The head applies from this entry on.
    from: usize,
    line: u64,
    head: RequestHead,
}

impl SnapshotHeads {
    /// Finds from which entry on each head applies. A snapshot with tools applies from the previous
    /// snapshot on if that has none, or else from the latest request on. `requests`: the handles of
    /// all requests.
    pub(super) fn of(recorded: &[HeadAt], requests: &[Handle]) -> SnapshotHeads {
        let mut heads: Vec<SnapshotHead> = Vec::new();
        for snapshot in recorded {
            let Some(head) = &snapshot.head else { continue };
            let before = requests.partition_point(|request| *request < snapshot.entries);
            let from = match (heads.last(), before) {
                _ if !head.whole => snapshot.entries,
                (Some(last), _) if !last.head.whole => last.from,
                (_, 0) => snapshot.entries,
                _ => requests
                    .get(before - 1)
                    .copied()
                    .unwrap_or(snapshot.entries),
            };
            heads.push(SnapshotHead {
                from,
                line: snapshot.line,
                head: head.clone(),
            });
        }
        SnapshotHeads(heads)
    }

    /// The head of a request, with the line of its snapshot. A snapshot before the latest listed
    /// request (`latest_listed`) is ignored, because the list of that request is newer.
    pub(super) fn head_of(
        &self,
        request: Handle,
        latest_listed: Option<Handle>,
    ) -> Option<(u64, RequestHead)> {
        let after = self.0.partition_point(|head| head.from <= request);
        let head = self.0.get(after.checked_sub(1)?)?;
        if let Some(listed) = latest_listed
            && head.from <= listed
        {
            return None;
        }
        Some((head.line, head.head.clone()))
    }
}
