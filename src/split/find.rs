//! Finding session files: from arguments and lists of files, and in folders.
//!
//! Files are in the order of their paths, whatever the order of the arguments; a file that is named
//! twice, or reached twice through links, is read once. Only regular files are read, unless the
//! user names another. Folders and links that could not be searched are kept, because a total
//! without them would look complete.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::archive;
use super::found::{FoundFiles, Input, PassedOver, SearchRoots};
use super::walk::FolderWalk;
use crate::format::open;
use crate::path::reason;

/// Finds the files of all roots; folders are searched. `exclude` are globs on whole paths.
///
/// # Errors
/// A glob cannot be read.
pub fn find(roots: SearchRoots, exclude: &[String]) -> Result<FoundFiles> {
    let exclude = globs(exclude)?;
    let mut found = FoundFiles::default();
    for home in &roots.empty {
        found.passed.push((PassedOver::Empty, home.clone()));
    }
    for path in &roots.paths {
        root(path, &exclude, &mut found);
    }
    sort_and_dedup(&mut found);
    Ok(FoundFiles { roots, ..found })
}

fn root(path: &Path, exclude: &GlobSet, found: &mut FoundFiles) {
    if path.as_os_str() == "-" {
        found.inputs.push(named(path));
        return;
    }
    match std::fs::metadata(path) {
        Ok(data) if data.is_dir() => FolderWalk::new(path, exclude, found).search(),
        Ok(_) if exclude.is_match(path) => {}
        Ok(_) => found.inputs.push(named(path)),
        Err(e) => found.unreadable.push((path.to_owned(), reason(&e))),
    }
}

fn named(path: &Path) -> Input {
    Input {
        path: path.to_owned(),
        named: true,
        store: false,
    }
}

fn globs(patterns: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).with_context(|| format!("--exclude {pattern}"))?);
    }
    Ok(set.build()?)
}

/// Sorts the files, and removes those that would be read twice: the same file under two names,
/// compressed copies next to their plain file (docs/formats.md 1.1), and archived copies of files
/// that are in use.
fn sort_and_dedup(found: &mut FoundFiles) {
    found.inputs.sort();
    found.unreadable.sort();
    found.passed.sort();
    found.inputs.dedup_by(|a, b| a.path == b.path);
    let all: HashSet<PathBuf> = found
        .inputs
        .iter()
        .map(|input| input.path.clone())
        .collect();
    let mut seen = HashSet::new();
    found.inputs.retain(|input| {
        let is_first = match std::fs::metadata(&input.path) {
            Ok(data) => seen.insert((data.dev(), data.ino())),
            Err(_) => true,
        };
        let twins = open::before(&input.path);
        is_first && !twins.iter().any(|twin| all.contains(twin))
    });
    archive::leave_out_copies(&mut found.inputs);
}
