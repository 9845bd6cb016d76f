//! What a user asks tok-split for.

use std::path::PathBuf;

use super::choice::Choice;
use super::names::NameCleaner;
use super::thread_index::ThreadIndex;
use crate::format::{Roots, Wants};
use crate::time_range::TimeRange;

/// What to read, and which records to write.
#[derive(Default)]
pub struct Options {
    /// Which requests count.
    pub range: TimeRange,
    /// Which sessions are written.
    pub choice: Choice,
    /// Write only `session` records.
    pub list: bool,
    /// Whether a run without a session ends with status 1.
    pub fail_if_empty: bool,
    /// Which records the readers make.
    pub wants: Wants,
    /// Longer lines are skipped, in bytes.
    pub max_line: u64,
    /// Bytes of one file after which decompression stops.
    pub max_decompressed: u64,
    /// Threads that read files.
    pub threads: usize,
    /// Folders next to the sessions.
    pub roots: Roots,
    /// Which names the records may carry.
    pub names: NameCleaner,
    /// A terminal on which one line says how far the reading is.
    pub progress: Option<PathBuf>,
    /// The threads of all files.
    pub index: ThreadIndex,
}
