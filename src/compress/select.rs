//! Policies that choose among the turns of a session: lines that they may yet leave out are held.
//!
//! This is where lines become the neutral turns of `policy`.

use std::rc::Rc;

use super::{Line, Output};
use crate::format::Entries;
use crate::format::entry::{Entry, Speaker};
use crate::policy::{LastExchanges, Orphans, Policies, Turn};

/// A line that is held.
pub(super) struct Held {
    pub(super) number: u64,
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
    /// Entries of it to be left out, as JSON pointers.
    pub(super) orphans: Vec<String>,
}

impl Held {
    pub(super) fn new(number: u64, offset: u64, bytes: &[u8]) -> Held {
        Held {
            number,
            offset,
            bytes: bytes.to_vec(),
            orphans: Vec::new(),
        }
    }

    /// The line again, as the mode takes it.
    pub(super) fn line(&self, entries: Entries) -> Line<'_> {
        Line {
            orphans: self.orphans.clone(),
            ..Line::new(self.number, self.offset, &self.bytes, entries)
        }
    }
}

/// Holds lines until the policies have chosen.
pub(super) struct Select {
    window: Option<LastExchanges<(Rc<Turn>, Held)>>,
    orphans: Option<Orphans>,
}

/// Returns the identity of a call.
pub(super) fn id(call_id: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(call_id.as_bytes())
}

impl Select {
    pub(super) fn new(policies: &Policies) -> Select {
        Select {
            window: policies.window().map(LastExchanges::new),
            orphans: policies.orphans().then(Orphans::default),
        }
    }

    /// Whether no policy chooses: then no line need be held.
    pub(super) fn is_idle(&self) -> bool {
        self.window.is_none() && self.orphans.is_none()
    }

    /// Takes a line; returns those that are chosen by now.
    pub(super) fn push(&mut self, line: Held, entries: Entries, out: &mut Output) -> Vec<Held> {
        let turn = Rc::new(turn(
            line.line(entries).entries.as_deref().unwrap_or_default(),
        ));
        let chosen = match &mut self.window {
            Some(window) => {
                let (mut chosen, mut dropped) = (Vec::new(), 0);
                window.push(&Rc::clone(&turn), (turn, line), &mut chosen, &mut dropped);
                out.drop_entries(dropped);
                chosen
            }
            None => vec![(turn, line)],
        };
        chosen
            .into_iter()
            .filter_map(|(turn, line)| self.without_orphans(&turn, line, entries, out))
            .collect()
    }

    /// The input has ended, or a line follows that goes by itself.
    pub(super) fn end(&mut self, entries: Entries, out: &mut Output) -> Vec<Held> {
        let mut chosen = Vec::new();
        if let Some(window) = &mut self.window {
            window.end(&mut chosen);
        }
        chosen
            .into_iter()
            .filter_map(|(turn, line)| self.without_orphans(&turn, line, entries, out))
            .collect()
    }

    /// The line without the outputs that no call stands before; `None` where nothing is left.
    fn without_orphans(
        &mut self,
        turn: &Turn,
        line: Held,
        entries: Entries,
        out: &mut Output,
    ) -> Option<Held> {
        let Some(orphans) = &mut self.orphans else {
            return Some(line);
        };
        let lost = orphans.check(turn);
        if lost.is_empty() {
            return Some(line);
        }
        let read = line.line(entries).entries.unwrap_or_default();
        let is_lost = |entry: &&Entry| {
            entry
                .call_id
                .as_deref()
                .is_some_and(|call| lost.contains(&id(call)))
        };
        let parts: Vec<String> = read
            .iter()
            .filter(is_lost)
            .filter_map(|entry| entry.at.clone())
            .collect();
        if lost.len() == read.len() || parts.is_empty() {
            out.drop_entries(1);
            return None;
        }
        drop(read);
        Some(Held {
            orphans: parts,
            ..line
        })
    }
}

/// What a policy must know of a line.
fn turn(entries: &[Entry]) -> Turn {
    let mut turn = Turn::default();
    for entry in entries {
        let id = entry.call_id.as_deref().map(id);
        match entry.speaker {
            Speaker::User => turn.is_user = true,
            Speaker::Assistant => turn.is_generated = true,
            Speaker::Call if entry.whole => (turn.is_output, turn.is_generated) = (true, true),
            Speaker::Call => {
                turn.is_generated = true;
                turn.calls.extend(id);
            }
            Speaker::Output => {
                turn.is_output = true;
                turn.answers.extend(id);
            }
            Speaker::Header | Speaker::System | Speaker::Other => {}
        }
    }
    turn
}
