//! The notes under a table: what its figures do not hold, and what may be wrong in them.
//!
//! Whatever is added up, it rests on requests: those without a price, those whose output is not
//! known, those that are not counted; and on the files that were read or not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::sums::GroupSums;
use crate::number::{counted, grouped, signed};
use crate::skip::visible;

/// The keys of the `coverage` record that people are shown; a key that is absent is 0.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct CoverageNotes {
    files: u64,
    files_skipped: u64,
    #[serde(skip_serializing_if = "crate::record::is_zero")]
    files_cut: u64,
    #[serde(skip_serializing_if = "crate::record::is_zero")]
    passed_over: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    passed_over_by_reason: BTreeMap<String, u64>,
    lines: u64,
    bytes: u64,
    recovered: u64,
    skipped: u64,
    #[serde(skip_serializing_if = "crate::record::is_zero")]
    places_unread: u64,
}

/// What the notes are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notes<'r> {
    pub(super) requests: &'r GroupSums,
    pub(super) sessions: u64,
    pub(super) covered: Option<&'r CoverageNotes>,
    /// Requests that two of the parts count.
    pub(super) doubled: u64,
}

impl Notes<'_> {
    /// A line for each thing that the figures do not hold, or that may be wrong in them.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(self.nothing());
        lines.extend(self.unpriced());
        lines.extend(self.placeholders());
        lines.extend(self.uncounted());
        lines.extend(self.left_out());
        lines.extend(self.unread());
        lines.extend(self.doubled());
        lines
    }

    fn nothing(&self) -> Option<String> {
        let requests = self.requests;
        if self.sessions > 0 || requests.items > 0 || !requests.uncounted.is_empty() {
            return None;
        }
        let read = match self.covered {
            Some(covered) => format!(": {} read", counted(covered.files, "file")),
            None => String::new(),
        };
        Some(format!("no session, no request{read}"))
    }

    fn unpriced(&self) -> Option<String> {
        let unpriced = self.requests.unpriced();
        if unpriced == 0 {
            return None;
        }
        let mut models = Vec::new();
        for (model, items) in &self.requests.unpriced {
            let model = if model.is_empty() {
                "no model named".into()
            } else {
                visible(model)
            };
            models.push(format!(
                "{model} ({}, {} tokens)",
                grouped(items.items),
                signed(items.tokens)
            ));
        }
        let requests = counted(unpriced, "request");
        Some(format!("no price for {requests}: {}", models.join(", ")))
    }

    fn placeholders(&self) -> Option<String> {
        if self.requests.output_unknown == 0 {
            return None;
        }
        let outputs = counted(self.requests.output_unknown, "placeholder output");
        Some(format!("{outputs}: what was produced there is in no file"))
    }

    fn uncounted(&self) -> Option<String> {
        let mut reasons = Vec::new();
        for (why, n) in &self.requests.uncounted {
            reasons.push(format!("{} {why}", grouped(*n)));
        }
        if reasons.is_empty() {
            return None;
        }
        Some(format!("requests not counted: {}", reasons.join(", ")))
    }

    /// Files, lines and folders that were not read.
    fn left_out(&self) -> Option<String> {
        let covered = self.covered?;
        let mut parts = Vec::new();
        if covered.files_skipped > 0 {
            parts.push(format!(
                "{} left out",
                counted(covered.files_skipped, "file")
            ));
        }
        if covered.files_cut > 0 {
            parts.push(format!("{} cut off", counted(covered.files_cut, "file")));
        }
        if covered.skipped > 0 {
            parts.push(format!("{} skipped", counted(covered.skipped, "line")));
        }
        if covered.passed_over > 0 {
            let folders = counted(covered.passed_over, "folder");
            parts.push(format!("{folders} passed over{}", covered.reasons()));
        }
        if parts.is_empty() {
            return None;
        }
        Some(format!("not in these figures: {}", parts.join(", ")))
    }

    /// Texts that tok-split saw and tok-measure could not read.
    fn unread(&self) -> Option<String> {
        let unread = self.covered?.places_unread;
        if unread == 0 {
            return None;
        }
        let places = counted(unread, "place");
        Some(format!(
            "{places} unread: what stood there has no tokens of its own"
        ))
    }

    fn doubled(&self) -> Option<String> {
        if self.doubled == 0 {
            return None;
        }
        let requests = counted(self.doubled, "request");
        Some(format!("{requests} counted in two of the parts"))
    }
}

impl CoverageNotes {
    /// Why folders were passed over, in parentheses; empty where no reason is known.
    fn reasons(&self) -> String {
        let mut reasons = Vec::new();
        for (why, n) in &self.passed_over_by_reason {
            reasons.push(format!("{} {}", grouped(*n), visible(why)));
        }
        if reasons.is_empty() {
            return String::new();
        }
        format!(" ({})", reasons.join(", "))
    }
}
