//! Finding session files: arguments, folders and lists.
//!
//! The order is that of the paths, whatever the order of the arguments; a file named twice (or
//! twice by links) is read once. Only regular files are read, unless named. What folders and links
//! could not be searched is kept, for a total without them would look whole.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::archive;
use super::found::{Found, Input, Passed, Places};
use super::walk::Walk;
use crate::format::open;
use crate::path::reason;

/// Finds the files of all places; folders are searched. `exclude` are globs on whole paths.
///
/// # Errors
/// A glob cannot be read.
pub fn find(places: Places, exclude: &[String]) -> Result<Found> {
    let exclude = globs(exclude)?;
    let mut found = Found::default();
    found.passed.extend(
        places
            .empty
            .iter()
            .map(|home| (Passed::Empty, home.clone())),
    );
    for path in &places.paths {
        let named = || Input {
            path: path.clone(),
            named: true,
            store: false,
        };
        if path.as_os_str() == "-" {
            found.inputs.push(named());
            continue;
        }
        match std::fs::metadata(path) {
            Ok(data) if data.is_dir() => Walk::new(path, &exclude, &mut found).search(),
            Ok(_) if exclude.is_match(path) => {}
            Ok(_) => found.inputs.push(named()),
            Err(e) => found.unreadable.push((path.clone(), reason(&e))),
        }
    }
    settle(&mut found);
    Ok(Found { places, ..found })
}

fn globs(patterns: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).with_context(|| format!("--exclude {pattern}"))?);
    }
    Ok(set.build()?)
}

/// Sorts, and leaves out what would be read twice: the same file under two names, compressed copies
/// beside their plain file (docs/formats.md 1.1), and archived copies of files that are in use.
fn settle(found: &mut Found) {
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
        let first = std::fs::metadata(&input.path)
            .map_or(true, |data| seen.insert((data.dev(), data.ino())));
        first
            && !open::before(&input.path)
                .iter()
                .any(|twin| all.contains(twin))
    });
    archive::leave_out_copies(&mut found.inputs);
}
