//! Claude Code: one line per content block, a message's usage repeated on each (docs/formats.md 3).
//!
//! Lines become spans in the order of the file; the lines of one message, told by message and
//! request id, are one request, which stands before the first of them ([`answer`]). Side chains in
//! a file are threads of their own; a message of theirs that stands outside of side chains too, in
//! this file or its session's, is a replay and bills nothing. What a tool returned to the program
//! (`toolUseResult`), progress and snapshots were never sent and are summed as `disk`.
//!
//! The agent appends lines again that the file holds already (a cold resume, a second compaction, a
//! branch): a line whose uuid and type have been there is the same line.

mod answer;
mod answers;
mod arrange;
mod canonical;
mod chain;
mod content;
mod entry;
mod exact;
mod head;
mod known;
mod ledger;
mod line;
mod listed;
mod log;
mod pick;
mod printed;
mod recognise;
mod reported;
mod resume;
mod stage;
mod terms;
mod texts;
mod usage;
mod version;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::history::Thread;
use super::lines::{Line, Why};
use super::{Format, Home, Reader, Said, Source, identity, parse, time};
use crate::record::Kind;
use chain::Chain;
use line::Entry;

/// The table line.
pub(super) const FORMAT: Format = Format {
    name: "claude",
    recognise: recognise::recognise,
    reader: |source| Box::new(Claude::new(source)),
    entries: entry::entries,
    thread_id: recognise::session,
    cwd: |_| None,
    worktrees: |_| Vec::new(),
    said,
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

/// What the agent prints where no person is asked: lines as a session has them, under other names.
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

/// The desktop app runs the agent with a home of its own for each task, below a folder of the app's
/// that each system has elsewhere.
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

/// The app's own log of such a task, beside its home.
pub(super) const AUDIT: (&str, &str) = ("audit.jsonl", ".claude/projects");

/// The session of a line, and the message of the main conversation that it is of.
fn said(line: &str) -> Said {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Line<'a> {
        #[serde(rename = "type", borrow, default)]
        kind: Cow<'a, str>,
        #[serde(borrow)]
        session_id: Option<Cow<'a, str>>,
        #[serde(default)]
        is_sidechain: bool,
        #[serde(borrow)]
        message: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        id: Option<Cow<'a, str>>,
    }
    let Ok(line) = serde_json::from_str::<Line>(line) else {
        return Said::default();
    };
    let message = line
        .message
        .filter(|_| line.kind == "assistant" && !line.is_sidechain);
    let message =
        message.and_then(|message| serde_json::from_str::<Message>(message.get()).ok()?.id);
    Said {
        session: line.session_id.map(Cow::into_owned),
        message: message.map(Cow::into_owned),
    }
}

struct Claude<'s> {
    source: Source<'s>,
    /// The file's own thread first, then its side chains in the order they begin.
    threads: Vec<Chain>,
    /// To which side chain a line belongs, by its uuid.
    side_of: HashMap<String, usize>,
    /// To which side chain an agent belongs, by its id.
    agent_of: HashMap<String, usize>,
    /// The lines that have been there, each as a short hash.
    seen: HashSet<u64>,
}

impl<'s> Claude<'s> {
    fn new(source: Source<'s>) -> Claude<'s> {
        let (side_of, agent_of) = (HashMap::new(), HashMap::new());
        Claude {
            source,
            threads: Vec::new(),
            side_of,
            agent_of,
            seen: HashSet::new(),
        }
    }

    /// A thread. What comes through a pipe cannot be read again, and is hashed as it comes.
    fn begin(&self) -> Chain {
        let mut chain = Chain::default();
        chain.exact.known.hashing = self.source.whole.is_some();
        chain
    }

    /// Finds the thread that a line belongs to; side chains begin where their first line stands.
    fn chain(&mut self, entry: &Entry) -> &mut Chain {
        if self.threads.is_empty() {
            self.threads.push(self.begin());
        }
        let mut index = 0;
        // Lines of the log name the agent alone.
        let logged = entry
            .agent_id
            .as_deref()
            .filter(|_| entry.kind.starts_with("api-request"));
        if let Some(side) = logged.and_then(|id| self.agent_of.get(id)) {
            index = *side;
        } else if entry.is_sidechain {
            let by_agent = entry
                .agent_id
                .as_deref()
                .and_then(|id| self.agent_of.get(id));
            let by_line = entry.uuid.as_deref().and_then(|id| self.side_of.get(id));
            let by_parent = entry
                .parent_uuid
                .as_deref()
                .and_then(|id| self.side_of.get(id));
            index = match by_agent.or(by_line).or(by_parent) {
                Some(index) => *index,
                None => {
                    self.threads.push(side_chain(entry, self.begin()));
                    self.threads.len() - 1
                }
            };
            if let Some(id) = &entry.agent_id {
                self.agent_of.insert(id.to_string(), index);
            }
            if let Some(id) = &entry.uuid {
                self.side_of.insert(id.to_string(), index);
            }
        }
        // The index is that of a thread pushed before: the fallback is never taken.
        let last = self.threads.len() - 1;
        &mut self.threads[index.min(last)]
    }
}

impl Claude<'_> {
    /// The file has ended: all requests say what their lines came to.
    fn settle(&mut self) {
        let Some((main, sides)) = self.threads.split_first_mut() else {
            return;
        };
        let beside = self.source.beside;
        for side in sides {
            let session = side.history.session.parent.clone().unwrap_or_default();
            // A side chain in a file of its own replays messages of its session's file.
            let elsewhere = main.history.is_empty() && !session.is_empty();
            let replayed = |id: &str| {
                main.has_message(id) || elsewhere && beside.is_main_message(&session, id)
            };
            side.settle(&replayed);
        }
        main.settle(&|_| false);
    }
}

/// A sub-agent's thread: its own id where it has one, else that of its first line.
fn side_chain(entry: &Entry, mut chain: Chain) -> Chain {
    let session = &mut chain.history.session;
    session.kind = match entry.agent_id.as_deref() {
        Some(id) if id.starts_with("acompact") => Kind::Compaction,
        _ => Kind::Subagent,
    };
    session.session = entry
        .agent_id
        .as_deref()
        .or(entry.uuid.as_deref())
        .unwrap_or_default()
        .to_owned();
    session.parent = entry.session_id.as_deref().map(str::to_owned);
    session.root.clone_from(&session.parent);
    chain
}

impl Claude<'_> {
    /// The file's own thread.
    fn main(&mut self) -> &mut Chain {
        if self.threads.is_empty() {
            self.threads.push(self.begin());
        }
        &mut self.threads[0]
    }

    fn entry(&mut self, line: &Line, entry: &Entry) -> Result<(), Why> {
        let wants = self.source.wants;
        let mark = mark(entry);
        if mark.is_some_and(|mark| self.seen.contains(&mark)) {
            self.chain(entry).repeated(line, entry);
            return Ok(());
        }
        let at = entry.timestamp.as_deref().and_then(time::instant);
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
                chain.logged(line, kind)?
            }
            ("system", Some("compact_boundary")) if wants.spans => chain.compacted(line, entry, at),
            ("system", Some("microcompact_boundary")) if wants.spans => {
                chain.microcompacted(line, entry, at)
            }
            (kind, Some(subtype)) => chain
                .history
                .disk(&format!("{kind}/{subtype}"), line.bytes.len()),
            (kind, None) => chain.history.disk(kind, line.bytes.len()),
        }
        chain.mark(entry);
        self.seen.extend(mark);
        Ok(())
    }
}

impl Reader for Claude<'_> {
    fn take(&mut self, line: &Line) -> Result<(), Why> {
        let entry: Entry = parse(line.json)?;
        self.entry(line, &entry)
    }

    fn finish(mut self: Box<Self>) -> Vec<Thread> {
        let path = self.source.path;
        self.settle();
        let whole = self.threads.iter().enumerate();
        let used: Vec<bool> = whole
            .map(|(n, chain)| n == 0 || !chain.history.is_empty())
            .collect();
        let only_side = self.threads.len() > 1
            && self
                .threads
                .first()
                .is_some_and(|main| main.history.is_empty());
        let chains = self
            .threads
            .into_iter()
            .zip(used)
            .skip(usize::from(only_side));
        let mut taken = HashSet::new();
        chains
            .filter(|(_, used)| *used)
            .enumerate()
            .map(|(n, (mut chain, _))| {
                let session = &mut chain.history.session.session;
                if session.is_empty() {
                    // The oldest and the hand-made files have no ids: the name of the file is one.
                    session.push_str(
                        path.rsplit('/')
                            .next()
                            .and_then(|name| name.split('.').next())
                            .unwrap_or(path),
                    );
                }
                let short = |mut id: String| {
                    id.truncate(12);
                    id
                };
                let mut thread = short(identity(&[session, path]));
                if !taken.insert(thread.clone()) {
                    // Several side chains without an id of their own.
                    thread = short(identity(&[session, path, &n.to_string()]));
                }
                chain.finish(&thread, path)
            })
            .collect()
    }
}

/// A line by which it is known again: two agents may tell the same line, each in his own context.
fn mark(entry: &Entry) -> Option<u64> {
    let uuid = entry.uuid.as_deref()?;
    Some(crate::short::hash(&(
        uuid,
        &*entry.kind,
        entry.is_sidechain,
        entry.agent_id.as_deref(),
    )))
}
