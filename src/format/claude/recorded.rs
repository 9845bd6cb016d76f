//! What a file records about its requests besides the lines of the conversation: heads and the
//! request log (docs/formats.md 3.8, 3.9).
//!
//! A *head* is what a request sends before its messages, the system prompt and the definitions of
//! tools; snapshots hold it. `attachments` gathers both line by line, and `arrange` uses them at
//! the end of the thread.

use std::collections::HashMap;

use super::head::RequestHead;
use super::known::KnownMessages;
use super::log::Log;
use super::texts::TextId;
use crate::format::history::Handle;

/// The attachment that holds the head of a request.
pub(super) const SNAPSHOT: &str = "prompt_snapshot";
/// The attachment that holds the definitions of tools that were loaded.
const LOADED: &str = "deferred_tools_record";

/// Whether an attachment of this type holds a head, or a part of one.
pub(super) fn holds_head(kind: &str) -> bool {
    matches!(kind, SNAPSHOT | LOADED)
}

/// What is recorded about the requests of a thread.
#[derive(Default)]
pub(super) struct RecordedRequests {
    pub(super) known: KnownMessages,
    pub(super) log: Log,
    /// Requests that the log lists, and their ids in the log.
    pub(super) listed: HashMap<Handle, String>,
    pub(super) heads: Vec<HeadAt>,
}

impl RecordedRequests {
    /// Whether anything is recorded.
    pub(super) fn is_any(&self) -> bool {
        !self.listed.is_empty() || !self.heads.is_empty()
    }
}

/// A head that an attachment holds.
pub(super) struct HeadAt {
    /// The number of entries of the thread before it.
    pub(super) entries: usize,
    pub(super) line: u64,
    /// `None`: the attachment defines loaded tools only.
    pub(super) head: Option<RequestHead>,
    pub(super) loaded: Vec<TextId>,
}
