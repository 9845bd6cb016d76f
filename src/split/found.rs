//! What a search for session files finds: files, and what could not be looked at.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::format::foreign;
use crate::path::written;

/// A file to be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Its path, as it was named or found; `-` is standard input.
    pub path: PathBuf,
    /// Named on the command line: then it must be a session, and is read whatever its date.
    pub named: bool,
    /// Met in a folder, and by its name no session: looked at only to say what it is.
    pub store: bool,
}

/// Why a folder, or a link to one, was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passed {
    /// It leads nowhere.
    Broken,
    /// It leads to a folder that holds the one searched, and everything else there.
    Above,
    /// A home that the environment names, which is gone or has no folder of sessions.
    Empty,
    /// It may not be read.
    Unreadable,
}

impl Passed {
    /// Its words, in messages and in the `coverage` record.
    pub fn words(self) -> &'static str {
        match self {
            Passed::Broken => "broken link",
            Passed::Above => "link to a folder above",
            Passed::Empty => "home without sessions",
            Passed::Unreadable => "unreadable folder",
        }
    }
}

/// Where to look.
#[derive(Debug, Default)]
pub struct Places {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Homes in which there is nothing to look at.
    pub empty: Vec<PathBuf>,
}

/// Places that a message names.
const NAMED: usize = 8;

impl Places {
    /// What somebody has named.
    pub fn named(paths: Vec<PathBuf>) -> Places {
        Places {
            paths,
            empty: Vec::new(),
        }
    }

    /// The paths as a message names them.
    pub fn names(&self) -> String {
        names(&self.paths, NAMED)
    }
}

/// What was found, and what could not be looked at.
#[derive(Debug, Default)]
pub struct Found {
    /// Where it was looked for.
    pub places: Places,
    /// Files, in order.
    pub inputs: Vec<Input>,
    /// Paths that cannot be read, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
    /// Folders and links that were passed over.
    pub passed: Vec<(Passed, PathBuf)>,
}

/// Endings of session files in folders.
const ENDINGS: [&str; 3] = [".jsonl", ".jsonl.zst", ".jsonl.gz"];

impl Found {
    /// Takes a regular file that was met in a folder, if its name may be that of a session or of
    /// a store.
    pub(super) fn meet(&mut self, path: &Path) {
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

    /// What was passed over, in one line: each reason with its first path; `None` where nothing
    /// was.
    pub fn passed_over(&self) -> Option<String> {
        let mut by_reason: BTreeMap<Passed, Vec<PathBuf>> = BTreeMap::new();
        for (why, path) in self
            .passed
            .iter()
            .filter(|(why, _)| *why != Passed::Unreadable)
        {
            by_reason.entry(*why).or_default().push(path.clone());
        }
        let each = by_reason
            .iter()
            .map(|(why, paths)| format!("{} {}", why.words(), names(paths, 1)));
        let text = each.collect::<Vec<_>>().join("; ");
        (!text.is_empty()).then(|| format!("passed over: {text}"))
    }
}

/// Paths as a message names them: the first `most`, and how many more there are.
pub fn names(paths: &[PathBuf], most: usize) -> String {
    let named = paths
        .iter()
        .take(most)
        .map(|path| written(path))
        .collect::<Vec<_>>()
        .join(", ");
    match paths.len().saturating_sub(most) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
