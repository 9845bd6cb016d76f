//! Which file holds which thread: asked for by forks that look for their parents.
//!
//! Most runs never ask, so the first lines of the files are only read when one does.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::OnceLock;

use super::find::Input;
use crate::format::{self, FORMATS};

/// The files to be read, and, once somebody asks, the threads they hold.
#[derive(Default)]
pub struct Beside {
    files: Vec<PathBuf>,
    by_thread: OnceLock<HashMap<String, Vec<String>>>,
}

/// No first line that names a thread is longer.
const FIRST_BYTES: u64 = 4 << 20;

impl Beside {
    /// Knows these files.
    pub fn new(inputs: &[Input]) -> Beside {
        let files = inputs.iter().filter(|input| input.path.as_os_str() != "-").map(|input| input.path.clone());
        Beside { files: files.collect(), by_thread: OnceLock::new() }
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

impl format::Beside for Beside {
    /// Of several copies the one that lies nearest: sessions of two homes may have the same ids.
    fn file_of(&self, thread: &str, near: &str) -> Option<String> {
        let files = self.by_thread.get_or_init(|| self.index()).get(thread)?;
        let shared = |file: &String| file.bytes().zip(near.bytes()).take_while(|(a, b)| a == b).count();
        files.iter().rev().max_by_key(|file| shared(file)).cloned()
    }
}

fn first_line(path: &PathBuf) -> Option<String> {
    let file = File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() || path.extension().is_some_and(|end| end == "zst") {
        return None;
    }
    let mut line = Vec::new();
    BufReader::new(file.take(FIRST_BYTES)).read_until(b'\n', &mut line).ok()?;
    Some(String::from_utf8_lossy(&line).trim().to_owned())
}
