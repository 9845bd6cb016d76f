//! Where the agents keep their sessions: what their environment says, else the user's home folder.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::found::{Places, names};
use crate::cli::{Files, When};
use crate::format::{FORMATS, Home, MORE_HOMES};

/// Homes that a message names.
const NAMED: usize = 4;

/// The files and folders that were named; without any, those of the agents, and then of the last
/// seven days unless a time was named.
///
/// # Errors
/// The list of files cannot be read; none was named, and no agent has a folder.
pub fn asked(files: &Files, when: &mut When) -> Result<Places> {
    if !files.is_empty() {
        return Ok(Places::named(files.paths()?));
    }
    if when.since.is_none() && when.until.is_none() {
        when.since = Some("7d".to_owned());
    }
    places()
}

/// Finds the agents' own folders of sessions, and the homes that the environment names and that
/// have none.
///
/// # Errors
/// There is no such folder.
fn places() -> Result<Places> {
    let mut places = Places::default();
    let homes = FORMATS.iter().map(|format| &format.home).chain(MORE_HOMES);
    homes.for_each(|home| take(home, &mut places));
    places.paths.sort();
    places.paths.dedup();
    if places.paths.is_empty() {
        let empty = &places.empty;
        let looked = if empty.is_empty() {
            String::new()
        } else {
            format!(" in {}", names(empty, NAMED))
        };
        bail!("no session folder found{looked}; name a file or a folder");
    }
    Ok(places)
}

fn take(home: &Home, places: &mut Places) {
    let given = variable(home.variable);
    let bases = match &given {
        Some(dirs) => listed(dirs),
        None => user_folders(home),
    };
    for base in bases {
        let folders: Vec<PathBuf> = home
            .sessions
            .iter()
            .flat_map(|below| matching(&base, below))
            .collect();
        if folders.is_empty() && given.is_some() {
            places.empty.push(base);
        }
        places.paths.extend(folders);
    }
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The folders of a list that is separated by commas, without blanks around them and slashes at
/// their ends; a folder whose name has a comma in it is one.
fn listed(dirs: &OsStr) -> Vec<PathBuf> {
    if Path::new(dirs).is_dir() {
        return vec![PathBuf::from(dirs)];
    }
    let parts = dirs
        .as_bytes()
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|part| !part.is_empty());
    let folder = |part: &[u8]| Path::new(OsStr::from_bytes(part)).components().collect();
    parts.map(folder).collect()
}

/// Where an agent's home is in the user's; what lies in `.config` may have been moved as a whole.
fn user_folders(home: &Home) -> Vec<PathBuf> {
    let user = variable("HOME").map(PathBuf::from);
    let config = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let mut folders = Vec::new();
    for folder in home.folders {
        folders.extend(user.as_ref().map(|user| user.join(folder)));
        let moved = folder.strip_prefix(".config/");
        folders.extend(
            config
                .iter()
                .zip(moved)
                .map(|(config, folder)| config.join(folder)),
        );
    }
    folders
}

/// The folders below `base` that a path leads to, in which a `*` stands for any part of a name.
fn matching(base: &Path, below: &str) -> Vec<PathBuf> {
    let mut folders = vec![base.to_owned()];
    for part in below.split('/') {
        let Some((start, end)) = part.split_once('*') else {
            folders.iter_mut().for_each(|folder| folder.push(part));
            continue;
        };
        let entries = folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder).ok())
            .flatten()
            .flatten();
        let fits =
            |name: &[u8]| name.starts_with(start.as_bytes()) && name.ends_with(end.as_bytes());
        folders = entries
            .filter(|entry| fits(entry.file_name().as_bytes()))
            .map(|entry| entry.path())
            .collect();
    }
    folders.retain(|folder| folder.is_dir());
    folders
}
