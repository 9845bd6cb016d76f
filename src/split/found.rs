//! The result of a search for session files: files, and what could not be searched.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::format::foreign;
use crate::path::written;

/// A file to be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// The path as it was named or found; `-` is standard input.
    pub path: PathBuf,
    /// The user named the file: it must be a session, and is read whatever its date.
    pub named: bool,
    /// The file was found in a folder and has no name of a session: it is only read to say which
    /// store of sessions it is.
    pub store: bool,
}

/// Why a folder, or a link to one, was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassedOver {
    /// The link leads nowhere.
    Broken,
    /// The link leads to a folder that contains the one searched.
    Above,
    /// A home that the environment names is gone, or has no folder of sessions.
    Empty,
    /// The folder cannot be read.
    Unreadable,
}

impl PassedOver {
    /// Returns the words for messages and for the `coverage` record.
    pub fn words(self) -> &'static str {
        match self {
            PassedOver::Broken => "broken link",
            PassedOver::Above => "link to a folder above",
            PassedOver::Empty => "home without sessions",
            PassedOver::Unreadable => "unreadable folder",
        }
    }
}

/// Where to search.
#[derive(Debug, Default)]
pub struct SearchRoots {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Homes of agents without a folder of sessions.
    pub empty: Vec<PathBuf>,
}

/// The most roots that a message names.
const NAMED: usize = 8;

impl SearchRoots {
    /// The files and folders that the user names.
    pub fn named(paths: Vec<PathBuf>) -> SearchRoots {
        SearchRoots {
            paths,
            empty: Vec::new(),
        }
    }

    /// Returns the paths as a message names them.
    pub fn names(&self) -> String {
        names(&self.paths, NAMED)
    }
}

/// What was found, and what could not be searched.
#[derive(Debug, Default)]
pub struct FoundFiles {
    /// Where the search began.
    pub roots: SearchRoots,
    /// Files, in order.
    pub inputs: Vec<Input>,
    /// Paths that cannot be read, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
    /// Folders and links that were passed over.
    pub passed: Vec<(PassedOver, PathBuf)>,
}

/// Endings of session files in folders.
const ENDINGS: [&str; 3] = [".jsonl", ".jsonl.zst", ".jsonl.gz"];

impl FoundFiles {
    /// Adds a regular file of a folder, if it has the name of a session or of a store.
    pub(super) fn add(&mut self, path: &Path) {
        let name = path.file_name().map(OsStrExt::as_bytes).unwrap_or_default();
        let is_session = ENDINGS
            .iter()
            .any(|ending| name.ends_with(ending.as_bytes()));
        if is_session || foreign::is_store_name(name) {
            self.inputs.push(Input {
                path: path.to_owned(),
                named: false,
                store: !is_session,
            });
        }
    }

    /// Returns what was passed over, in one line: each reason with its first path. `None` where
    /// nothing was. Unreadable folders are not named again: they have skips.
    pub fn passed_over(&self) -> Option<String> {
        let mut by_reason: BTreeMap<PassedOver, Vec<PathBuf>> = BTreeMap::new();
        for (why, path) in &self.passed {
            if *why != PassedOver::Unreadable {
                by_reason.entry(*why).or_default().push(path.clone());
            }
        }
        if by_reason.is_empty() {
            return None;
        }
        let mut reasons = Vec::new();
        for (why, paths) in &by_reason {
            reasons.push(format!("{} {}", why.words(), names(paths, 1)));
        }
        Some(format!("passed over: {}", reasons.join("; ")))
    }
}

/// Returns paths as a message names them: the first `most`, and how many more there are.
pub fn names(paths: &[PathBuf], most: usize) -> String {
    let named: Vec<String> = paths.iter().take(most).map(|path| written(path)).collect();
    let named = named.join(", ");
    match paths.len().saturating_sub(most) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
