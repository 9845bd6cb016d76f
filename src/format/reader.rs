//! Readers: what a format is made of, and what the caller of a reader gives it.
//!
//! This file knows no format: the table is in [`super`].

use std::path::PathBuf;

use super::entry::Entry;
use super::history::FinishedThread;
use super::lines::{Line, Why};

/// One format of an agent's files.
#[derive(Clone, Copy)]
pub struct Format {
    /// Name of the agent, in records and for `--agent`.
    pub name: &'static str,
    /// Returns whether the first lines of a file are of this format. `complete`: there are no more.
    pub recognise: fn(head: &[&str], complete: bool) -> Answer,
    /// Makes a reader for one file.
    pub reader: for<'s> fn(Source<'s>) -> Box<dyn Reader + 's>,
    /// Returns the entries of one line, read without the lines around it.
    pub entries: EntryReader,
    /// Returns the id of the thread in a file, by the first line (or the first that names one).
    /// Forks find their parents by it, and logs their sessions.
    pub thread_id: fn(first: &str) -> Option<String>,
    /// Returns the working directory of a file's thread, by the first line, for agents that start
    /// others which do not name them.
    pub cwd: fn(first: &str) -> Option<String>,
    /// Returns the work trees that a line gives to the agents that it starts.
    pub worktrees: fn(line: &str) -> Vec<Worktree>,
    /// Returns the message of a line, which side chains in other files may replay.
    pub said: fn(line: &str) -> Said,
    /// Returns the agents that a line starts in separate sessions which do not name it.
    pub errands: fn(line: &str) -> Vec<Errand>,
    /// Names of files next to the sessions that are no sessions.
    pub sidecars: &'static [&'static str],
    /// Where the agent keeps its sessions.
    pub home: Home,
    /// Whether a copy of a response may report more than another copy: several lines report it one
    /// after the other, and the file may have ended between them.
    pub copies_grow: bool,
    /// For files that are less than a session: what they are, and what is missing in them.
    pub lacks: Option<&'static str>,
}

/// A file that repeats the sessions in a folder next to it.
pub struct Twin {
    /// The name of the file.
    pub file: &'static str,
    /// The folder of the sessions, relative to that of the file.
    pub sessions: &'static str,
}

/// Reads one line as entries of a conversation; `None` where the line must stay as it is.
pub type EntryReader = for<'a> fn(line: &'a str) -> Option<Vec<Entry<'a>>>;

/// A work tree that was given to an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Worktree {
    /// Folder of the tree, which is the agent's working directory.
    pub path: String,
    /// When it was given.
    pub at: Option<String>,
}

/// The session of a line, and the message that the line is part of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// The agent's id of the session.
    pub session: Option<String>,
    /// The id of the model's message that the line is part of; `None` in a side chain.
    pub message: Option<String>,
}

/// The task for which an agent was started.
#[derive(Clone, Debug, PartialEq)]
pub struct Errand {
    /// How the first message of the agent's session begins.
    pub prompt: String,
    /// When the agent was started.
    pub at: Option<String>,
    /// The call that started it.
    pub call_id: Option<String>,
}

/// The caller that started an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Sender {
    /// The thread of the caller.
    pub thread: String,
    /// The call in that thread.
    pub call_id: Option<String>,
}

/// Where an agent keeps its sessions by default.
#[derive(Clone, Copy)]
pub struct Home {
    /// The environment variable that names the home; several folders are separated by commas.
    /// Empty where there is none.
    pub variable: &'static str,
    /// The home if the variable is not set: folders in the user's home folder.
    pub folders: &'static [&'static str],
    /// The folders in the home that hold sessions; `*` matches any part of a name.
    pub sessions: &'static [&'static str],
}

/// Whether the first lines of a file are of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The lines are of the format.
    Yes,
    /// The lines are of another format.
    No,
    /// More lines are needed.
    NeedMore,
}

/// The path of standard input.
pub const STDIN: &str = "-";

/// A file to be read, and what else its reader may use.
#[derive(Clone, Copy)]
pub struct Source<'s> {
    /// The path, which is part of the thread's identity: two files may hold threads of one id.
    pub path: &'s str,
    /// What the caller wants.
    pub wants: Wants,
    /// The other files that are read.
    pub beside: &'s dyn Beside,
    /// Folders next to the sessions.
    pub roots: &'s Roots,
    /// The whole file, if it cannot be opened again: standard input.
    pub whole: Option<&'s [u8]>,
}

/// Folders in which some agents keep what the sessions do not hold.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// The folder of `memory_summary.md`, which is sent with every request.
    pub memory: Option<PathBuf>,
    /// The folder of the ledgers of automatic reviews.
    pub review: Option<PathBuf>,
}

impl Roots {
    /// The folders that were named.
    pub fn new(memory: &Option<PathBuf>, review: &Option<PathBuf>) -> Roots {
        Roots {
            memory: memory.clone(),
            review: review.clone(),
        }
    }
}

/// The other files that are read with a session file.
pub trait Beside: Sync {
    /// Returns the files that hold the thread of that id, except the file `near`: those of the home
    /// that is nearest to it.
    fn files_of(&self, thread: &str, near: &str) -> Vec<String>;

    /// Returns the thread that last gave this work tree to an agent before `started`.
    fn spawner_of(&self, worktree: &str, started: Option<&str>) -> Option<String>;

    /// Returns whether a file of that session holds this message of the model outside of side
    /// chains.
    fn is_main_message(&self, session: &str, message: &str) -> bool;

    /// Returns the thread that worked at that instant in a folder of this name, or inside one; of
    /// several the one that began last.
    fn at_work(&self, folder: &str, at: &str) -> Option<String>;

    /// Returns the caller that started an agent with this prompt, not long before `started`; of
    /// several the latest, in the home that is nearest to the file `near`.
    fn sender_of(&self, prompt: &str, started: Option<&str>, near: &str) -> Option<Sender>;
}

/// No other files.
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

/// What the caller of a reader wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wants {
    /// Spans and context events, besides requests.
    pub spans: bool,
    /// Texts in the spans.
    pub text: bool,
}

impl Wants {
    /// Spans or not, and with their texts or not.
    pub fn new(spans: bool, text: bool) -> Wants {
        Wants { spans, text }
    }
}

/// Reads one file, object by object.
pub trait Reader {
    /// Takes one object of the file.
    ///
    /// # Errors
    /// Why the object cannot be used; then nothing of it was taken.
    fn take(&mut self, line: &Line) -> Result<(), Why>;

    /// Ends the file; returns its threads.
    fn finish(self: Box<Self>) -> Vec<FinishedThread>;
}
