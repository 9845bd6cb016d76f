//! A part of another file that stands before this one's own lines (docs/formats.md 1.4,
//! `history_base`).
//!
//! A fork may name its parent's file instead of copying it, and a thread that was resumed in a
//! second file names its first. What stands there was sent with this file's requests too, so it is
//! read in its place, as inherited; its usage is counted where it stands.

use std::io::Read;

use serde::Deserialize;

use super::{Envelope, Rollout, parse, scan};
use crate::format::Reader;
use crate::format::lines::{self, Line, Tally};
use crate::format::open::{MOST_BYTES, open};
use crate::path;

/// What `history_base` names.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct HistoryBase {
    pub(super) thread_id: String,
    end_byte_offset: Option<u64>,
    end_ordinal_exclusive: Option<u64>,
}

/// Forks of forks, each with its prefix in another file, are followed this far.
const MOST_PREFIXES: u32 = 16;

/// No line of a prefix is longer.
const MAX_LINE: u64 = 64 << 20;

impl Rollout<'_> {
    /// Whether the lines at hand are another file's.
    pub(super) fn is_in_prefix(&self) -> bool {
        self.prefixes > 0
    }

    /// Reads the part of another file that stands before the lines of the one at hand, if that
    /// file is to be found.
    pub(super) fn prefix(&mut self, base: &HistoryBase, file: Option<String>) {
        let Some(name) = file.filter(|_| self.prefixes < MOST_PREFIXES) else {
            return;
        };
        let Ok(file) = open(&path::of(&name), MOST_BYTES) else {
            return;
        };
        self.prefixes += 1;
        self.history.elsewhere = true;
        let text = self.source.wants.text;
        self.source.wants.text |= file.sealed;
        let own = (self.other_file.replace(name), self.at.take());
        let end = base.end_ordinal_exclusive.unwrap_or(u64::MAX);
        let mut take = |line: Line| {
            let envelope: Envelope = parse(line.json)?;
            if envelope.ordinal.is_some_and(|ordinal| ordinal >= end) {
                Ok(())
            } else {
                self.take(&line)
            }
        };
        let file = file.input.take(base.end_byte_offset.unwrap_or(u64::MAX));
        let _ = lines::each(file, MAX_LINE, &mut take, &mut Tally::default());
        (self.other_file, self.at) = own;
        self.source.wants.text = text;
        self.prefixes -= 1;
        self.history.elsewhere = self.prefixes > 0;
    }

    /// The file that a prefix stands in: of several files of one thread the latest that begins
    /// before the prefix ends; of the thread's own, one from before the file at hand.
    pub(super) fn prefix_file(&self, base: &HistoryBase, thread: &str) -> Option<String> {
        let here = self.other_file.as_deref().unwrap_or(self.source.path);
        let mut files = self.source.beside.files_of(&base.thread_id, here);
        if base.thread_id == thread {
            files.retain(|file| name(file) < name(here));
        }
        files.sort_by(|a, b| name(b).cmp(name(a)));
        let end = base.end_ordinal_exclusive.unwrap_or(u64::MAX);
        files
            .into_iter()
            .find(|file| first_ordinal(file).is_none_or(|first| first < end))
    }
}

/// The name of a file, without its folder: it begins with the time at which the file was begun.
pub(super) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn first_ordinal(file: &str) -> Option<u64> {
    let mut first = None;
    scan::file(file, &mut |mark| {
        first = mark.ordinal;
        false
    });
    first
}
