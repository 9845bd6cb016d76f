//! `coverage`: how much was read, and how much of it could not be used. The last line of a stream.

use std::collections::BTreeMap;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Addition;

/// One per stream, its last line: `lines` = `understood` + `recovered` + `skipped`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "coverage")]
pub struct Coverage {
    /// Files read.
    pub files: u64,
    /// Files left out: unreadable, or of no known format.
    pub files_skipped: u64,
    /// Files of which only the beginning could be read (exit status 3): a compressed file is
    /// damaged, cut off, or larger than allowed.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub files_cut: u64,
    /// Session records written, one for each thread. Absent where an older version wrote the
    /// stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u64>,
    /// Folders, and links to folders or files, that were not followed: their contents are missing.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub passed_over: u64,
    /// `passed_over` by reason: `broken link`, `link to a folder above`, `home without sessions`,
    /// `unreadable folder`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub passed_over_by_reason: BTreeMap<String, u64>,
    /// Lines read, without blank ones.
    pub lines: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Lines that were read without difficulty.
    pub understood: u64,
    /// Damaged lines of which a part could be used.
    pub recovered: u64,
    /// Damaged lines of which nothing could be used; each has a `skip` record.
    pub skipped: u64,
    /// Recovered and skipped lines by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_reason: BTreeMap<String, u64>,
    /// Requests that are `unreported` because their usage holds no usable number: it has another
    /// JSON type, its counts are negative, not whole or above 2^53, all are 0, or there are none.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub usage_unusable: u64,
    /// Requests whose messages the agent logged one by one (`context_by` log).
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub logged_requests: u64,
    /// Messages, system prompts and tool definitions that the agent logged as sent, and that no
    /// file holds.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub unresolved_messages: u64,
    /// Versions of agents that send small helper requests (titles, topics, paths) which no file
    /// records, each with the number of counted requests of its sessions. Helper requests add about
    /// 2 to 4 in a hundred to these (docs/formats.md 3.11).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub helpers_unseen: BTreeMap<String, u64>,
    /// Whether something named on the command line could not be read (exit status 3).
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub partial: bool,
    /// The keys that tok-measure adds.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub unread: Unread,
    /// The keys that tok-dedup adds.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub forgotten: Forgotten,
}

/// The keys that `tok-measure` adds to a coverage record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Unread {
    /// Spans whose text could not be read back (exit status 3): the file is gone, has changed, or
    /// is not a regular file. Such a span has no tokens, and a `skip` record follows it.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub places_unread: u64,
}

impl Addition for Unread {
    const KEYS: &'static [&'static str] = &["places_unread"];
}

/// The keys that `tok-dedup` adds to a coverage record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Forgotten {
    /// Texts that tok-dedup dropped from its memory when that was full, oldest first: later copies
    /// of them were not recognised.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub texts_forgotten: u64,
}

impl Addition for Forgotten {
    const KEYS: &'static [&'static str] = &["texts_forgotten"];
}

impl Coverage {
    /// Whether something named on the command line is missing from the stream: exit status 3.
    pub fn is_partial(&self) -> bool {
        self.partial || self.unread.places_unread > 0
    }

    /// Adds the coverage of another stream.
    pub fn add(&mut self, other: Coverage) {
        self.files = self.files.saturating_add(other.files);
        self.files_skipped = self.files_skipped.saturating_add(other.files_skipped);
        self.files_cut = self.files_cut.saturating_add(other.files_cut);
        self.sessions = match (self.sessions, other.sessions) {
            (Some(these), Some(others)) => Some(these.saturating_add(others)),
            _ => None,
        };
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

/// Adds counts by reason.
fn add(to: &mut BTreeMap<String, u64>, more: BTreeMap<String, u64>) {
    for (reason, n) in more {
        let sum = to.entry(reason).or_default();
        *sum = sum.saturating_add(n);
    }
}
