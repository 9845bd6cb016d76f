//! Forks and sub-agents: whose history a file begins with (FORMATS 1.8, rule 8).
//!
//! A forked thread's file may begin with its parent's lines, usage events included, or name a part
//! of another file to be read before it. None of that is the thread's own: its spans are
//! inherited, its usage is the parent's. Where the replay ends is told by the first of these that
//! the file allows: the ordinal it names; the first turn whose id is younger than the thread; the
//! first usage event that the parent's file does not have. An event within a tenth of a second of
//! the first line is a replayed one in any case: no response is that quick.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

use super::usage::{Info, Usage};
use super::{Envelope, Message, Rollout, parse};
use crate::format::Reader;
use crate::format::lines::{self, Line, Tally};
use crate::format::open::{MOST_BYTES, Opened, open};

/// How the end of a parent's replayed history is known.
#[derive(Debug, PartialEq)]
pub(super) enum Replay {
    /// There is none, or it has ended.
    Ended,
    /// It ends before the line of this ordinal.
    Ordinal(u64),
    /// It ends at the first turn whose id is younger than the thread's.
    Turn,
    /// Lines of another file, read in the middle of this one.
    Prefix,
}

/// A part of another file that stands before this one's own lines (FORMATS 1.4, `history_base`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct HistoryBase {
    thread_id: String,
    end_byte_offset: Option<u64>,
    end_ordinal_exclusive: Option<u64>,
}

/// What is known of the parent of a forked thread.
#[derive(Default)]
pub(super) struct Parent {
    /// Sums and last responses of its usage events; empty where its file is not at hand.
    events: HashSet<(Usage, Usage)>,
    /// A turn that is younger than the thread has begun: its own.
    pub(super) turn_is_own: bool,
    /// An event that was not the parent's has come.
    pub(super) left: bool,
    /// Instant of the first line of the fork.
    began: Option<String>,
}

/// A response takes longer than this.
const INSTANT_MS: i64 = 100;

/// Forks of forks, each with its prefix in another file, are followed this far.
const MOST_PREFIXES: u32 = 16;

/// No line of a parent is longer.
const MAX_LINE: u64 = 64 << 20;

impl Parent {
    /// Looks at the parent's file, if there is one.
    pub(super) fn of(file: Option<String>, began: Option<&str>) -> Parent {
        let events = file.and_then(|file| open(Path::new(&file), MOST_BYTES).ok()).map(events).unwrap_or_default();
        Parent { events, began: began.map(str::to_owned), ..Parent::default() }
    }

    /// Whether a usage event of the fork repeats one of the parent's. Only leading ones can.
    pub(super) fn has(&self, info: &Info, at: Option<&str>) -> bool {
        let known = self.events.contains(&(info.total_token_usage, info.last_token_usage));
        !self.left && (known || self.is_instant(at))
    }

    /// Whether the parent's usage events are at hand.
    pub(super) fn is_known(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether an event comes too soon after the first line for a response. Where nothing else
    /// tells the parent's events apart, those of the same second are the parent's.
    fn is_instant(&self, at: Option<&str>) -> bool {
        let (Some(began), Some(at)) = (self.began.as_deref(), at) else { return false };
        let second = |at: &str| at.get(..19).map(str::to_owned);
        let ms = |at: &str| at.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
        let soon = ms(began).zip(ms(at)).is_some_and(|(began, at)| (at - began).abs() <= INSTANT_MS);
        soon || !self.turn_is_own && !self.is_known() && second(began) == second(at)
    }
}

/// The usage events of a file.
fn events(file: Opened) -> HashSet<(Usage, Usage)> {
    let mut events = HashSet::new();
    let mut take = |line: Line| {
        // Most lines are none: a look is cheaper than to parse them.
        if memchr::memmem::find(line.bytes, b"token_count").is_none() {
            return Ok(());
        }
        let envelope: Envelope = parse(line.json)?;
        let Some(payload) = envelope.payload else { return Ok(()) };
        let outer: Message = parse(payload.get())?;
        let message = outer.msg.map(|inner| parse(inner.get())).transpose()?.unwrap_or(outer);
        if let Some(info) = message.info.and_then(|info| parse::<Info>(info.get()).ok()) {
            events.insert((info.total_token_usage, info.last_token_usage));
        }
        Ok(())
    };
    // A parent that cannot be read to its end gives what it has.
    let _ = lines::each(file.input, MAX_LINE, &mut take, &mut Tally::default());
    events
}

impl Rollout<'_> {
    /// Reads the part of another file that stands before this one's lines.
    pub(super) fn prefix(&mut self, base: &HistoryBase) {
        let Some(name) = self.source.beside.file_of(&base.thread_id, self.source.path) else { return };
        let Ok(file) = open(Path::new(&name), MOST_BYTES) else { return };
        if self.prefixes >= MOST_PREFIXES {
            return;
        }
        self.prefixes += 1;
        self.history.elsewhere = true;
        let text = self.source.wants.text;
        self.source.wants.text |= file.sealed;
        let own = (std::mem::replace(&mut self.replays, Replay::Prefix), self.other_file.replace(name), self.at.take());
        let end = base.end_ordinal_exclusive.unwrap_or(u64::MAX);
        let mut take = |line: Line| {
            let envelope: Envelope = parse(line.json)?;
            if envelope.ordinal.is_some_and(|ordinal| ordinal >= end) { Ok(()) } else { self.take(&line) }
        };
        let file = file.input.take(base.end_byte_offset.unwrap_or(u64::MAX));
        let _ = lines::each(file, MAX_LINE, &mut take, &mut Tally::default());
        (self.replays, self.other_file, self.at) = own;
        self.source.wants.text = text;
        self.prefixes -= 1;
        self.history.elsewhere = self.prefixes > 0;
    }

    pub(super) fn is_replayed(&self) -> bool {
        self.replays != Replay::Ended
    }

    /// A turn begins: the thread's own first one ends the replay of its parent's history. Ids are
    /// UUIDs of version 7, which sort by the time they were made.
    pub(super) fn own_turn(&mut self, turn_id: &str) {
        let own = &*self.history.session.session;
        let sorts = |id: &str| id.as_bytes().get(14) == Some(&b'7');
        if self.replays == Replay::Turn && sorts(own) && sorts(turn_id) {
            if turn_id > own {
                self.replays = Replay::Ended;
                self.parent.turn_is_own = true;
            }
        } else if self.replays == Replay::Turn {
            // No ids that tell: then the usage events do, as they come.
            self.replays = Replay::Ended;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_leading_events_can_be_the_parents() {
        let mut parent = Parent::of(None, Some("2026-11-20T09:00:00.000Z"));
        let info = Info::default();
        assert!(parent.has(&info, Some("2026-11-20T09:00:00.050Z")));
        assert!(parent.has(&info, Some("2026-11-20T09:00:00.900Z")), "nothing else tells");
        assert!(!parent.has(&info, Some("2026-11-20T09:00:01.000Z")));
        parent.turn_is_own = true;
        assert!(!parent.has(&info, Some("2026-11-20T09:00:00.900Z")));
        parent.left = true;
        assert!(!parent.has(&info, Some("2026-11-20T09:00:00.050Z")));
    }
}
