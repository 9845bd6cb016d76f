//! Finding session files: arguments, folders, lists, and the agents' own folders.
//!
//! The order is that of the paths, whatever the order of the arguments; a file named twice (or
//! twice by links) is read once. Only regular files are read, unless named.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use globset::{Glob, GlobSet, GlobSetBuilder};
use walkdir::WalkDir;

use crate::format::{FORMATS, Home};

/// A file to be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Its path, as it was named or found; `-` is standard input.
    pub path: PathBuf,
    /// Named on the command line: then it must be a session.
    pub named: bool,
}

/// What was found, and what could not be looked at.
#[derive(Debug, Default)]
pub struct Found {
    /// Files, in order.
    pub inputs: Vec<Input>,
    /// Paths that cannot be read, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// Endings of session files in folders.
const ENDINGS: [&str; 2] = [".jsonl", ".jsonl.zst"];

/// Finds the files of all `paths`; folders are searched. `exclude` are globs on whole paths.
///
/// # Errors
/// A glob cannot be read.
pub fn find(paths: &[PathBuf], exclude: &[String]) -> Result<Found> {
    let exclude = globs(exclude)?;
    let mut found = Found::default();
    for path in paths {
        if path.as_os_str() == "-" {
            found.inputs.push(Input { path: path.clone(), named: true });
            continue;
        }
        match std::fs::metadata(path) {
            Ok(data) if data.is_dir() => walk(path, &exclude, &mut found),
            Ok(_) if exclude.is_match(path) => {}
            Ok(_) => found.inputs.push(Input { path: path.clone(), named: true }),
            Err(e) => found.unreadable.push((path.clone(), reason(&e))),
        }
    }
    settle(&mut found);
    Ok(found)
}

fn globs(patterns: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).with_context(|| format!("--exclude {pattern}"))?);
    }
    Ok(set.build()?)
}

fn walk(root: &Path, exclude: &GlobSet, found: &mut Found) {
    let inside = WalkDir::new(root).into_iter().filter_entry(|entry| !exclude.is_match(entry.path()));
    for entry in inside {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_session_name(entry.path()) => {
                found.inputs.push(Input { path: entry.into_path(), named: false });
            }
            Ok(_) => {}
            Err(e) => {
                let why = e.io_error().map_or_else(|| e.to_string(), reason);
                found.unreadable.push((e.path().unwrap_or(root).to_owned(), why));
            }
        }
    }
}

fn is_session_name(path: &Path) -> bool {
    let name = path.file_name().map(OsStrExt::as_bytes).unwrap_or_default();
    ENDINGS.iter().any(|ending| name.ends_with(ending.as_bytes()))
}

/// Sorts, and leaves out what would be read twice: the same file under two names, and compressed
/// copies beside their plain file (FORMATS 1.1).
fn settle(found: &mut Found) {
    found.inputs.sort();
    found.unreadable.sort();
    found.inputs.dedup_by(|a, b| a.path == b.path);
    let plain: HashSet<PathBuf> = found.inputs.iter().map(|input| input.path.clone()).collect();
    let mut seen = HashSet::new();
    found.inputs.retain(|input| {
        let bytes = input.path.as_os_str().as_bytes();
        let twin = bytes.strip_suffix(b".zst").map(|stem| PathBuf::from(OsStr::from_bytes(stem)));
        let first = std::fs::metadata(&input.path).map_or(true, |data| seen.insert((data.dev(), data.ino())));
        first && !twin.is_some_and(|twin| plain.contains(&twin))
    });
}

/// What an io error says, without its number.
pub fn reason(e: &std::io::Error) -> String {
    let text = e.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// Returns the agents' own folders: where their environment says, else in the home folder.
///
/// # Errors
/// There is none.
pub fn defaults() -> Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = FORMATS.iter().flat_map(|format| homes(&format.home)).collect();
    folders.retain(|dir| dir.is_dir());
    folders.sort();
    folders.dedup();
    if folders.is_empty() {
        bail!("no session folder found; name a file or a folder");
    }
    Ok(folders)
}

/// Paths as a message names them.
pub fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn homes(home: &Home) -> Vec<PathBuf> {
    let given = std::env::var_os(home.variable).filter(|dirs| !dirs.is_empty());
    let user = std::env::var_os("HOME").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let bases: Vec<PathBuf> = match (&given, user) {
        (Some(dirs), _) => {
            dirs.as_bytes().split(|b| *b == b',').map(|dir| PathBuf::from(OsStr::from_bytes(dir))).collect()
        }
        (None, Some(user)) => home.folders.iter().map(|folder| user.join(folder)).collect(),
        (None, None) => Vec::new(),
    };
    bases.iter().flat_map(|base| home.sessions.iter().map(|folder| base.join(folder))).collect()
}
