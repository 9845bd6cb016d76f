//! Which file holds which thread: asked for by forks that look for their parents.
//!
//! Most runs never ask, so the first lines of the files are only read when one does.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::find::Input;
use crate::format::lines::{self, Line, Tally};
use crate::format::open::{MOST_BYTES, open};
use crate::format::{self, FORMATS, Worktree};

/// The files to be read, and, once somebody asks, the threads they hold.
#[derive(Default)]
pub struct Beside {
    files: Vec<PathBuf>,
    by_thread: OnceLock<HashMap<String, Vec<String>>>,
    by_worktree: OnceLock<HashMap<String, Vec<Given>>>,
}

/// When a work tree was given to an agent, and by which thread.
struct Given {
    at: Option<String>,
    thread: String,
}

/// No line that gives out a work tree is longer.
const MAX_LINE: u64 = 16 << 20;

/// No first line that names a thread is longer.
const FIRST_BYTES: u64 = 4 << 20;

impl Beside {
    /// Knows these files.
    pub fn new(inputs: &[Input]) -> Beside {
        let files = inputs.iter().filter(|input| !input.store && input.path.as_os_str() != "-");
        let files = files.map(|input| input.path.clone());
        Beside { files: files.collect(), ..Beside::default() }
    }

    fn index(&self) -> HashMap<String, Vec<String>> {
        let mut index: HashMap<String, Vec<String>> = HashMap::new();
        for path in &self.files {
            for id in first_line(path).iter().flat_map(|line| FORMATS.iter().filter_map(|f| (f.thread_id)(line))) {
                index.entry(id).or_default().push(path.display().to_string());
            }
        }
        index
    }
}

impl Beside {
    /// Reads all files, but parses only the lines that speak of work trees.
    fn worktrees(&self) -> HashMap<String, Vec<Given>> {
        let mut given: HashMap<String, Vec<Given>> = HashMap::new();
        for path in &self.files {
            let Some(thread) = first_line(path).and_then(|line| FORMATS.iter().find_map(|f| (f.thread_id)(&line)))
            else {
                continue;
            };
            let mut take = |line: Line| {
                if memchr::memmem::find(line.bytes, b"worktree_path").is_some() {
                    for Worktree { path, at } in FORMATS.iter().flat_map(|format| (format.worktrees)(line.json)) {
                        given.entry(path).or_default().push(Given { at, thread: thread.clone() });
                    }
                }
                Ok(())
            };
            // A file that cannot be read to its end is said where it is read for itself.
            let _ = open(path, MOST_BYTES)
                .and_then(|opened| lines::each(opened.input, MAX_LINE, &mut take, &mut Tally::default()));
        }
        given
    }
}

impl format::Beside for Beside {
    /// Of several copies the one that lies nearest: sessions of two homes may have the same ids.
    fn file_of(&self, thread: &str, near: &str) -> Option<String> {
        let files = self.by_thread.get_or_init(|| self.index()).get(thread)?;
        let shared = |file: &String| file.bytes().zip(near.bytes()).take_while(|(a, b)| a == b).count();
        files.iter().rev().max_by_key(|file| shared(file)).cloned()
    }

    fn spawner_of(&self, worktree: &str, started: Option<&str>) -> Option<String> {
        let given = self.by_worktree.get_or_init(|| self.worktrees()).get(worktree)?;
        let before = given.iter().filter(|given| started.is_none() || given.at.as_deref() <= started);
        before.max_by(|a, b| a.at.cmp(&b.at)).map(|given| given.thread.clone())
    }
}

fn first_line(path: &Path) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    let mut line = Vec::new();
    let input = open(path, FIRST_BYTES).ok()?.input;
    BufReader::new(input.take(FIRST_BYTES)).read_until(b'\n', &mut line).ok()?;
    Some(String::from_utf8_lossy(&line).trim().to_owned())
}
