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
//! compaction, a branch): a line with the uuid, type, agent and side-chain flag of an earlier one
//! is the same line.
//!
//! This file leaves out repeated lines, and passes the others to their threads by their type. At
//! the end it fills the requests and gives each thread its id. The modules:
//!
//! | Recognising and parsing | |
//! |---|---|
//! | `recognise` | recognises a session by its first lines |
//! | `printed` | the logs that `claude -p` prints |
//! | `line` | the fields of a line that matter |
//! | `entry` | the entries of one line, for tok-compress |
//! | `version` | compares versions of the agent |
//! | `tools` | the tools that are treated specially |
//! | `mark` | prefixes of texts of the user role, which show who wrote a text |
//!
//! | Lines to spans and requests | |
//! |---|---|
//! | `file_threads` | the threads of a file, and which of them a line belongs to |
//! | `thread_builder` | one thread while its lines are read |
//! | `messages` | lines of user and assistant |
//! | `content` | blocks of a message or attachment become spans |
//! | `attachments` | attachments, and the lines of the request log |
//! | `compactions` | lines after which earlier spans are no longer in the context |
//! | `resume` | spans that older versions no longer send after a resume |
//! | `requests` | the requests of a thread, by the messages that answer them |
//! | `message_request` | the request of one message, from the reports of its lines |
//! | `usage` | the tokens that one line reports |
//! | `iterations` | the runs of a model within one response |
//! | `terms` | the facts besides tokens that a price depends on |
//! | `finish` | the end of a thread: order, and requests that only the ledger has |
//!
//! | What the file records about its requests | |
//! |---|---|
//! | `recorded` | all of it, for one thread |
//! | `head` | system prompt and tool definitions of a request |
//! | `snapshots` | the heads of snapshots, and the requests to which each applies |
//! | `log` | the request log: the list of messages of each request |
//! | `blob` | messages of the log that are no line of the conversation |
//! | `canonical` | the hash under which the log names a message |
//! | `known` | index of the thread's messages by that hash |
//! | `texts` | index of the thread's texts, to find lines that hold a text of the log |
//!
//! | The order of a thread by its requests | |
//! |---|---|
//! | `arrange` | puts the entries in the order in which the requests sent them |
//! | `arranged` | the result of that: the entries in their final order |
//! | `stage` | the context while the requests are put in order |
//! | `spot` | the position of one span relative to that context |
//! | `listed` | a request that the log lists: from its hashes to spans |
//! | `list` | the list of messages of a request, as ranges of the live spans |
//! | `pick` | picks a span for each message of a list, where several are equal |
//!
//! | The agent's ledger | |
//! |---|---|
//! | `ledger` | the running totals of tokens |
//! | `reported` | the requests that session and sub-agents report |
//! | `account` | compares the two, and adds the missing requests |

mod account;
mod arrange;
mod arranged;
mod attachments;
mod blob;
mod canonical;
mod compactions;
mod content;
mod entry;
mod file_threads;
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

use std::collections::HashSet;

use super::history::FinishedThread;
use super::lines::{Line, Why};
use super::reader::{Format, Home, Reader, Source, Twin};
use super::time;
use super::value::{identity, parse};
use file_threads::FileThreads;
use line::SessionLine;

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
pub(super) const PRINTED: Format = Format {
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
pub(super) const AUDIT: Twin = Twin {
    file: "audit.jsonl",
    sessions: ".claude/projects",
};

/// Reads a session.
struct Claude<'s> {
    source: Source<'s>,
    threads: FileThreads,
    /// The lines so far, as short hashes.
    seen: HashSet<u64>,
}

impl<'s> Claude<'s> {
    fn new(source: Source<'s>) -> Claude<'s> {
        Claude {
            // Input from a pipe, which the source has whole, cannot be read again: its lines are
            // hashed while they are read.
            threads: FileThreads::new(source.whole.is_some()),
            source,
            seen: HashSet::new(),
        }
    }

    /// Takes a line of any type.
    fn take_line(&mut self, line: &Line, session_line: &SessionLine) -> Result<(), Why> {
        let wants = self.source.wants;
        let hash = line_hash(session_line);
        if let Some(hash) = &hash
            && self.seen.contains(hash)
        {
            self.threads
                .of_line(session_line)
                .note_repeated_line(line, session_line);
            return Ok(());
        }
        let at = match &session_line.timestamp {
            Some(timestamp) => time::instant(timestamp),
            None => None,
        };
        let thread = self.threads.of_line(session_line);
        thread.note_session(session_line, at.as_deref());
        if wants.spans && session_line.is_refusal() {
            thread.add_refusal(line, at.clone());
        }
        // Without spans, lines of the request log and compactions change nothing that is wanted.
        // They are counted like the lines that were never sent.
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
                thread.take_request_log_line(line, kind)?;
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
        self.seen.extend(hash);
        Ok(())
    }

    /// Fills the requests of all threads, after the last line of the file.
    fn fill_requests(&mut self) {
        let Some((main, sides)) = self.threads.all.split_first_mut() else {
            return;
        };
        let other_files = self.source.beside;
        for side in sides {
            let session = side.history.session.parent.clone().unwrap_or_default();
            // A side chain in a file of its own may replay messages of its session's file.
            let main_is_another_file = main.history.is_empty() && !session.is_empty();
            side.fill_requests(&|id| {
                main.has_message(id)
                    || main_is_another_file && other_files.is_main_message(&session, id)
            });
        }
        main.fill_requests(&|_| false);
    }
}

/// Returns what identifies a line, as a short hash; `None` for a line without a uuid. Two agents
/// may have the same line, each in its own context, so the agent is a part of it.
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
        let has_sides = self.threads.all.len() > 1;
        for (n, thread) in self.threads.all.into_iter().enumerate() {
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
                // Two threads of this file lack an id and got the same one. The index makes them
                // differ.
                id = identity(&[session, path, &n.to_string()]);
                id.truncate(12);
            }
            threads.push(builder.finish(&id, path));
        }
        threads
    }
}
