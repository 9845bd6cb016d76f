//! Session files to neutral histories: one table of formats, one reader for each.
//!
//! A format is recognised by the contents of a file, never by its path. Its reader applies the
//! agent's rules and makes a [`history`]: spans, requests and context events in one order for all
//! agents. The parts that readers share ([`lines`], [`literal`], [`call`], [`key`], [`image`],
//! `order`, `time`, and `rollout` for the two agents that write rollouts) name no agent.
//!
//! To add a format: a file in this folder, a line in [`FORMATS`], a `mod`, and fixtures.

mod claude;
mod codex;
mod every_code;
mod exec_log;
mod ox;

pub mod call;
pub mod entry;
pub mod foreign;
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
mod reader;
mod rollout;
pub mod sniff;
pub mod time;
mod value;

pub use reader::{
    Answer, Beside, EntryReader, Errand, Format, Home, Reader, Roots, STDIN, Said, Sender, Source,
    Twin, Wants, Worktree,
};

/// The agents whose files are read.
pub fn agents() -> Vec<&'static str> {
    let mut names = Vec::new();
    for format in FORMATS {
        if !names.contains(&format.name) {
            names.push(format.name);
        }
    }
    names
}

/// Every format; the first that recognises a file reads it.
pub const FORMATS: &[Format] = &[
    codex::FORMAT,
    every_code::FORMAT,
    exec_log::FORMAT,
    claude::FORMAT,
    claude::PRINTED,
];

/// Files that repeat the sessions in a folder next to them.
pub const TWINS: &[Twin] = &[claude::AUDIT];

/// Homes of programs that run an agent and keep its sessions elsewhere.
pub const MORE_HOMES: &[Home] = &[claude::COWORK];

/// Reads a line of a file of unknown format: as one entry.
pub const PLAIN_ENTRIES: EntryReader = ox::entries;

/// The most lines that a format may look at before it recognises a file.
pub const HEAD_LINES: usize = 64;

/// The format of the first lines of a file.
pub enum Recognised {
    /// The file is of this format.
    Format(&'static Format),
    /// The file is of no known format.
    Unknown,
    /// More lines are needed.
    NeedMore,
}

/// Recognises the first lines of a file. `complete`: there are no more.
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
