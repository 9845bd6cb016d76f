//! What is said where no session was found: an empty table looks like no usage.

use std::time::SystemTime;

use jiff::Timestamp;

use super::Options;
use super::choice::Others;
use super::found::{Found, Input};
use super::read::{Outcome, is_session};
use crate::format::time;
use crate::path;

/// What was seen of sessions that were not asked for.
#[derive(Default)]
pub(super) struct Unasked {
    /// Those that a filter refused.
    others: Others,
    /// The newest that lies outside the window: its last instant, and its file.
    outside: Option<(String, String)>,
    /// Files that were last written before the window and so not read, by their number.
    older: Vec<(SystemTime, usize)>,
}

impl Unasked {
    /// Takes what a file, the `n`th, holds that was not asked for.
    pub(super) fn take(&mut self, outcome: &Outcome, n: usize, found: &Found) {
        outcome
            .refused
            .iter()
            .for_each(|refused| self.others.take(refused));
        self.older.extend(outcome.older.map(|written| (written, n)));
        let Some(at) = &outcome.outside else { return };
        let file = found
            .inputs
            .get(n)
            .map(|input| path::written(&input.path))
            .unwrap_or_default();
        self.outside = self.outside.take().max(Some((at.clone(), file)));
    }

    /// Whether there was nothing else either.
    pub(super) fn is_empty(&self) -> bool {
        self.others.is_empty() && self.outside.is_none() && self.older.is_empty()
    }

    /// What there was instead: one line.
    pub(super) fn words(mut self, found: &Found, options: &Options) -> String {
        let place = format!(" in {}{}", found.places.names(), when(options));
        let others = self
            .others
            .words(&options.choice)
            .filter(|(_, there)| !there.is_empty());
        let outside = self.outside.take();
        let is_judged = outside.is_some() || others.is_some();
        let newest = match options.choice.looks_inside() && is_judged {
            true => outside,
            false => outside
                .into_iter()
                .chain(self.unread(&found.inputs, options))
                .max(),
        };
        match (others, newest) {
            (Some((asked, there)), None) => format!("no session{asked}{place}; there are {there}"),
            (_, newest) => {
                let day = |at: &str| at.get(..10).unwrap_or_default().to_owned();
                let newest =
                    newest.map(|(at, file)| format!("; the newest is {file} of {}", day(&at)));
                format!(
                    "no session{}{place}{}",
                    options.choice.all_words(),
                    newest.unwrap_or_default()
                )
            }
        }
    }

    /// The newest session that was not read, with the time it was last written. Whether a file is a
    /// session is only looked at here.
    fn unread(&mut self, inputs: &[Input], options: &Options) -> Option<(String, String)> {
        self.older.sort();
        let (written, input) = self.older.iter().rev().find_map(|(written, n)| {
            let input = inputs.get(*n).filter(|input| is_session(input, options))?;
            Some((written, input))
        })?;
        let at = Timestamp::try_from(*written).ok().map(time::written)?;
        Some((at, path::written(&input.path)))
    }
}

/// The window, in UTC and to the minute.
fn when(options: &Options) -> String {
    let minute = |at: &str| at.get(..16).map(|at| format!("{at}Z")).unwrap_or_default();
    let since = options
        .window
        .since
        .as_deref()
        .map(|at| format!(" since {}", minute(at)));
    let until = options
        .window
        .until
        .as_deref()
        .map(|at| format!(" until {}", minute(at)));
    since.into_iter().chain(until).collect()
}
