//! Where the agents keep their sessions: as their environment variables say, else in the user's
//! home folder.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::found::{SearchRoots, names};
use crate::cli::{Files, When};
use crate::format::{FORMATS, Home, MORE_HOMES};

/// The most homes that a message names.
const NAMED: usize = 4;

/// Returns the files and folders that the user names. Without any it returns the agents' session
/// folders, and limits `when` to the last seven days unless it has a time.
///
/// # Errors
/// The list of files cannot be read; or no file is named and no agent has a folder.
pub fn asked(files: &Files, when: &mut When) -> Result<SearchRoots> {
    if !files.is_empty() {
        return Ok(SearchRoots::named(files.paths()?));
    }
    if when.since.is_none() && when.until.is_none() {
        when.since = Some("7d".to_owned());
    }
    agents_folders()
}

/// Finds the session folders of all agents, and the homes that the environment names but that have
/// no session folder.
///
/// # Errors
/// There is no session folder.
fn agents_folders() -> Result<SearchRoots> {
    let mut roots = SearchRoots::default();
    for format in FORMATS {
        add_home(&format.home, &mut roots);
    }
    for home in MORE_HOMES {
        add_home(home, &mut roots);
    }
    roots.paths.sort();
    roots.paths.dedup();
    if roots.paths.is_empty() {
        let empty = &roots.empty;
        let looked = if empty.is_empty() {
            String::new()
        } else {
            format!(" in {}", names(empty, NAMED))
        };
        bail!("no session folder found{looked}; name a file or a folder");
    }
    Ok(roots)
}

fn add_home(home: &Home, roots: &mut SearchRoots) {
    let given = variable(home.variable);
    let bases = match &given {
        Some(dirs) => listed(dirs),
        None => user_folders(home),
    };
    for base in bases {
        let mut folders = Vec::new();
        for below in home.sessions {
            folders.append(&mut matching(&base, below));
        }
        if folders.is_empty() && given.is_some() {
            roots.empty.push(base);
        }
        roots.paths.append(&mut folders);
    }
}

/// Returns the value of a variable; `None` where it is empty.
fn variable(name: &str) -> Option<OsString> {
    let value = std::env::var_os(name)?;
    if value.is_empty() {
        return None;
    }
    Some(value)
}

/// Returns the folders of a list that is separated by commas, without blanks around them and
/// slashes at their ends. A list that is the path of a folder is that folder, commas included.
fn listed(dirs: &OsStr) -> Vec<PathBuf> {
    if Path::new(dirs).is_dir() {
        return vec![PathBuf::from(dirs)];
    }
    let mut folders = Vec::new();
    for part in dirs.as_bytes().split(|byte| *byte == b',') {
        let part = part.trim_ascii();
        if !part.is_empty() {
            folders.push(Path::new(OsStr::from_bytes(part)).components().collect());
        }
    }
    folders
}

/// Returns the home of an agent in the user's home folder. What lies in `.config` there is also
/// looked for where `$XDG_CONFIG_HOME` has moved it to.
fn user_folders(home: &Home) -> Vec<PathBuf> {
    let user = variable("HOME").map(PathBuf::from);
    let config = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let mut folders = Vec::new();
    for folder in home.folders {
        if let Some(user) = &user {
            folders.push(user.join(folder));
        }
        if let (Some(config), Some(moved)) = (&config, folder.strip_prefix(".config/")) {
            folders.push(config.join(moved));
        }
    }
    folders
}

/// Returns the folders below `base` that match a path, in which a `*` matches any part of a name.
fn matching(base: &Path, below: &str) -> Vec<PathBuf> {
    let mut folders = vec![base.to_owned()];
    for part in below.split('/') {
        folders = match part.split_once('*') {
            Some((start, end)) => matching_entries(&folders, start, end),
            None => folders.iter().map(|folder| folder.join(part)).collect(),
        };
    }
    folders.retain(|folder| folder.is_dir());
    folders
}

/// Returns the entries of the folders whose names begin with `start` and end with `end`.
fn matching_entries(folders: &[PathBuf], start: &str, end: &str) -> Vec<PathBuf> {
    let mut matching = Vec::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(folder) else {
            continue;
        };
        for entry in entries {
            let Ok(entry) = entry else { continue };
            let name = entry.file_name();
            let name = name.as_bytes();
            if name.starts_with(start.as_bytes()) && name.ends_with(end.as_bytes()) {
                matching.push(entry.path());
            }
        }
    }
    matching
}
