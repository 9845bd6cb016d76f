//! The threads of one file: that of the session itself, and its side chains.
//!
//! This file finds the thread of each line. It does not know what a line adds to its thread.

use std::collections::HashMap;

use super::line::SessionLine;
use super::thread_builder::ThreadBuilder;
use crate::record::Kind;

/// The threads of a file.
pub(super) struct FileThreads {
    /// The thread of the file itself, then its side chains in the order in which they begin.
    pub(super) all: Vec<ThreadBuilder>,
    /// Whether lines are hashed while they are read.
    hashing: bool,
    /// The side chain of each line, by its uuid.
    side_of: HashMap<String, usize>,
    /// The side chain of each agent, by its id.
    agent_of: HashMap<String, usize>,
}

impl FileThreads {
    pub(super) fn new(hashing: bool) -> FileThreads {
        FileThreads {
            all: Vec::new(),
            hashing,
            side_of: HashMap::new(),
            agent_of: HashMap::new(),
        }
    }

    fn new_thread(&self) -> ThreadBuilder {
        let mut thread = ThreadBuilder::default();
        thread.recorded.known.hashing = self.hashing;
        thread
    }

    /// The thread of the file itself.
    pub(super) fn main(&mut self) -> &mut ThreadBuilder {
        if self.all.is_empty() {
            self.all.push(self.new_thread());
        }
        &mut self.all[0]
    }

    /// Finds the thread of a line; a side chain begins with its first line.
    pub(super) fn of_line(&mut self, session_line: &SessionLine) -> &mut ThreadBuilder {
        self.main();
        let index = match self.side_of_agent(session_line) {
            // Lines of the request log name only the agent.
            Some(side) if session_line.kind.starts_with("api-request") => side,
            _ if session_line.is_sidechain => self.side_chain(session_line),
            _ => 0,
        };
        &mut self.all[index]
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
        let index = known.unwrap_or(self.all.len());
        if known.is_none() {
            self.all
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
}

/// Names the thread of a sub-agent: its id is that of the agent, else that of its first line.
fn new_side_chain(session_line: &SessionLine, mut thread: ThreadBuilder) -> ThreadBuilder {
    let session = &mut thread.history.session;
    session.kind = match session_line.agent_id.as_deref() {
        // The agent compacts a session in a side chain whose agent id begins with this word.
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
