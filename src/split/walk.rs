//! Searching a folder, as the agent that owns it would: links are followed.
//!
//! People link the folder of sessions, a project in it or a month to where there is room, or to
//! what they share. First the folder itself is searched, then what its links lead to, each real
//! folder once; so no walk is endless and nothing is read twice.

use std::collections::{HashSet, VecDeque};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use globset::GlobSet;
use walkdir::{DirEntry, WalkDir};

use super::found::{Found, Passed};
use crate::path::reason;

/// A folder beside a session in which the agent keeps outputs, some of them sessions that it was
/// shown (docs/formats.md 3.1).
const OUTPUTS: &str = "tool-results";

/// A search of one folder.
pub(super) struct Walk<'w> {
    root: &'w Path,
    exclude: &'w GlobSet,
    found: &'w mut Found,
    /// Real folders that were entered: device and number.
    entered: HashSet<(u64, u64)>,
    /// Links to folders, not followed yet.
    links: VecDeque<PathBuf>,
}

impl<'w> Walk<'w> {
    pub(super) fn new(root: &'w Path, exclude: &'w GlobSet, found: &'w mut Found) -> Walk<'w> {
        Walk {
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
        let is_wanted = |entry: &DirEntry| {
            let is_output =
                entry.depth() > 0 && entry.file_name() == OUTPUTS && entry.file_type().is_dir();
            !is_output && !exclude.is_match(entry.path())
        };
        let mut inside = WalkDir::new(folder)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(is_wanted);
        while let Some(entry) = inside.next() {
            match entry {
                Ok(entry) if entry.depth() > 0 && entry.path_is_symlink() => {
                    self.link(entry.into_path())
                }
                Ok(entry) if entry.file_type().is_file() => self.found.meet(entry.path()),
                Ok(entry) if entry.depth() == 0 || entry.file_type().is_dir() => {
                    if !self.enter(entry.path()) {
                        inside.skip_current_dir();
                    }
                }
                Ok(_) => {}
                Err(e) => {
                    let path = e.path().unwrap_or(folder).to_owned();
                    let why = e.io_error().map_or_else(|| e.to_string(), reason);
                    self.found.passed.push((Passed::Unreadable, path.clone()));
                    self.found.unreadable.push((path, why));
                }
            }
        }
    }

    /// Whether a folder is entered for the first time.
    fn enter(&mut self, folder: &Path) -> bool {
        std::fs::metadata(folder).map_or(true, |data| self.entered.insert((data.dev(), data.ino())))
    }

    /// A link to a file is that file; those to folders wait until all real folders were entered.
    fn link(&mut self, link: PathBuf) {
        match std::fs::metadata(&link) {
            Ok(data) if data.is_dir() => self.links.push_back(link),
            Ok(data) if data.is_file() => self.found.meet(&link),
            Ok(_) => {}
            Err(_) => self.found.passed.push((Passed::Broken, link)),
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
            self.found.passed.push((Passed::Above, link.to_owned()));
            return;
        }
        self.folder(link);
    }
}
