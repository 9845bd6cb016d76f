//! Claude Code: one line for each content block; all lines of a message repeat its usage
//! (docs/formats.md 3).
//!
//! Lines become spans in the order of the file. The lines of one message, which share message id
//! and request id, are one request, which precedes the first of them (`message_request`). Side
//! chains in a file are threads of their own. A message of a side chain that is outside of side
//! chains too, in this file or that of its session, is a replay and costs nothing. The values that
//! a tool returned to the program (`toolUseResult`), progress and snapshots were never sent: their
//! bytes are summed as `disk`.
//!
//! The agent appends lines again that the file holds already (a cold resume, a second compaction, a
//! branch): a line with the uuid and type of an earlier one is the same line.

mod account;
mod arrange;
mod arranged;
mod attachments;
mod blob;
mod canonical;
mod chain;
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
mod spot;
mod stage;
mod terms;
mod texts;
mod tools;
mod usage;
mod version;

use std::collections::{HashMap, HashSet};

use super::history::FinishedThread;
use super::lines::{Line, Why};
use super::{Format, Home, Reader, Source, identity, parse, time};
use crate::record::Kind;
use chain::Chain;
use line::SessionLine;

/// The table line.
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

/// Logs that the agent prints when it runs without a person: lines of a session, under other names.
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
    threads: Vec<Chain>,
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

    /// Begins a thread. The input of a pipe cannot be read again, and is hashed as it comes.
    fn begin(&self) -> Chain {
        let mut chain = Chain::default();
        chain.recorded.known.hashing = self.source.whole.is_some();
        chain
    }

    /// The thread of the file itself.
    fn main(&mut self) -> &mut Chain {
        if self.threads.is_empty() {
            self.threads.push(self.begin());
        }
        &mut self.threads[0]
    }

    /// Finds the thread of a line; a side chain begins with its first line.
    fn chain(&mut self, entry: &SessionLine) -> &mut Chain {
        self.main();
        let index = match self.side_of_agent(entry) {
            // Lines of the log name only the agent.
            Some(side) if entry.kind.starts_with("api-request") => side,
            _ if entry.is_sidechain => self.side_chain(entry),
            _ => 0,
        };
        // The index is that of a thread pushed before: the fallback is never taken.
        let last = self.threads.len() - 1;
        &mut self.threads[index.min(last)]
    }

    fn side_of_agent(&self, entry: &SessionLine) -> Option<usize> {
        self.agent_of.get(entry.agent_id.as_deref()?).copied()
    }

    fn side_of_line(&self, uuid: Option<&str>) -> Option<usize> {
        self.side_of.get(uuid?).copied()
    }

    /// The side chain of a line: that of its agent, of the same line, or of its parent; else a new
    /// one.
    fn side_chain(&mut self, entry: &SessionLine) -> usize {
        let known = self
            .side_of_agent(entry)
            .or_else(|| self.side_of_line(entry.uuid.as_deref()))
            .or_else(|| self.side_of_line(entry.parent_uuid.as_deref()));
        let index = known.unwrap_or(self.threads.len());
        if known.is_none() {
            self.threads.push(new_side_chain(entry, self.begin()));
        }
        if let Some(id) = &entry.agent_id {
            self.agent_of.insert(id.to_string(), index);
        }
        if let Some(id) = &entry.uuid {
            self.side_of.insert(id.to_string(), index);
        }
        index
    }

    fn entry(&mut self, line: &Line, entry: &SessionLine) -> Result<(), Why> {
        let wants = self.source.wants;
        let identity = line_hash(entry);
        if let Some(identity) = &identity
            && self.seen.contains(identity)
        {
            self.chain(entry).repeated(line, entry);
            return Ok(());
        }
        let at = match &entry.timestamp {
            Some(timestamp) => time::instant(timestamp),
            None => None,
        };
        let chain = self.chain(entry);
        chain.session(entry, at.as_deref());
        if wants.spans && entry.is_refusal() {
            chain.refused(line, at.clone());
        }
        match (&*entry.kind, entry.subtype.as_deref()) {
            ("assistant", _) => chain.assistant(line, entry, wants, at)?,
            ("user", _) => chain.user(line, entry, wants, at)?,
            ("attachment", _) => chain.attached(line, entry, wants, at)?,
            ("cost-state", _) => {
                let entries = chain.history.entries().len();
                chain.ledger.take(line, entries);
                chain.history.disk("cost-state", line.bytes.len());
            }
            ("queue-operation", _) => {
                chain.resume.queue(line.json);
                chain.history.disk("queue-operation", line.bytes.len());
            }
            (kind, _) if kind.starts_with("api-request") && wants.spans => {
                chain.logged(line, kind)?;
            }
            ("system", Some("compact_boundary")) if wants.spans => chain.compacted(line, entry, at),
            ("system", Some("microcompact_boundary")) if wants.spans => {
                chain.microcompacted(line, entry, at);
            }
            (kind, Some(subtype)) => {
                let kind = format!("{kind}/{subtype}");
                chain.history.disk(&kind, line.bytes.len());
            }
            (kind, None) => chain.history.disk(kind, line.bytes.len()),
        }
        chain.mark(entry);
        self.seen.extend(identity);
        Ok(())
    }

    /// Fills all requests, after the last line of the file.
    fn settle(&mut self) {
        let Some((main, sides)) = self.threads.split_first_mut() else {
            return;
        };
        let beside = self.source.beside;
        for side in sides {
            let session = side.history.session.parent.clone().unwrap_or_default();
            // A side chain in a file of its own replays messages of its session's file.
            let elsewhere = main.history.is_empty() && !session.is_empty();
            side.settle(&|id| {
                main.has_message(id) || elsewhere && beside.is_main_message(&session, id)
            });
        }
        main.settle(&|_| false);
    }
}

/// Begins the thread of a sub-agent: its id is that of the agent, else of the first line.
fn new_side_chain(entry: &SessionLine, mut chain: Chain) -> Chain {
    let session = &mut chain.history.session;
    session.kind = match entry.agent_id.as_deref() {
        Some(id) if id.starts_with("acompact") => Kind::Compaction,
        _ => Kind::Subagent,
    };
    let id = entry.agent_id.as_deref().or(entry.uuid.as_deref());
    session.session = id.unwrap_or_default().to_owned();
    session.parent = entry.session_id.as_deref().map(str::to_owned);
    session.root.clone_from(&session.parent);
    chain
}

/// The identity of a line. Two agents may have the same line, each in its own context.
fn line_hash(entry: &SessionLine) -> Option<u64> {
    let uuid = entry.uuid.as_deref()?;
    Some(crate::short::hash(&(
        uuid,
        &*entry.kind,
        entry.is_sidechain,
        entry.agent_id.as_deref(),
    )))
}

impl Reader for Claude<'_> {
    fn take(&mut self, line: &Line) -> Result<(), Why> {
        let entry: SessionLine = parse(line.json)?;
        self.entry(line, &entry)
    }

    fn finish(mut self: Box<Self>) -> Vec<FinishedThread> {
        self.settle();
        let path = self.source.path;
        // A file may hold nothing but side chains: then it has no thread of its own.
        let mut chains = Vec::new();
        let has_sides = self.threads.len() > 1;
        for (n, chain) in self.threads.into_iter().enumerate() {
            if !chain.history.is_empty() || (n == 0 && !has_sides) {
                chains.push(chain);
            }
        }
        let mut taken = HashSet::new();
        let mut threads = Vec::with_capacity(chains.len());
        for (n, mut chain) in chains.into_iter().enumerate() {
            let session = &mut chain.history.session.session;
            if session.is_empty() {
                // The oldest and the hand-made files have no ids: the name of the file is one.
                let name = path.rsplit('/').next().unwrap_or(path);
                session.push_str(name.split('.').next().unwrap_or(name));
            }
            let mut thread = identity(&[session, path]);
            thread.truncate(12);
            if !taken.insert(thread.clone()) {
                // Another side chain has no id either.
                thread = identity(&[session, path, &n.to_string()]);
                thread.truncate(12);
            }
            threads.push(chain.finish(&thread, path));
        }
        threads
    }
}
