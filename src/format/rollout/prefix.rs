//! A part of another file that precedes a file's own lines (docs/formats.md 1.4, `history_base`).
//!
//! A fork may name its parent's file instead of copying it, and a thread that was resumed in a
//! second file names its first. The lines there were sent with this file's requests too, so they
//! are read first, as inherited; their usage is counted when the other file is read.

use std::io::Read;

use serde::Deserialize;

use super::line::Envelope;
use super::{Rollout, scan};
use crate::format::lines::{self, Line, Tally};
use crate::format::open::{MOST_BYTES, open};
use crate::format::reader::Reader;
use crate::format::value::parse;
use crate::path;

/// The member `history_base`: another file, and where the part of it ends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct HistoryBase {
    pub(super) thread_id: String,
    end_byte_offset: Option<u64>,
    end_ordinal_exclusive: Option<u64>,
}

/// Forks of forks, each with its prefix in another file, are followed to this depth.
const MOST_PREFIXES: u32 = 16;

/// Longer lines of a prefix are skipped.
const MAX_LINE: u64 = 64 << 20;

impl Rollout<'_> {
    /// Whether the current line is another file's.
    pub(super) fn is_in_prefix(&self) -> bool {
        self.prefixes > 0
    }

    /// Reads the part of another file that precedes the lines of the current one, if that file is
    /// found.
    pub(super) fn prefix(&mut self, base: &HistoryBase, file: Option<String>) {
        let Some(name) = file else { return };
        if self.prefixes >= MOST_PREFIXES {
            return;
        }
        let Ok(file) = open(&path::of(&name), MOST_BYTES) else {
            return;
        };
        self.prefixes += 1;
        self.history.elsewhere = true;
        let text = self.source.wants.text;
        self.source.wants.text |= file.sealed;
        let outer_file = self.other_file.replace(name);
        let outer_at = self.at.take();
        let end = base.end_ordinal_exclusive.unwrap_or(u64::MAX);
        let mut take = |line: Line| {
            let envelope: Envelope = parse(line.json)?;
            match envelope.ordinal {
                Some(ordinal) if ordinal >= end => Ok(()),
                _ => self.take(&line),
            }
        };
        let file = file.input.take(base.end_byte_offset.unwrap_or(u64::MAX));
        let _ = lines::each(file, MAX_LINE, &mut take, &mut Tally::default());
        self.other_file = outer_file;
        self.at = outer_at;
        self.source.wants.text = text;
        self.prefixes -= 1;
        self.history.elsewhere = self.prefixes > 0;
    }

    /// The file that holds a prefix: of several files of one thread the latest that begins before
    /// the prefix ends; for a prefix of the same thread, a file older than the current one.
    pub(super) fn prefix_file(&self, base: &HistoryBase, thread: &str) -> Option<String> {
        let here = self.other_file.as_deref().unwrap_or(self.source.path);
        let mut files = self.source.beside.files_of(&base.thread_id, here);
        if base.thread_id == thread {
            files.retain(|file| name(file) < name(here));
        }
        files.sort_by(|a, b| name(b).cmp(name(a)));
        let end = base.end_ordinal_exclusive.unwrap_or(u64::MAX);
        for file in files {
            match first_ordinal(&file) {
                Some(first) if first >= end => {}
                _ => return Some(file),
            }
        }
        None
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
