//! An index of the threads in all files: which files hold a thread, and which thread started an
//! agent. The reader of a fork looks up the file of its parent in it, and the reader of an agent's
//! session the thread that started the agent.
//!
//! Most runs never look anything up, so the files are read at the first lookup.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};

use super::archive;
use super::first_lines::first_lines;
use super::found::Input;
use super::message_index::MessageIndex;
use crate::format::lines::{self, Line, Tally};
use crate::format::open::{MOST_BYTES, open};
use crate::format::{self, FORMATS, Sender, Worktree, time};
use crate::path;

/// The files of a run and, after the first lookup, the threads in them.
#[derive(Default)]
pub struct ThreadIndex {
    files: Vec<PathBuf>,
    /// The files of each thread.
    by_thread: OnceLock<HashMap<String, Vec<String>>>,
    messages: MessageIndex,
    started: OnceLock<StartedAgents>,
}

/// Which thread started which agent, and when and where each thread worked.
#[derive(Default)]
struct StartedAgents {
    /// The threads that gave a work tree to an agent, by the folder of the tree.
    by_worktree: HashMap<String, Vec<WorktreeGrant>>,
    /// The errands on which agents were sent, by the first line of the prompt.
    errands: HashMap<String, Vec<SentErrand>>,
    shifts: Vec<Shift>,
}

/// An errand on which a thread sent an agent.
struct SentErrand {
    prompt: String,
    at: Option<String>,
    sender: Sender,
    /// The file of the sender.
    file: PathBuf,
}

/// Where a thread worked, from the first instant of its file to the last.
struct Shift {
    thread: String,
    cwd: String,
    from: String,
    to: String,
}

/// When a thread gave a work tree to an agent.
struct WorktreeGrant {
    at: Option<String>,
    thread: String,
}

/// An agent's session begins within this time after the call that started it.
const MAX_START_DELAY: SignedDuration = SignedDuration::from_hours(1);

/// Longer lines give no work tree and start no agent.
const MAX_LINE: u64 = 16 << 20;

impl ThreadIndex {
    /// An index of these files, none of which is read yet.
    pub fn new(inputs: &[Input]) -> ThreadIndex {
        let mut files = Vec::new();
        for input in inputs {
            if !input.store && input.path.as_os_str() != "-" {
                files.push(input.path.clone());
            }
        }
        ThreadIndex {
            files,
            ..ThreadIndex::default()
        }
    }

    fn files_by_thread(&self) -> HashMap<String, Vec<String>> {
        let mut index: HashMap<String, Vec<String>> = HashMap::new();
        for path in &self.files {
            for id in thread_ids(path) {
                index.entry(id).or_default().push(path::written(path));
            }
        }
        index
    }

    /// Reads all files, but parses only the first line and those that mention work trees or agents.
    fn started(&self) -> &StartedAgents {
        self.started.get_or_init(|| {
            let mut started = StartedAgents::default();
            for path in &self.files {
                started.add_file(path);
            }
            started
        })
    }
}

/// Returns the ids of a file's thread, by the first line that has one; formats may read it
/// differently.
fn thread_ids(path: &Path) -> HashSet<String> {
    for line in first_lines(path) {
        let mut ids = HashSet::new();
        for format in FORMATS {
            ids.extend((format.thread_id)(&line));
        }
        if !ids.is_empty() {
            return ids;
        }
    }
    HashSet::new()
}

impl StartedAgents {
    /// Adds what the thread of a file started, and when the thread worked.
    fn add_file(&mut self, path: &Path) {
        let Some(first) = first_lines(path).next() else {
            return;
        };
        let Some(thread) = FORMATS.iter().find_map(|format| (format.thread_id)(&first)) else {
            return;
        };
        let cwd = FORMATS.iter().find_map(|format| (format.cwd)(&first));
        // A read error is reported when the file itself is processed.
        let Ok(opened) = open(path, MOST_BYTES) else {
            return;
        };
        let mut instants: Option<(String, String)> = None;
        let mut take = |line: Line| {
            if cwd.is_some()
                && let Some(at) = instant(line.bytes)
            {
                let (_, to) = instants.get_or_insert_with(|| (at.clone(), String::new()));
                *to = at;
            }
            if memchr::memmem::find(line.bytes, b"worktree_path").is_some() {
                self.add_worktrees(&line, &thread);
            }
            if memchr::memmem::find(line.bytes, b"\"agent\"").is_some() {
                self.add_errands(&line, &thread, path);
            }
            Ok(())
        };
        let _ = lines::each(opened.input, MAX_LINE, &mut take, &mut Tally::default());
        if let (Some(cwd), Some((from, to))) = (cwd, instants) {
            self.shifts.push(Shift {
                thread,
                cwd,
                from,
                to,
            });
        }
    }

    /// Adds the work trees that a line of this thread gives to agents.
    fn add_worktrees(&mut self, line: &Line, thread: &str) {
        for format in FORMATS {
            for Worktree { path, at } in (format.worktrees)(line.json) {
                let thread = thread.to_owned();
                let grants = self.by_worktree.entry(path).or_default();
                grants.push(WorktreeGrant { at, thread });
            }
        }
    }

    /// Adds the errands on which a line of this thread sends agents.
    fn add_errands(&mut self, line: &Line, thread: &str, file: &Path) {
        for format in FORMATS {
            for errand in (format.errands)(line.json) {
                let first = errand.prompt.lines().next().unwrap_or_default().to_owned();
                let sender = Sender {
                    thread: thread.to_owned(),
                    call_id: errand.call_id,
                };
                self.errands.entry(first).or_default().push(SentErrand {
                    prompt: errand.prompt,
                    at: errand.at,
                    sender,
                    file: file.to_owned(),
                });
            }
        }
    }
}

impl format::Beside for ThreadIndex {
    /// Sessions of two homes may have the same ids: only files of the home that is nearest to
    /// `near` are returned.
    fn files_of(&self, thread: &str, near: &str) -> Vec<String> {
        let by_thread = self.by_thread.get_or_init(|| self.files_by_thread());
        let mut files = by_thread.get(thread).cloned().unwrap_or_default();
        files.retain(|file| file != near);
        let mut nearest: Option<(usize, &String)> = None;
        for file in &files {
            let shared = shared_bytes(file, near);
            if nearest.is_none_or(|(most, _)| shared > most) {
                nearest = Some((shared, file));
            }
        }
        if let Some((_, file)) = nearest {
            let home = home(&path::of(file));
            files.retain(|file| self::home(&path::of(file)) == home);
        }
        files
    }

    fn spawner_of(&self, worktree: &str, started: Option<&str>) -> Option<String> {
        let mut latest: Option<&WorktreeGrant> = None;
        for grant in self.started().by_worktree.get(worktree)? {
            if started.is_some() && grant.at.as_deref() > started {
                continue;
            }
            if latest.is_none_or(|latest| grant.at >= latest.at) {
                latest = Some(grant);
            }
        }
        Some(latest?.thread.clone())
    }

    fn is_main_message(&self, session: &str, message: &str) -> bool {
        self.messages.has(&self.files, session, message)
    }

    fn at_work(&self, folder: &str, at: &str) -> Option<String> {
        // A thread in a work tree of the same repository is an agent that was started too.
        let tree = format!("/working/{folder}/branches/");
        let mut latest: Option<&Shift> = None;
        for shift in &self.started().shifts {
            let is_during = &*shift.from <= at && at <= &*shift.to;
            if !is_during || shift.cwd.contains(&tree) {
                continue;
            }
            let is_there = shift.cwd.split(['/', '\\']).any(|name| name == folder);
            if is_there && latest.is_none_or(|latest| shift.from >= latest.from) {
                latest = Some(shift);
            }
        }
        Some(latest?.thread.clone())
    }

    fn sender_of(&self, prompt: &str, started: Option<&str>, near: &str) -> Option<Sender> {
        let first = prompt.lines().next().unwrap_or_default();
        let sent = self.started().errands.get(first)?;
        let started: Option<Timestamp> = match started {
            Some(started) => started.parse().ok(),
            None => None,
        };
        let near = home(&path::of(near));
        let mut latest: Option<((bool, &Option<String>), &Sender)> = None;
        for errand in sent {
            if !errand.has_prompt(prompt) || !errand.may_start(started) {
                continue;
            }
            let rank = (home(&errand.file) == near, &errand.at);
            if latest.is_none_or(|(highest, _)| rank >= highest) {
                latest = Some((rank, &errand.sender));
            }
        }
        Some(latest?.1.clone())
    }
}

impl SentErrand {
    /// Whether the first message of an agent is this errand; the message may have more lines.
    fn has_prompt(&self, message: &str) -> bool {
        match message.strip_prefix(&*self.prompt) {
            Some(more) => more.is_empty() || more.starts_with('\n'),
            None => false,
        }
    }

    /// Whether an agent whose session began at `started` may be the one that was sent. An unknown
    /// instant excludes nothing.
    fn may_start(&self, started: Option<Timestamp>) -> bool {
        let (Some(started), Some(at)) = (started, &self.at) else {
            return true;
        };
        let Ok(sent) = at.parse::<Timestamp>() else {
            return true;
        };
        let delay = started.duration_since(sent);
        !delay.is_negative() && delay <= MAX_START_DELAY
    }
}

/// Returns how many bytes two paths have in common at their start.
fn shared_bytes(a: &str, b: &str) -> usize {
    let mut shared = 0;
    for (a, b) in a.bytes().zip(b.bytes()) {
        if a != b {
            break;
        }
        shared += 1;
    }
    shared
}

/// Returns the time of a line, where it is among the first members.
fn instant(line: &[u8]) -> Option<String> {
    const KEY: &[u8] = b"\"timestamp\":\"";
    let start = line.get(..line.len().min(256))?;
    let at = memchr::memmem::find(start, KEY)? + KEY.len();
    let text = start.get(at..)?.split(|byte| *byte == b'"').next()?;
    time::instant(std::str::from_utf8(text).ok()?)
}

/// Returns the home that a file lies in, else its folder.
fn home(file: &Path) -> PathBuf {
    let folder = match archive::home(file) {
        Some((home, _)) => home,
        None => file.parent().unwrap_or(file),
    };
    folder.to_owned()
}
