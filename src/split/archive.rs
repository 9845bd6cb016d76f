//! Which home a session file lies in, and which of two copies of one home counts.
//!
//! An agent that archives a session moves its file to another folder of its home. Where a file of
//! that name is in use still, or again, it goes on and the archived one does not; what the two say
//! may differ, so that no comparison of responses could tell that they are one session.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::found::Input;
use crate::format::{FORMATS, Home, open};

/// Of files of one name in several session folders of one home, leaves those in the folder that the
/// format names first. An empty file is no copy of another.
pub(super) fn leave_out_copies(inputs: &mut Vec<Input>) {
    if !inputs
        .iter()
        .filter_map(place)
        .any(|(folder, _)| folder > 0)
    {
        return;
    }
    let mut first: HashMap<(PathBuf, PathBuf), usize> = HashMap::new();
    for (folder, file) in inputs
        .iter()
        .filter(|input| !is_empty(&input.path))
        .filter_map(place)
    {
        let known = first.entry(file).or_insert(folder);
        *known = folder.min(*known);
    }
    let counts = |(folder, file)| first.get(&file).is_none_or(|first| folder <= *first);
    inputs.retain(|input| place(input).is_none_or(counts));
}

/// The home of an agent that a file lies in, and in which of its session folders, by their order.
pub(super) fn home(path: &Path) -> Option<(&Path, usize)> {
    path.ancestors().skip(1).find_map(|folder| {
        let name = folder.file_name()?;
        let order = |home: &Home| home.sessions.iter().position(|session| name == *session);
        Some((
            folder.parent()?,
            FORMATS.iter().find_map(|format| order(&format.home))?,
        ))
    })
}

/// In which session folder a file lies, and by what it is known there: its home and its name,
/// whether it is compressed or not.
fn place(input: &Input) -> Option<(usize, (PathBuf, PathBuf))> {
    let (home, folder) = home(&input.path)?;
    let name = open::plain(Path::new(input.path.file_name()?));
    Some((folder, (home.to_owned(), name)))
}

fn is_empty(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|data| data.len() == 0)
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
