//! `coverage`: what the stream rests on, its last line.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Addition;

/// One per stream, its last line: `lines` = `understood` + `recovered` + `skipped`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "coverage")]
pub struct Coverage {
    /// Files read.
    pub files: u64,
    /// Files left out: unreadable, or of no known format.
    pub files_skipped: u64,
    /// Files, of those read, that could not be read to their end: the rest of them is missing (exit
    /// status 3). What was compressed is damaged, cut off, or larger than allowed.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub files_cut: u64,
    /// Sessions written, that is threads. Absent where an older version wrote the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u64>,
    /// Folders, and links to folders or files, that were passed over: what they hold is missing.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub passed_over: u64,
    /// Of these how many for which reason: `broken link`, `link to a folder above`, `home without
    /// sessions`, `unreadable folder`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub passed_over_by_reason: BTreeMap<String, u64>,
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
    /// Requests that are `unreported` because no number of their usage could be used: it is of
    /// another type, its counts are below 0, not whole or beyond 2^53, all are 0, or there are
    /// none.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub usage_unusable: u64,
    /// Requests of which the agent logged every message that they held (`context_by` log).
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub logged_requests: u64,
    /// Messages, or heads of requests, that it logged as sent and that nothing on disk is.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub unresolved_messages: u64,
    /// Versions of agents that send small requests of helpers (titles, topics, paths) which no file
    /// records, each with the requests that were counted of its sessions: about 2 to 4 in a hundred
    /// of what these sent was sent by helpers beside (docs/formats.md 3.11).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub helpers_unseen: BTreeMap<String, u64>,
    /// Whether something named on the command line could not be read (exit status 3).
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub partial: bool,
    /// What tok-measure adds.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unread: Unread,
    /// What tok-dedup adds.
    #[serde(flatten)]
    #[schemars(skip)]
    pub forgotten: Forgotten,
}

/// What `tok-measure` adds to a coverage record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unread {
    /// Places of spans that could not be read again: the file is gone or has changed, or is no file
    /// any more. Each has a `skip` record behind its span, which has no tokens (exit status 3).
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub places_unread: u64,
}

impl Addition for Unread {
    const KEYS: &'static [&'static str] = &["places_unread"];
}

/// What `tok-dedup` adds to a coverage record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Forgotten {
    /// Texts that tok-dedup had no room for in its memory any more, the oldest first: later copies
    /// of them were not found.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub texts_forgotten: u64,
}

impl Addition for Forgotten {
    const KEYS: &'static [&'static str] = &["texts_forgotten"];
}

impl Coverage {
    /// Whether something is missing that was asked for: exit status 3.
    pub fn is_partial(&self) -> bool {
        self.partial || self.unread.places_unread > 0
    }

    /// Adds another stream's coverage to this one.
    pub fn add(&mut self, other: Coverage) {
        self.files = self.files.saturating_add(other.files);
        self.files_skipped = self.files_skipped.saturating_add(other.files_skipped);
        self.files_cut = self.files_cut.saturating_add(other.files_cut);
        self.sessions = self
            .sessions
            .zip(other.sessions)
            .map(|(a, b)| a.saturating_add(b));
        self.passed_over = self.passed_over.saturating_add(other.passed_over);
        self.lines = self.lines.saturating_add(other.lines);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.understood = self.understood.saturating_add(other.understood);
        self.recovered = self.recovered.saturating_add(other.recovered);
        self.skipped = self.skipped.saturating_add(other.skipped);
        self.usage_unusable = self.usage_unusable.saturating_add(other.usage_unusable);
        self.logged_requests = self.logged_requests.saturating_add(other.logged_requests);
        self.unresolved_messages = self
            .unresolved_messages
            .saturating_add(other.unresolved_messages);
        for (version, requests) in other.helpers_unseen {
            let sum = self.helpers_unseen.entry(version).or_default();
            *sum = sum.saturating_add(requests);
        }
        self.partial |= other.partial;
        self.unread.places_unread = self
            .unread
            .places_unread
            .saturating_add(other.unread.places_unread);
        let forgotten = &mut self.forgotten.texts_forgotten;
        *forgotten = forgotten.saturating_add(other.forgotten.texts_forgotten);
        add(&mut self.by_reason, other.by_reason);
        add(&mut self.passed_over_by_reason, other.passed_over_by_reason);
    }
}

fn add(to: &mut BTreeMap<String, u64>, more: BTreeMap<String, u64>) {
    for (reason, n) in more {
        let sum = to.entry(reason).or_default();
        *sum = sum.saturating_add(n);
    }
}
