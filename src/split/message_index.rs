//! The messages in the files of a session, for side chains in separate files which replay some of
//! them.
//!
//! A side chain names the session that it belongs to. The files of a session are those named after
//! it and, where there is none, those whose first line names it. Most runs have no side chain, so
//! the files are read for the ids of their messages at the first lookup, once, and a short hash of
//! each id is kept.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use memchr::memmem;

use super::first_lines::first_lines;
use crate::format::FORMATS;
use crate::format::lines::{self, Line, Tally};
use crate::format::open::{MOST_BYTES, open};
use crate::short;

/// Longer lines are not searched for messages.
const MAX_LINE: u64 = 64 << 20;

/// The messages of the sessions that were looked up.
#[derive(Default)]
pub(super) struct MessageIndex {
    /// Short hashes of message ids, by session.
    by_session: Mutex<HashMap<String, Arc<OnceLock<HashSet<u64>>>>>,
    /// Files by the session that their first line names.
    by_first_line: OnceLock<HashMap<String, Vec<PathBuf>>>,
}

impl MessageIndex {
    /// Whether a file of that session, of these `files`, has the message outside of side chains.
    pub(super) fn has(&self, files: &[PathBuf], session: &str, message: &str) -> bool {
        let messages = self.of_session(session);
        let messages = messages.get_or_init(|| self.read(files, session));
        messages.contains(&short::hash(message))
    }

    fn of_session(&self, session: &str) -> Arc<OnceLock<HashSet<u64>>> {
        let sessions = self.by_session.lock();
        let mut sessions = sessions.unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sessions.entry(session.to_owned()).or_default())
    }

    fn read(&self, files: &[PathBuf], session: &str) -> HashSet<u64> {
        let mut messages = HashSet::new();
        let mut is_named = false;
        for path in files {
            if stem(path) == Some(session) {
                add_messages(path, &mut messages);
                is_named = true;
            }
        }
        if is_named {
            return messages;
        }
        let by_first_line = self.by_first_line.get_or_init(|| by_first_line(files));
        if let Some(paths) = by_first_line.get(session) {
            for path in paths {
                add_messages(path, &mut messages);
            }
        }
        messages
    }
}

/// Returns the name of a file up to its first dot.
fn stem(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()?.split('.').next()
}

fn by_first_line(files: &[PathBuf]) -> HashMap<String, Vec<PathBuf>> {
    let mut sessions: HashMap<String, Vec<PathBuf>> = HashMap::new();
    for path in files {
        if let Some(session) = session_of(path) {
            sessions.entry(session).or_default().push(path.clone());
        }
    }
    sessions
}

/// Returns the session that the first lines of a file name.
fn session_of(path: &Path) -> Option<String> {
    for line in first_lines(path) {
        for format in FORMATS {
            let said = (format.said)(&line);
            if said.session.is_some() {
                return said.session;
            }
        }
    }
    None
}

/// Adds the messages of a file. A read error is reported when the file itself is processed.
fn add_messages(path: &Path, messages: &mut HashSet<u64>) {
    let Ok(opened) = open(path, MOST_BYTES) else {
        return;
    };
    let assistant = memmem::Finder::new("assistant");
    let mut take = |line: Line| {
        if assistant.find(line.bytes).is_some() {
            for format in FORMATS {
                if let Some(message) = (format.said)(line.json).message {
                    messages.insert(short::hash(&message));
                }
            }
        }
        Ok(())
    };
    let _ = lines::each(opened.input, MAX_LINE, &mut take, &mut Tally::default());
}
