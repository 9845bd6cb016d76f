//! The home of an agent that a session file lies in, and which of two copies in one home counts.
//!
//! An agent that archives a session moves its file to another folder of its home. A session that is
//! used again has a file of the same name in its old folder: that file grows, and the archived one
//! does not change. The two may differ so much that their responses do not show that they are one
//! session.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::found::Input;
use crate::format::{FORMATS, open};

/// What the copies of a session file have in common: their home, and their name without the ending
/// of a compressed file.
type SessionFile = (PathBuf, PathBuf);

/// Keeps, of files with the same name in several session folders of one home, only those in the
/// earliest-listed folder that has a non-empty copy, and any in a folder listed before it.
pub(super) fn leave_out_copies(inputs: &mut Vec<Input>) {
    if !inputs.iter().any(is_in_later_folder) {
        return;
    }
    let mut first: HashMap<SessionFile, usize> = HashMap::new();
    for input in inputs.iter() {
        if let Some((folder, file)) = location(input)
            && !is_empty(&input.path)
        {
            let known = first.entry(file).or_insert(folder);
            *known = folder.min(*known);
        }
    }
    inputs.retain(|input| {
        let Some((folder, file)) = location(input) else {
            return true;
        };
        match first.get(&file) {
            Some(first) => folder <= *first,
            None => true,
        }
    });
}

/// Returns the home of an agent that a file lies in, and the number of its session folder, in the
/// order in which the format names the folders. Both are judged by the names of folders alone.
pub(super) fn home(path: &Path) -> Option<(&Path, usize)> {
    for folder in path.ancestors().skip(1) {
        let (Some(name), Some(home)) = (folder.file_name(), folder.parent()) else {
            continue;
        };
        for format in FORMATS {
            let sessions = format.home.sessions;
            if let Some(order) = sessions.iter().position(|session| name == *session) {
                return Some((home, order));
            }
        }
    }
    None
}

/// Whether a file lies in a session folder that the format does not name first.
fn is_in_later_folder(input: &Input) -> bool {
    match location(input) {
        Some((folder, _)) => folder > 0,
        None => false,
    }
}

/// Returns the number of the session folder that a file lies in, and which file it is.
fn location(input: &Input) -> Option<(usize, SessionFile)> {
    let (home, folder) = home(&input.path)?;
    let name = open::plain(Path::new(input.path.file_name()?));
    Some((folder, (home.to_owned(), name)))
}

fn is_empty(path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(data) => data.len() == 0,
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(paths: &[&str]) -> Vec<String> {
        let input = |path: &&str| Input {
            path: PathBuf::from(path),
            named: false,
            store: false,
        };
        let mut inputs: Vec<Input> = paths.iter().map(input).collect();
        leave_out_copies(&mut inputs);
        inputs
            .iter()
            .map(|input| input.path.display().to_string())
            .collect()
    }

    #[test]
    fn of_an_active_and_an_archived_file_of_one_name_the_active_one_counts() {
        let flat = [
            "/h/archived_sessions/r-1.jsonl",
            "/h/sessions/2026/11/20/r-1.jsonl",
        ];
        assert_eq!(left(&flat), flat[1..]);
        let dated = [
            "/h/archived_sessions/2026/11/20/r-1.jsonl.zst",
            "/h/sessions/2026/11/20/r-1.jsonl",
        ];
        assert_eq!(left(&dated), dated[1..]);
        let packed = [
            "/h/archived_sessions/r-1.jsonl.gz",
            "/h/sessions/r-1.jsonl.zst",
        ];
        assert_eq!(left(&packed), packed[1..]);
    }

    #[test]
    fn another_name_another_home_and_two_active_files_are_no_copies() {
        for two in [
            [
                "/h/archived_sessions/r-1.jsonl",
                "/h/sessions/2026/11/20/r-2.jsonl",
            ],
            ["/g/archived_sessions/r-1.jsonl", "/h/sessions/r-1.jsonl"],
            [
                "/h/sessions/2026/11/20/r-1.jsonl",
                "/h/sessions/2026/11/21/r-1.jsonl",
            ],
            [
                "/h/sessions/.x/archived_sessions/r-1.jsonl",
                "/h/sessions/2026/r-1.jsonl",
            ],
        ] {
            assert_eq!(left(&two), two);
        }
    }
}
