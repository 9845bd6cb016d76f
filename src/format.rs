//! Session files to neutral histories: one table of formats, one reader each.
//!
//! A format is recognised by what a file says, never by its path. Its reader turns the agent's own
//! rules into a [`history`]: spans, requests and context events in one order for all agents. The
//! parts that readers share ([`lines`], [`literal`], [`call`], [`key`], [`image`], `order`, `time`,
//! and `rollout` for the two agents that write rollouts) name no agent.
//!
//! To add a format: its file in this folder, its line in [`FORMATS`], its `mod`, its fixtures.

mod claude;
mod codex;
mod every_code;
mod exec_log;
mod ox;

pub mod call;
pub mod entry;
pub mod foreign;
pub mod head;
pub mod history;
mod ids;
pub mod image;
pub mod key;
pub mod lines;
pub mod literal;
mod object;
pub mod open;
mod order;
mod project;
mod rollout;
pub mod time;

use std::path::PathBuf;

use crate::refusal;
use entry::Entry;
use history::Thread;
use lines::{Line, Why};

/// The agents whose files are read.
pub fn agents() -> Vec<&'static str> {
    let mut names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    let mut known = std::collections::HashSet::new();
    names.retain(|name| known.insert(*name));
    names
}

/// Every format; the first that recognises a file reads it.
pub const FORMATS: &[Format] = &[
    codex::FORMAT,
    every_code::FORMAT,
    exec_log::FORMAT,
    claude::FORMAT,
    claude::LOG,
];

/// Files that say the same again as the sessions in a folder beside them: their name, and that
/// folder.
pub const TWINS: &[(&str, &str)] = &[claude::AUDIT];

/// Homes of programs that run an agent and keep its sessions in a place of their own.
pub const MORE_HOMES: &[Home] = &[claude::COWORK];

/// What is known of one agent's files.
#[derive(Clone, Copy)]
pub struct Format {
    /// Name of the agent, as records and `--agent` have it.
    pub name: &'static str,
    /// Says whether the first lines of a file are of this format. `complete`: there are no more.
    pub recognise: fn(head: &[&str], complete: bool) -> Answer,
    /// Makes a reader for one file.
    pub reader: for<'s> fn(Source<'s>) -> Box<dyn Reader + 's>,
    /// Returns what one line says, by itself.
    pub entries: Entries,
    /// Returns the id of the thread that a file holds, by its first line (or the first that names
    /// one); how forks find their parents, and logs their sessions.
    pub thread_id: fn(first: &str) -> Option<String>,
    /// Returns the folder that a file's thread works in, by its first line, where agents of this
    /// kind start others that do not name them.
    pub cwd: fn(first: &str) -> Option<String>,
    /// Returns the work trees that a line gives to agents it starts.
    pub worktrees: fn(line: &str) -> Vec<Worktree>,
    /// Returns what a line says that side chains in other files may replay.
    pub said: fn(line: &str) -> Said,
    /// Returns the agents that a line starts in sessions of their own, where these do not name it.
    pub errands: fn(line: &str) -> Vec<Errand>,
    /// Names of files beside the sessions that are none.
    pub sidecars: &'static [&'static str],
    /// Where the agent keeps its sessions.
    pub home: Home,
    /// Whether a copy of a response may report more than another copy: where several lines report
    /// it one after the other, the file may have ended between them.
    pub copies_grow: bool,
    /// What a file of this format is, and what is missing in it, where it is less than a session.
    pub lacks: Option<&'static str>,
}

/// Reads one line as the turns of a conversation; `None` where the line is to be left as it is.
pub type Entries = for<'a> fn(line: &'a str) -> Option<Vec<Entry<'a>>>;

/// How a line is read of a file that no format knows: as an entry itself.
pub const PLAIN_ENTRIES: Entries = ox::entries;

/// A work tree that was given to an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Worktree {
    /// Its folder, which is the agent's working directory.
    pub path: String,
    /// When it was given.
    pub at: Option<String>,
}

/// Whose line it is, and what message it is of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// The agent's id of the session.
    pub session: Option<String>,
    /// The id of the model's message that the line is of, unless a side chain tells it.
    pub message: Option<String>,
}

/// What an agent was started for.
#[derive(Clone, Debug, PartialEq)]
pub struct Errand {
    /// How the first message of its session begins.
    pub prompt: String,
    /// When it was started.
    pub at: Option<String>,
    /// The call that did it.
    pub call_id: Option<String>,
}

/// Who sent an agent on its errand.
#[derive(Clone, Debug, PartialEq)]
pub struct Sender {
    /// The thread.
    pub thread: String,
    /// Its call.
    pub call_id: Option<String>,
}

/// Where an agent keeps its sessions, when nobody says otherwise.
#[derive(Clone, Copy)]
pub struct Home {
    /// The environment variable that says where; several folders are separated by commas. Empty
    /// where there is none.
    pub variable: &'static str,
    /// Where else: folders in the user's home folder.
    pub folders: &'static [&'static str],
    /// The folders within that hold sessions; `*` stands for any part of a name.
    pub sessions: &'static [&'static str],
}

/// What a format says of the first lines of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// They are its own.
    Yes,
    /// They are not.
    No,
    /// They may be.
    NeedMore,
}

/// The path of standard input.
pub const STDIN: &str = "-";

/// A file to be read, and what a reader may know beside it.
#[derive(Clone, Copy)]
pub struct Source<'s> {
    /// Its path; tells threads of one id in two files apart.
    pub path: &'s str,
    /// What is asked for.
    pub wants: Wants,
    /// The files read beside it.
    pub beside: &'s dyn Beside,
    /// Folders beside the sessions.
    pub roots: &'s Roots,
    /// The whole file, where nobody can open it again: standard input.
    pub whole: Option<&'s [u8]>,
}

/// Folders beside the sessions, in which some agents tell what the sessions do not.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// Holds `memory_summary.md`, which is sent with every request.
    pub memory: Option<PathBuf>,
    /// Holds the runs of automatic reviews.
    pub review: Option<PathBuf>,
}

/// What lies beside a session file.
pub trait Beside: Sync {
    /// Returns the files that hold the thread of that id, of those to be read but the file `near`:
    /// those of the home that lies nearest to it.
    fn files_of(&self, thread: &str, near: &str) -> Vec<String>;

    /// Returns the thread that last gave this work tree to an agent before `started`.
    fn spawner_of(&self, worktree: &str, started: Option<&str>) -> Option<String>;

    /// Returns whether a file of that session holds this message of the model outside of side
    /// chains.
    fn is_main_message(&self, session: &str, message: &str) -> bool;
    /// Returns the thread that worked at that instant in a folder of this name, or inside one; of
    /// several the one that began last.
    fn at_work(&self, folder: &str, at: &str) -> Option<String>;

    /// Returns who sent an agent on the errand that this prompt tells, not long before `started`;
    /// of several the latest, in the home that lies nearest to the file `near`.
    fn sender_of(&self, prompt: &str, started: Option<&str>, near: &str) -> Option<Sender>;
}

/// Nothing lies beside the file.
impl Beside for () {
    fn files_of(&self, _: &str, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn spawner_of(&self, _: &str, _: Option<&str>) -> Option<String> {
        None
    }

    fn is_main_message(&self, _: &str, _: &str) -> bool {
        false
    }

    fn at_work(&self, _: &str, _: &str) -> Option<String> {
        None
    }

    fn sender_of(&self, _: &str, _: Option<&str>, _: &str) -> Option<Sender> {
        None
    }
}

/// What a reader is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wants {
    /// Spans and context events; else requests only.
    pub spans: bool,
    /// Texts in the spans.
    pub text: bool,
}

/// Reads one file, object by object.
pub trait Reader {
    /// Takes one object of the file.
    ///
    /// # Errors
    /// Why it cannot be used; then nothing was taken of it.
    fn take(&mut self, line: &Line) -> Result<(), Why>;

    /// The file has ended; returns its threads.
    fn finish(self: Box<Self>) -> Vec<Thread>;
}

/// How many lines a format may look at before it must say yes.
pub const HEAD_LINES: usize = 64;

/// What all formats together say of the first lines of a file.
pub enum Recognised {
    /// One of them knows it.
    Format(&'static Format),
    /// None of them does.
    Unknown,
    /// One of them may, after more lines.
    NeedMore,
}

/// Asks every format about the first lines of a file. `complete`: there are no more.
pub fn recognise(head: &[&str], complete: bool) -> Recognised {
    let complete = complete || head.len() >= HEAD_LINES;
    let mut maybe = false;
    for format in FORMATS {
        match (format.recognise)(head, complete) {
            Answer::Yes => return Recognised::Format(format),
            Answer::NeedMore => maybe = true,
            Answer::No => {}
        }
    }
    if maybe && !complete {
        Recognised::NeedMore
    } else {
        Recognised::Unknown
    }
}

/// Returns the identity of a list of names: 32 hex digits. The names cannot run into each other.
fn identity(names: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for name in names {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(32).collect()
}

/// The id of a session whose file does not name it: the name of the file ends with it
/// (docs/formats.md 1.1).
fn id_of_name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    stem.get(stem.len().saturating_sub(36)..)
        .unwrap_or(stem)
        .to_owned()
}

/// Returns a number as a count: whole, not negative, below 2^53; `None` for what is none
/// (docs/faults.md 18).
fn count(value: &serde_json::Value) -> Option<u64> {
    let float = || {
        value
            .as_f64()
            .filter(|n| *n >= 0.0 && *n < 9e15 && n.fract() == 0.0)
            .map(|n| n as u64)
    };
    value.as_u64().filter(|n| *n < 1 << 53).or_else(float)
}

/// As [`count`]; what is none counts nothing.
fn whole(value: &serde_json::Value) -> u64 {
    count(value).unwrap_or(0)
}

/// Reads a value as a type of ours.
fn parse<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, Why> {
    serde_json::from_str(text).map_err(|e| refusal::of(&e))
}
