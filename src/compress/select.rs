//! Applies the policies that choose among the lines of a session, before the mode (`--mode`) of the
//! run takes a line.
//!
//! Lines that a policy may still drop wait here. To a policy, one line is one turn: this file reads
//! the [`TurnFacts`] of each line, so policies need not know lines or formats.

use std::rc::Rc;

use super::mode::InputLine;
use super::output::Output;
use crate::format::EntryReader;
use crate::format::entry::Speaker;
use crate::policy::{LastExchanges, Orphans, Policies, TurnFacts};

/// A line that waits until the policies have decided.
pub(super) struct WaitingLine {
    number: u64,
    offset: u64,
    bytes: Vec<u8>,
    /// JSON pointers to the entries that are removed from the line.
    removed_pointers: Vec<String>,
}

impl WaitingLine {
    pub(super) fn new(number: u64, offset: u64, bytes: &[u8]) -> WaitingLine {
        WaitingLine {
            number,
            offset,
            bytes: bytes.to_vec(),
            removed_pointers: Vec::new(),
        }
    }

    /// Returns the line in the form that a mode takes.
    pub(super) fn as_input_line(&self, read_entries: EntryReader) -> InputLine<'_> {
        InputLine {
            removed_pointers: self.removed_pointers.clone(),
            ..InputLine::new(self.number, self.offset, &self.bytes, read_entries)
        }
    }
}

/// Holds lines back until the policies have decided which of them stay.
pub(super) struct Select {
    /// The policy that keeps the last exchanges, and the lines that it may still drop.
    window: Option<LastExchanges<(Rc<TurnFacts>, WaitingLine)>>,
    /// The policy that drops outputs whose calls are missing.
    orphan_policy: Option<Orphans>,
}

/// Hashes a call id. Policies and modes compare calls by this hash.
pub(super) fn call_key(call_id: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(call_id.as_bytes())
}

impl Select {
    pub(super) fn new(policies: &Policies) -> Select {
        let orphan_policy = if policies.orphans() {
            Some(Orphans::default())
        } else {
            None
        };
        Select {
            window: policies.window().map(LastExchanges::new),
            orphan_policy,
        }
    }

    /// Whether no policy chooses among lines. Then lines need not be buffered.
    pub(super) fn is_idle(&self) -> bool {
        self.window.is_none() && self.orphan_policy.is_none()
    }

    /// Takes a line. Returns the lines that are now known to stay.
    pub(super) fn push(
        &mut self,
        line: WaitingLine,
        read_entries: EntryReader,
        out: &mut Output,
    ) -> Vec<WaitingLine> {
        let facts = Rc::new(facts_of(&line, read_entries));
        let Some(window) = &mut self.window else {
            return self.without_orphans(vec![(facts, line)], read_entries, out);
        };
        // The other policy needs the facts when the window has chosen the line.
        let decided = window.push(&facts, (Rc::clone(&facts), line));
        out.drop_lines(decided.dropped);
        self.without_orphans(decided.kept, read_entries, out)
    }

    /// Ends the waiting, and returns the lines that stay. The caller calls it at the end of the
    /// input, and before a line that bypasses the policies.
    pub(super) fn flush(
        &mut self,
        read_entries: EntryReader,
        out: &mut Output,
    ) -> Vec<WaitingLine> {
        let chosen = match &mut self.window {
            Some(window) => window.end(),
            None => Vec::new(),
        };
        self.without_orphans(chosen, read_entries, out)
    }

    /// Returns the lines without the outputs whose calls are missing.
    fn without_orphans(
        &mut self,
        chosen: Vec<(Rc<TurnFacts>, WaitingLine)>,
        read_entries: EntryReader,
        out: &mut Output,
    ) -> Vec<WaitingLine> {
        let mut kept = Vec::with_capacity(chosen.len());
        for (facts, line) in chosen {
            let missing_calls = match &mut self.orphan_policy {
                Some(policy) => policy.check(&facts),
                None => Vec::new(),
            };
            match without_outputs_of(line, &missing_calls, read_entries) {
                Some(line) => kept.push(line),
                None => out.drop_lines(1),
            }
        }
        kept
    }
}

/// Returns the line without the outputs of the missing calls; `None` where it has no other entries.
fn without_outputs_of(
    line: WaitingLine,
    missing_calls: &[u64],
    read_entries: EntryReader,
) -> Option<WaitingLine> {
    if missing_calls.is_empty() {
        return Some(line);
    }
    let entries = line.as_input_line(read_entries).entries.unwrap_or_default();
    let mut others = 0;
    let mut removed_pointers = Vec::new();
    for entry in &entries {
        match entry.call_id.as_deref() {
            // An entry without a pointer is the only one of its line, which is then dropped.
            Some(call) if missing_calls.contains(&call_key(call)) => {
                removed_pointers.extend(entry.at.clone());
            }
            _ => others += 1,
        }
    }
    if others == 0 {
        return None;
    }
    drop(entries);
    Some(WaitingLine {
        removed_pointers,
        ..line
    })
}

/// Returns what a policy must know of a line.
fn facts_of(line: &WaitingLine, read_entries: EntryReader) -> TurnFacts {
    let mut facts = TurnFacts::default();
    let entries = line.as_input_line(read_entries).entries;
    for entry in entries.unwrap_or_default() {
        let call = entry.call_id.as_deref().map(call_key);
        match entry.speaker {
            Speaker::User => facts.is_user = true,
            Speaker::Assistant => facts.is_generated = true,
            // The plain format has a call and its output in one entry. No other line refers to the
            // call, and the output cannot be an orphan, so `calls` and `answers` stay empty.
            Speaker::Call if entry.whole => {
                facts.is_output = true;
                facts.is_generated = true;
            }
            Speaker::Call => {
                facts.is_generated = true;
                facts.calls.extend(call);
            }
            Speaker::Output => {
                facts.is_output = true;
                facts.answers.extend(call);
            }
            Speaker::Header | Speaker::System | Speaker::Other => {}
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::entry::Entry;

    /// The outputs of the calls `a` and `b`; the line `text` has a text in front of them.
    fn read_entries(line: &str) -> Option<Vec<Entry<'_>>> {
        let output = |call: &'static str, at: Option<&str>| Entry {
            call_id: Some(call.into()),
            at: at.map(str::to_owned),
            ..Entry::new(Speaker::Output)
        };
        let mut entries = vec![output("a", Some("/0")), output("b", Some("/1"))];
        if line == "text" {
            entries.push(Entry::new(Speaker::User));
        }
        Some(entries)
    }

    #[test]
    fn a_line_goes_only_if_all_its_entries_are_orphans() {
        let removed = |bytes: &[u8], missing: &[&str]| {
            let missing: Vec<u64> = missing.iter().map(|call| call_key(call)).collect();
            let line = WaitingLine::new(1, 0, bytes);
            Some(without_outputs_of(line, &missing, read_entries)?.removed_pointers)
        };
        assert_eq!(removed(b"", &["a", "b"]), None);
        assert_eq!(removed(b"", &["b"]), Some(vec!["/1".to_owned()]));
        assert_eq!(
            removed(b"text", &["a", "b"]),
            Some(vec!["/0".to_owned(), "/1".to_owned()])
        );
        // A call may be answered twice on one line.
        assert_eq!(
            removed(b"text", &["a", "a", "b"]).map(|at| at.len()),
            Some(2)
        );
    }
}
