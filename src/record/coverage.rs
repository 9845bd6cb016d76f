//! `coverage`: what the stream rests on, its last line.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One per stream, its last line: `lines` = `understood` + `recovered` + `skipped`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "coverage")]
pub struct Coverage {
    /// Files read.
    pub files: u64,
    /// Files left out: unreadable, or of no known format.
    pub files_skipped: u64,
    /// Lines read, blank ones not counted.
    pub lines: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Lines read as they stood.
    pub understood: u64,
    /// Damaged lines of which something was saved.
    pub recovered: u64,
    /// Lines of which nothing could be used; each has a `skip` record.
    pub skipped: u64,
    /// Recovered and skipped lines by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_reason: BTreeMap<String, u64>,
    /// Whether something named on the command line could not be read (exit status 3).
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub partial: bool,
}

impl Coverage {
    /// Adds another stream's coverage to this one.
    pub fn add(&mut self, other: Coverage) {
        self.files = self.files.saturating_add(other.files);
        self.files_skipped = self.files_skipped.saturating_add(other.files_skipped);
        self.lines = self.lines.saturating_add(other.lines);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.understood = self.understood.saturating_add(other.understood);
        self.recovered = self.recovered.saturating_add(other.recovered);
        self.skipped = self.skipped.saturating_add(other.skipped);
        self.partial |= other.partial;
        for (reason, lines) in other.by_reason {
            let sum = self.by_reason.entry(reason).or_default();
            *sum = sum.saturating_add(lines);
        }
    }
}
