//! Which messages the files of a session hold: asked for by side chains in files of their own,
//! which replay some of them.
//!
//! A side chain says which session it is of. The files of a session are those named after it, and
//! where none is, those whose first line is of it. They are read for the ids of their messages only
//! when somebody asks, once, and a short hash of each id is kept.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use memchr::memmem;

use super::first_lines::first_lines;
use crate::format::FORMATS;
use crate::format::lines::{self, Line, Tally};
use crate::format::open::{MOST_BYTES, open};
use crate::short;

/// No line that a message is looked for in is longer.
const MAX_LINE: u64 = 64 << 20;

/// The messages of the sessions that were asked for.
#[derive(Default)]
pub(super) struct Messages {
    by_session: Mutex<HashMap<String, Arc<OnceLock<HashSet<u64>>>>>,
    by_first_line: OnceLock<HashMap<String, Vec<PathBuf>>>,
}

impl Messages {
    /// Whether a file of that session, of these `files`, holds the message outside of side chains.
    pub(super) fn has(&self, files: &[PathBuf], session: &str, message: &str) -> bool {
        let of_session = {
            let mut sessions = self
                .by_session
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            Arc::clone(sessions.entry(session.to_owned()).or_default())
        };
        of_session
            .get_or_init(|| self.read(files, session))
            .contains(&short::hash(message))
    }

    fn read(&self, files: &[PathBuf], session: &str) -> HashSet<u64> {
        let is_named = |path: &&PathBuf| stem(path) == Some(session);
        let named: Vec<&PathBuf> = files.iter().filter(is_named).collect();
        let mut messages = HashSet::new();
        if named.is_empty() {
            let first = self.by_first_line.get_or_init(|| by_first_line(files));
            first
                .get(session)
                .into_iter()
                .flatten()
                .for_each(|path| messages_of(path, &mut messages));
        }
        named
            .into_iter()
            .for_each(|path| messages_of(path, &mut messages));
        messages
    }
}

/// The name of a file up to its first dot.
fn stem(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()?.split('.').next()
}

fn by_first_line(files: &[PathBuf]) -> HashMap<String, Vec<PathBuf>> {
    let mut sessions: HashMap<String, Vec<PathBuf>> = HashMap::new();
    for path in files {
        let named = |line: String| {
            FORMATS
                .iter()
                .find_map(|format| (format.said)(&line).session)
        };
        if let Some(session) = first_lines(path).find_map(named) {
            sessions.entry(session).or_default().push(path.clone());
        }
    }
    sessions
}

/// Adds the messages of a file. One that cannot be read to its end is said where it is read for
/// itself.
fn messages_of(path: &Path, messages: &mut HashSet<u64>) {
    let assistant = memmem::Finder::new("assistant");
    let mut take = |line: Line| {
        if assistant.find(line.bytes).is_some() {
            let said = FORMATS
                .iter()
                .filter_map(|format| (format.said)(line.json).message);
            messages.extend(said.map(|message| short::hash(&message)));
        }
        Ok(())
    };
    let _ = open(path, MOST_BYTES)
        .and_then(|opened| lines::each(opened.input, MAX_LINE, &mut take, &mut Tally::default()));
}
