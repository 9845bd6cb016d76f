//! The message where no session was found, because an empty table looks like no usage.

use std::time::SystemTime;

use jiff::Timestamp;

use super::choice::ExcludedNames;
use super::found::{FoundFiles, Input};
use super::options::Options;
use super::read::{FileOutcome, is_session};
use crate::format::time;
use crate::path;

/// The sessions that were found but not written.
#[derive(Default)]
pub(super) struct NotSelected {
    /// Sessions that a filter excluded.
    excluded: ExcludedNames,
    /// The newest session outside the time range: its last instant, and its file.
    outside: Option<(String, String)>,
    /// Files that were not read because they were last written before the time range: when, and
    /// their number.
    older: Vec<(SystemTime, usize)>,
}

impl NotSelected {
    /// Adds what was not written of a file; `n` is the number of the file.
    pub(super) fn take(&mut self, outcome: &FileOutcome, n: usize, found: &FoundFiles) {
        for excluded in &outcome.excluded {
            self.excluded.take(excluded);
        }
        if let Some(written) = outcome.older {
            self.older.push((written, n));
        }
        let Some(at) = &outcome.outside else { return };
        let file = match found.inputs.get(n) {
            Some(input) => path::written(&input.path),
            None => String::new(),
        };
        self.outside = self.outside.take().max(Some((at.clone(), file)));
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.excluded.is_empty() && self.outside.is_none() && self.older.is_empty()
    }

    /// Returns the message, one line: where sessions were looked for, and which there are instead.
    pub(super) fn words(mut self, found: &FoundFiles, options: &Options) -> String {
        let place = format!(" in {}{}", found.roots.names(), range_words(options));
        let excluded = match self.excluded.words(&options.choice) {
            Some((_, there)) if there.is_empty() => None,
            words => words,
        };
        let mut newest = self.outside.take();
        // A file that was not read cannot be compared with filters that look inside, once others
        // were compared.
        let is_compared = newest.is_some() || excluded.is_some();
        if !(options.choice.looks_inside() && is_compared) {
            newest = newest.max(self.newest_unread(&found.inputs, options));
        }
        let asked = options.choice.all_words();
        match (excluded, newest) {
            (Some((asked, there)), None) => format!("no session{asked}{place}; there are {there}"),
            (_, Some((at, file))) => {
                let day = at.get(..10).unwrap_or_default();
                format!("no session{asked}{place}; the newest is {file} of {day}")
            }
            (None, None) => format!("no session{asked}{place}"),
        }
    }

    /// Returns the newest session that was not read: when it was last written, and its file. Only
    /// here such files are opened, to see whether they are sessions.
    fn newest_unread(&mut self, inputs: &[Input], options: &Options) -> Option<(String, String)> {
        self.older.sort();
        for (written, n) in self.older.iter().rev() {
            let Some(input) = inputs.get(*n) else {
                continue;
            };
            if is_session(input, options) {
                let at = Timestamp::try_from(*written).ok()?;
                return Some((time::written(at), path::written(&input.path)));
            }
        }
        None
    }
}

/// Returns the time range, in UTC and to the minute.
fn range_words(options: &Options) -> String {
    let mut words = String::new();
    if let Some(since) = &options.range.since {
        words += &format!(" since {}", minute(since));
    }
    if let Some(until) = &options.range.until {
        words += &format!(" until {}", minute(until));
    }
    words
}

fn minute(at: &str) -> String {
    match at.get(..16) {
        Some(minute) => format!("{minute}Z"),
        None => String::new(),
    }
}
