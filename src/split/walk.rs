//! Searching a folder for session files. Links are followed, as the agents follow them.
//!
//! People replace the folder of sessions, or a project or a month in it, by a link to another disk
//! or to a shared folder. First the folder itself is searched, then the folders that its links lead
//! to, each real folder once; so no search is endless and nothing is read twice.

use std::collections::{HashSet, VecDeque};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use globset::GlobSet;
use walkdir::{DirEntry, WalkDir};

use super::found::{FoundFiles, PassedOver};
use crate::path::reason;

/// A folder next to a session in which the agent keeps outputs of tools. Some of them are sessions
/// that a tool printed (docs/formats.md 3.1).
const OUTPUTS: &str = "tool-results";

/// A search of one folder.
pub(super) struct FolderWalk<'w> {
    root: &'w Path,
    exclude: &'w GlobSet,
    found: &'w mut FoundFiles,
    /// Real folders that were entered: device and inode.
    entered: HashSet<(u64, u64)>,
    /// Links to folders that are not followed yet.
    links: VecDeque<PathBuf>,
}

impl<'w> FolderWalk<'w> {
    pub(super) fn new(
        root: &'w Path,
        exclude: &'w GlobSet,
        found: &'w mut FoundFiles,
    ) -> FolderWalk<'w> {
        FolderWalk {
            root,
            exclude,
            found,
            entered: HashSet::new(),
            links: VecDeque::new(),
        }
    }

    /// Searches the folder and all that it links to.
    pub(super) fn search(&mut self) {
        self.folder(self.root);
        while let Some(link) = self.links.pop_front() {
            self.follow(&link);
        }
    }

    fn folder(&mut self, folder: &Path) {
        let exclude = self.exclude;
        let mut inside = WalkDir::new(folder)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| !is_outputs(entry) && !exclude.is_match(entry.path()));
        while let Some(entry) = inside.next() {
            match entry {
                Ok(entry) if entry.depth() > 0 && entry.path_is_symlink() => {
                    self.link(entry.into_path())
                }
                Ok(entry) if entry.file_type().is_file() => self.found.add(entry.path()),
                Ok(entry) if entry.depth() == 0 || entry.file_type().is_dir() => {
                    if !self.enter(entry.path()) {
                        inside.skip_current_dir();
                    }
                }
                Ok(_) => {}
                Err(e) => self.unreadable(&e, folder),
            }
        }
    }

    fn unreadable(&mut self, error: &walkdir::Error, folder: &Path) {
        let path = error.path().unwrap_or(folder).to_owned();
        let why = match error.io_error() {
            Some(error) => reason(error),
            None => error.to_string(),
        };
        let passed = (PassedOver::Unreadable, path.clone());
        self.found.passed.push(passed);
        self.found.unreadable.push((path, why));
    }

    /// Notes that a folder is entered; returns whether it is the first time.
    fn enter(&mut self, folder: &Path) -> bool {
        match std::fs::metadata(folder) {
            Ok(data) => self.entered.insert((data.dev(), data.ino())),
            Err(_) => true,
        }
    }

    /// Adds the file that a link leads to. A link to a folder waits until all real folders were
    /// entered.
    fn link(&mut self, link: PathBuf) {
        match std::fs::metadata(&link) {
            Ok(data) if data.is_dir() => self.links.push_back(link),
            Ok(data) if data.is_file() => self.found.add(&link),
            Ok(_) => {}
            Err(_) => self.found.passed.push((PassedOver::Broken, link)),
        }
    }

    fn follow(&mut self, link: &Path) {
        let is_above = match (
            std::fs::canonicalize(self.root),
            std::fs::canonicalize(link),
        ) {
            (Ok(root), Ok(real)) => root != real && root.starts_with(&real),
            _ => false,
        };
        if is_above {
            let passed = (PassedOver::Above, link.to_owned());
            self.found.passed.push(passed);
            return;
        }
        self.folder(link);
    }
}

/// Whether an entry of the folder that is searched is a folder of outputs.
fn is_outputs(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name() == OUTPUTS && entry.file_type().is_dir()
}
