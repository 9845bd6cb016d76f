//! Claude Code: one line for each content block; all lines of a message repeat its usage
//! (docs/formats.md 3).
//!
//! Lines become spans in the order of the file. The lines of one message, which share message id
//! and request id, become one request, which precedes the first of them (`message_request`). A
//! *side chain*, the lines of a sub-agent in the file of its session, is a thread of its own. A
//! message of a side chain that also occurs outside of side chains, in this file or in that of its
//! session, is a replay and costs nothing. The values that a tool returned to the program
//! (`toolUseResult`), progress and snapshots were never sent: their bytes are summed as `disk`.
//!
//! The agent sometimes appends lines that the file already holds (a cold resume, a second
//! compaction, a branch): a line with the uuid and type of an earlier one is the same line.
//!
//! `thread_builder` holds a thread while its lines are read. This file only finds the thread of
//! each line, and passes the line on by its type.

mod account;
mod arrange;
mod arranged;
mod attachments;
mod blob;
mod canonical;
mod compactions;
mod content;
mod entry;
mod finish;
mod head;
mod iterations;
mod known;
mod ledger;
mod line;
mod list;
mod listed;
mod log;
mod mark;
mod message_request;
mod messages;
mod pick;
mod printed;
mod recognise;
mod recorded;
mod reported;
mod requests;
mod resume;
mod snapshots;
mod spot;
mod stage;
mod terms;
mod texts;
mod thread_builder;
mod tools;
mod usage;
mod version;

use std::collections::{HashMap, HashSet};

use super::history::FinishedThread;
use super::lines::{Line, Why};
use super::reader::{Format, Home, Reader, Source};
use super::time;
use super::value::{identity, parse};
use crate::record::Kind;
use line::SessionLine;
use thread_builder::ThreadBuilder;

/// The entry of the table of formats.
pub(super) const FORMAT: Format = Format {
    name: "claude",
    recognise: recognise::recognise,
    reader: |source| Box::new(Claude::new(source)),
    entries: entry::entries,
    thread_id: recognise::session,
    cwd: |_| None,
    worktrees: |_| Vec::new(),
    said: recognise::said,
    errands: |_| Vec::new(),
    sidecars: &["history.jsonl", "journal.jsonl"],
    home: Home {
        variable: "CLAUDE_CONFIG_DIR",
        folders: &[".claude", ".config/claude"],
        sessions: &["projects"],
    },
    copies_grow: true,
    lacks: None,
};

/// Logs that the agent prints when it runs without a person: the lines of a session, with other
/// names for some fields.
pub(super) const LOG: Format = Format {
    recognise: printed::recognise,
    reader: |source| Box::new(printed::Printed::new(source)),
    thread_id: |_| None,
    home: Home {
        variable: "",
        folders: &[],
        sessions: &[],
    },
    ..FORMAT
};

/// The desktop app runs the agent with one home for each task, below a folder of the app that each
/// system has in another location.
pub(super) const COWORK: Home = Home {
    variable: "",
    folders: &[
        "Library/Application Support/Claude",
        ".config/Claude",
        "AppData/Roaming/Claude",
    ],
    sessions: &[
        "local-agent-mode-sessions/*/*/local_*/.claude/projects",
        "local-agent-mode-sessions/*/*/agent/local_*/.claude/projects",
    ],
};

/// The app's log of such a task, in the folder of its home.
pub(super) const AUDIT: (&str, &str) = ("audit.jsonl", ".claude/projects");

/// Reads a session.
struct Claude<'s> {
    source: Source<'s>,
    /// The thread of the file itself, then its side chains in the order in which they begin.
    threads: Vec<ThreadBuilder>,
    /// The side chain of each line, by its uuid.
    side_of: HashMap<String, usize>,
    /// The side chain of each agent, by its id.
    agent_of: HashMap<String, usize>,
    /// The lines so far, as short hashes.
    seen: HashSet<u64>,
}

impl<'s> Claude<'s> {
    fn new(source: Source<'s>) -> Claude<'s> {
        Claude {
            source,
            threads: Vec::new(),
            side_of: HashMap::new(),
            agent_of: HashMap::new(),
            seen: HashSet::new(),
        }
    }

    /// Makes an empty thread. Input from a pipe cannot be read again, so its lines are hashed while
    /// they are read.
    fn new_thread(&self) -> ThreadBuilder {
        let mut thread = ThreadBuilder::default();
        thread.recorded.known.hashing = self.source.whole.is_some();
        thread
    }

    /// The thread of the file itself.
    fn main(&mut self) -> &mut ThreadBuilder {
        if self.threads.is_empty() {
            self.threads.push(self.new_thread());
        }
        &mut self.threads[0]
    }

    /// Finds the thread of a line; a side chain begins with its first line.
    fn thread_of(&mut self, session_line: &SessionLine) -> &mut ThreadBuilder {
        self.main();
        let index = match self.side_of_agent(session_line) {
            // Lines of the log name only the agent.
            Some(side) if session_line.kind.starts_with("api-request") => side,
            _ if session_line.is_sidechain => self.side_chain(session_line),
            _ => 0,
        };
        // The index is that of an existing thread, so `min` never changes it.
        let last = self.threads.len() - 1;
        &mut self.threads[index.min(last)]
    }

    fn side_of_agent(&self, session_line: &SessionLine) -> Option<usize> {
        self.agent_of
            .get(session_line.agent_id.as_deref()?)
            .copied()
    }

    fn side_of_line(&self, uuid: Option<&str>) -> Option<usize> {
        self.side_of.get(uuid?).copied()
    }

    /// Finds the side chain of a line: that of its agent, else that of an earlier copy of the line,
    /// else that of its parent line, else a new one.
    fn side_chain(&mut self, session_line: &SessionLine) -> usize {
        let known = self
            .side_of_agent(session_line)
            .or_else(|| self.side_of_line(session_line.uuid.as_deref()))
            .or_else(|| self.side_of_line(session_line.parent_uuid.as_deref()));
        let index = known.unwrap_or(self.threads.len());
        if known.is_none() {
            self.threads
                .push(new_side_chain(session_line, self.new_thread()));
        }
        if let Some(id) = &session_line.agent_id {
            self.agent_of.insert(id.to_string(), index);
        }
        if let Some(id) = &session_line.uuid {
            self.side_of.insert(id.to_string(), index);
        }
        index
    }

    /// Takes a line of any type.
    fn take_line(&mut self, line: &Line, session_line: &SessionLine) -> Result<(), Why> {
        let wants = self.source.wants;
        let identity = line_hash(session_line);
        if let Some(identity) = &identity
            && self.seen.contains(identity)
        {
            self.thread_of(session_line)
                .note_repeated_line(line, session_line);
            return Ok(());
        }
        let at = match &session_line.timestamp {
            Some(timestamp) => time::instant(timestamp),
            None => None,
        };
        let thread = self.thread_of(session_line);
        thread.note_session(session_line, at.as_deref());
        if wants.spans && session_line.is_refusal() {
            thread.add_refusal(line, at.clone());
        }
        match (&*session_line.kind, session_line.subtype.as_deref()) {
            ("assistant", _) => thread.take_assistant_line(line, session_line, wants, at)?,
            ("user", _) => thread.take_user_line(line, session_line, wants, at)?,
            ("attachment", _) => thread.take_attachment(line, session_line, wants, at)?,
            ("cost-state", _) => {
                let entries = thread.history.entries().len();
                thread.ledger.take_line(line, entries);
                thread.history.count_disk("cost-state", line.bytes.len());
            }
            ("queue-operation", _) => {
                thread.resume.take_queue_line(line.json);
                thread
                    .history
                    .count_disk("queue-operation", line.bytes.len());
            }
            (kind, _) if kind.starts_with("api-request") && wants.spans => {
                thread.take_log_line(line, kind)?;
            }
            ("system", Some("compact_boundary")) if wants.spans => {
                thread.compact(line, session_line, at)
            }
            ("system", Some("microcompact_boundary")) if wants.spans => {
                thread.microcompact(line, session_line, at);
            }
            (kind, Some(subtype)) => {
                let kind = format!("{kind}/{subtype}");
                thread.history.count_disk(&kind, line.bytes.len());
            }
            (kind, None) => thread.history.count_disk(kind, line.bytes.len()),
        }
        thread.save_state(session_line);
        self.seen.extend(identity);
        Ok(())
    }

    /// Fills the requests of all threads, after the last line of the file.
    fn fill_requests(&mut self) {
        let Some((main, sides)) = self.threads.split_first_mut() else {
            return;
        };
        let beside = self.source.beside;
        for side in sides {
            let session = side.history.session.parent.clone().unwrap_or_default();
            // A side chain in a file of its own may replay messages of its session's file.
            let elsewhere = main.history.is_empty() && !session.is_empty();
            side.fill_requests(&|id| {
                main.has_message(id) || elsewhere && beside.is_main_message(&session, id)
            });
        }
        main.fill_requests(&|_| false);
    }
}

/// Names the thread of a sub-agent: its id is that of the agent, else that of its first line.
fn new_side_chain(session_line: &SessionLine, mut thread: ThreadBuilder) -> ThreadBuilder {
    let session = &mut thread.history.session;
    session.kind = match session_line.agent_id.as_deref() {
        Some(id) if id.starts_with("acompact") => Kind::Compaction,
        _ => Kind::Subagent,
    };
    let id = session_line
        .agent_id
        .as_deref()
        .or(session_line.uuid.as_deref());
    session.session = id.unwrap_or_default().to_owned();
    session.parent = session_line.session_id.as_deref().map(str::to_owned);
    session.root.clone_from(&session.parent);
    thread
}

/// The identity of a line as a short hash. Two agents may have the same line, each in its own
/// context, so the agent is a part of it.
fn line_hash(session_line: &SessionLine) -> Option<u64> {
    let uuid = session_line.uuid.as_deref()?;
    Some(crate::short::hash(&(
        uuid,
        &*session_line.kind,
        session_line.is_sidechain,
        session_line.agent_id.as_deref(),
    )))
}

impl Reader for Claude<'_> {
    fn take(&mut self, line: &Line) -> Result<(), Why> {
        let session_line: SessionLine = parse(line.json)?;
        self.take_line(line, &session_line)
    }

    fn finish(mut self: Box<Self>) -> Vec<FinishedThread> {
        self.fill_requests();
        let path = self.source.path;
        // A file may hold nothing but side chains: then it has no main thread.
        let mut builders = Vec::new();
        let has_sides = self.threads.len() > 1;
        for (n, thread) in self.threads.into_iter().enumerate() {
            if !thread.history.is_empty() || (n == 0 && !has_sides) {
                builders.push(thread);
            }
        }
        let mut taken = HashSet::new();
        let mut threads = Vec::with_capacity(builders.len());
        for (n, mut builder) in builders.into_iter().enumerate() {
            let session = &mut builder.history.session.session;
            if session.is_empty() {
                // The oldest and the hand-made files have no ids: the name of the file is one.
                let name = path.rsplit('/').next().unwrap_or(path);
                session.push_str(name.split('.').next().unwrap_or(name));
            }
            let mut id = identity(&[session, path]);
            id.truncate(12);
            if !taken.insert(id.clone()) {
                // Another side chain has no id either.
                id = identity(&[session, path, &n.to_string()]);
                id.truncate(12);
            }
            threads.push(builder.finish(&id, path));
        }
        threads
    }
}
