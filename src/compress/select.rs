//! Applies the policies that choose among the turns of a session, before any mode sees a line.
//!
//! Lines that a policy may still drop wait here. This is also where a line of a session becomes the
//! [`TurnFacts`] that policies see, so policies need not know lines or formats.

use std::rc::Rc;

use super::mode::InputLine;
use super::output::Output;
use crate::format::Entries;
use crate::format::entry::{Entry, Speaker};
use crate::policy::{LastExchanges, Orphans, Policies, TurnFacts};

/// A line that waits until the policies have decided.
pub(super) struct WaitingLine {
    number: u64,
    offset: u64,
    bytes: Vec<u8>,
    /// Entries to remove from the line, as JSON pointers.
    orphans: Vec<String>,
}

impl WaitingLine {
    pub(super) fn new(number: u64, offset: u64, bytes: &[u8]) -> WaitingLine {
        WaitingLine {
            number,
            offset,
            bytes: bytes.to_vec(),
            orphans: Vec::new(),
        }
    }

    /// The line as a mode takes it.
    pub(super) fn line(&self, entries: Entries) -> InputLine<'_> {
        InputLine {
            orphans: self.orphans.clone(),
            ..InputLine::new(self.number, self.offset, &self.bytes, entries)
        }
    }
}

/// Holds lines back until the policies have decided which of them stay.
pub(super) struct Select {
    window: Option<LastExchanges<(Rc<TurnFacts>, WaitingLine)>>,
    orphans: Option<Orphans>,
}

/// Returns the key under which a call is remembered.
pub(super) fn call_key(call_id: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(call_id.as_bytes())
}

impl Select {
    pub(super) fn new(policies: &Policies) -> Select {
        let orphans = if policies.orphans() {
            Some(Orphans::default())
        } else {
            None
        };
        Select {
            window: policies.window().map(LastExchanges::new),
            orphans,
        }
    }

    /// Whether no policy chooses among turns. Then lines need not be buffered.
    pub(super) fn is_idle(&self) -> bool {
        self.window.is_none() && self.orphans.is_none()
    }

    /// Takes a line. Returns the lines that are now known to stay.
    pub(super) fn push(
        &mut self,
        line: WaitingLine,
        entries: Entries,
        out: &mut Output,
    ) -> Vec<WaitingLine> {
        let turn = facts(line.line(entries).entries.as_deref().unwrap_or_default());
        let turn = Rc::new(turn);
        let mut chosen = Vec::new();
        match &mut self.window {
            Some(window) => {
                let mut dropped = 0;
                window.push(&Rc::clone(&turn), (turn, line), &mut chosen, &mut dropped);
                out.drop_entries(dropped);
            }
            None => chosen.push((turn, line)),
        }
        self.without_orphans(chosen, entries, out)
    }

    /// Returns the lines that still wait: called at the end of the input, and before a line that
    /// bypasses the policies.
    pub(super) fn end(&mut self, entries: Entries, out: &mut Output) -> Vec<WaitingLine> {
        let mut chosen = Vec::new();
        if let Some(window) = &mut self.window {
            window.end(&mut chosen);
        }
        self.without_orphans(chosen, entries, out)
    }

    /// Returns the lines without the outputs whose calls are missing.
    fn without_orphans(
        &mut self,
        chosen: Vec<(Rc<TurnFacts>, WaitingLine)>,
        entries: Entries,
        out: &mut Output,
    ) -> Vec<WaitingLine> {
        let mut kept = Vec::with_capacity(chosen.len());
        for (turn, line) in chosen {
            let lost = match &mut self.orphans {
                Some(orphans) => orphans.check(&turn),
                None => Vec::new(),
            };
            match without(line, &lost, entries) {
                Some(line) => kept.push(line),
                None => out.drop_entries(1),
            }
        }
        kept
    }
}

/// Returns the line without the outputs of the `lost` calls; `None` where nothing else is on it.
fn without(line: WaitingLine, lost: &[u64], entries: Entries) -> Option<WaitingLine> {
    if lost.is_empty() {
        return Some(line);
    }
    let read = line.line(entries).entries.unwrap_or_default();
    let mut orphans = Vec::new();
    for entry in &read {
        let Some(call) = entry.call_id.as_deref() else {
            continue;
        };
        if lost.contains(&call_key(call)) {
            orphans.extend(entry.at.clone());
        }
    }
    if lost.len() == read.len() || orphans.is_empty() {
        return None;
    }
    drop(read);
    Some(WaitingLine { orphans, ..line })
}

/// Returns what a policy must know of a line.
fn facts(entries: &[Entry]) -> TurnFacts {
    let mut turn = TurnFacts::default();
    for entry in entries {
        let call = entry.call_id.as_deref().map(call_key);
        match entry.speaker {
            Speaker::User => turn.is_user = true,
            Speaker::Assistant => turn.is_generated = true,
            Speaker::Call if entry.whole => (turn.is_output, turn.is_generated) = (true, true),
            Speaker::Call => {
                turn.is_generated = true;
                turn.calls.extend(call);
            }
            Speaker::Output => {
                turn.is_output = true;
                turn.answers.extend(call);
            }
            Speaker::Header | Speaker::System | Speaker::Other => {}
        }
    }
    turn
}
