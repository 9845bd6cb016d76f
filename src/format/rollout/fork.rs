//! Forks and sub-agents: which lines at the beginning of a file are a parent's
//! (docs/formats.md 1.8, rule 8).
//!
//! The file of a thread that has a parent may begin with the parent's lines, usage events included,
//! with their times changed to the instant of the start or unchanged. The spans of these lines are
//! inherited, and their usage is the parent's. The first of these rules that applies decides
//! whether a usage event is the thread's own; after the first own event or turn everything is:
//!
//! 1. The ordinal at which the thread's own lines begin, where the file names one.
//! 2. A turn of the thread has begun: own. Where both the thread and the turn have an id with a
//!    time in it (UUID version 7), the turn is the thread's unless the turn's time is earlier; else
//!    the second in which the turn says it started is compared.
//! 3. The parent's file has an event of the same sum and last: the parent's.
//! 4. The event is dated within a tenth of a second of the first line, for no response is that
//!    quick, or before it: the parent's.
//! 5. A file of the paginated kind copies no usage: own.
//! 6. The latest turn that can be attributed is the parent's: the parent's, however late.
//! 7. The parent's file exists, and does not hold the event: own.
//! 8. The parent's metadata is copied, or the thread is a sub-agent's: events within a second of
//!    the first line are the parent's, and so is everything up to the last event that repeats the
//!    inherited sum.
//! 9. Else own: a person's fork that copied nothing.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::io::Read;

use super::scan::{self, MarkKind, UsageMark};
use super::usage::{ReportedUsage, TokenParts};

/// A thread that has a parent, as its first line describes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Child {
    /// The thread's id.
    pub(super) id: String,
    /// The parent's id.
    pub(super) parent: String,
    /// The thread was started by an agent, not forked by a person.
    pub(super) is_subagent: bool,
    /// The first line names the thread that this one is a fork of: the lines before any turn are
    /// that thread's.
    pub(super) is_fork: bool,
    pub(super) is_paginated: bool,
    /// The ordinal at which the thread's own lines begin.
    pub(super) first_ordinal: Option<u64>,
    /// When the first line was written, in milliseconds since 1970.
    pub(super) began_ms: Option<i64>,
    /// When the thread was made.
    pub(super) made_ms: Option<i64>,
}

/// The part of a file that is a parent's.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Replay {
    /// Offsets of the usage events that are a parent's.
    events: HashSet<u64>,
    /// Lines before this ordinal are a parent's; `None` once it has come.
    before_ordinal: Option<u64>,
    /// Lines before this offset are a parent's.
    before: u64,
}

/// A sum and a last, as an event reports them.
pub(super) type SumAndLast = (Option<ReportedUsage>, Option<ReportedUsage>);

/// The usage events of the parent's files, which are read when they are first needed.
pub(super) struct Theirs<'t> {
    known: OnceCell<HashSet<SumAndLast>>,
    read: &'t dyn Fn() -> HashSet<SumAndLast>,
}

impl<'t> Theirs<'t> {
    pub(super) fn new(read: &'t dyn Fn() -> HashSet<SumAndLast>) -> Theirs<'t> {
        Theirs {
            known: OnceCell::new(),
            read,
        }
    }

    fn events(&self) -> &HashSet<SumAndLast> {
        self.known.get_or_init(self.read)
    }
}

/// No response is that quick.
const INSTANT_MS: i64 = 100;

/// A replay without turns that can be attributed is written within this time.
const BURST_MS: i64 = 1000;

impl Replay {
    /// Whether the next line, at this offset and with this ordinal, is a parent's.
    pub(super) fn has_line(&mut self, offset: u64, ordinal: Option<u64>) -> bool {
        if let (Some(first), Some(ordinal)) = (self.before_ordinal, ordinal)
            && ordinal >= first
        {
            self.before_ordinal = None;
        }
        self.before_ordinal.is_some() || offset < self.before
    }

    /// Ends the parent's part: a usage event of the thread has come before the ordinal.
    pub(super) fn end(&mut self) {
        self.before_ordinal = None;
    }

    /// Whether the usage event at this offset is a parent's.
    pub(super) fn has_event(&self, offset: u64) -> bool {
        self.events.contains(&offset)
    }

    /// Finds the parent's part of a child's file. `theirs`: the usage events of the parent's files,
    /// read only if needed.
    pub(super) fn of(child: &Child, theirs: &Theirs, file: impl Read) -> Replay {
        let mut marks = Vec::new();
        let mut judge = Judge::new(child, theirs);
        scan::marks(file, &mut |mark| {
            judge.take(&mark, &|_| false);
            marks.push(mark);
            !judge.is_sure
        });
        if judge.is_sure {
            return judge.replay();
        }
        // A later event may repeat the inherited sum: the events before it are known only now.
        let mut latest: HashMap<TokenParts, u64> = HashMap::new();
        for mark in &marks {
            if let MarkKind::Usage(Some(sum), _) = &mark.what {
                latest.insert(sum.parts(), mark.offset);
            }
        }
        let mut judge = Judge::new(child, theirs);
        for mark in &marks {
            let comes_again = |sum| match latest.get(&sum) {
                Some(offset) => *offset >= mark.offset,
                None => false,
            };
            judge.take(mark, &comes_again);
        }
        judge.replay()
    }
}

/// Goes through the marks of a child's file, and decides which are a parent's.
struct Judge<'c> {
    child: &'c Child,
    theirs: &'c Theirs<'c>,
    /// The parent's metadata is copied.
    copied: bool,
    /// Whether the latest turn that can be attributed is the thread's own.
    turn_is_own: Option<bool>,
    /// The largest sum of the parent's events.
    inherited: Option<TokenParts>,
    /// An own event, or an own turn, has come.
    left: bool,
    /// Nothing that comes later can change this.
    is_sure: bool,
    events: HashSet<u64>,
    first_turn: Option<u64>,
    own_turn: Option<u64>,
    past_events: u64,
}

impl<'c> Judge<'c> {
    fn new(child: &'c Child, theirs: &'c Theirs<'c>) -> Judge<'c> {
        Judge {
            child,
            theirs,
            copied: false,
            turn_is_own: None,
            inherited: None,
            left: false,
            is_sure: false,
            events: HashSet::new(),
            first_turn: None,
            own_turn: None,
            past_events: 0,
        }
    }

    /// `comes_again`: whether this event or a later one shows that sum.
    fn take(&mut self, mark: &UsageMark, comes_again: &dyn Fn(TokenParts) -> bool) {
        match &mark.what {
            MarkKind::Meta(id) => self.copied |= *id == self.child.parent,
            MarkKind::Turn(id, started) => self.turn(mark.offset, id, *started),
            MarkKind::Usage(sum, last) => {
                if !self.is_parents(mark, &(*sum, *last), comes_again) {
                    self.left = true;
                    return;
                }
                self.events.insert(mark.offset);
                self.past_events = mark.offset + 1;
                if let Some(sum) = sum
                    && !sum.is_empty()
                {
                    self.inherited = Some(sum.parts().or_larger(self.inherited));
                }
            }
        }
    }

    /// Takes a turn that begins.
    fn turn(&mut self, offset: u64, id: &str, started: Option<f64>) {
        self.first_turn.get_or_insert(offset);
        let Some(is_own) = self.child.owns_turn(id, started) else {
            return;
        };
        if self.left {
            return;
        }
        self.turn_is_own = Some(is_own);
        if is_own {
            self.own_turn = Some(offset);
            self.left = self.child.first_ordinal.is_none();
            self.is_sure = self.left;
        }
    }

    fn is_parents(
        &mut self,
        mark: &UsageMark,
        reported: &SumAndLast,
        comes_again: &dyn Fn(TokenParts) -> bool,
    ) -> bool {
        let child = self.child;
        if let (Some(first), Some(ordinal)) = (child.first_ordinal, mark.ordinal) {
            self.is_sure |= ordinal >= first;
            return ordinal < first;
        }
        if self.left {
            return false;
        }
        let in_a_parents_turn = self.turn_is_own == Some(false) && !child.is_paginated;
        if child.is_too_soon(mark) || in_a_parents_turn || self.theirs.events().contains(reported) {
            return true;
        }
        if child.is_paginated
            || !self.theirs.events().is_empty()
            || !(self.copied || child.is_subagent)
        {
            self.is_sure |= child.first_ordinal.is_none();
            return false;
        }
        if child.is_in_the_burst(mark) {
            return true;
        }
        match self.inherited {
            Some(sum) => comes_again(sum),
            None => false,
        }
    }

    /// Finds where the lines of a file become the thread's own: at its own turn; else after the
    /// parent's last event; of a fork, not before a turn begins.
    fn replay(self) -> Replay {
        Replay {
            before: self.before(),
            before_ordinal: self.child.first_ordinal,
            events: self.events,
        }
    }

    fn before(&self) -> u64 {
        let child = self.child;
        let in_a_parents_turn = self.turn_is_own == Some(false);
        let replays = child.is_fork || self.copied || !self.events.is_empty() || in_a_parents_turn;
        if child.first_ordinal.is_some() || !replays {
            return self.past_events;
        }
        if let Some(turn) = self.own_turn
            && !child.is_paginated
        {
            return turn;
        }
        if in_a_parents_turn && !self.left {
            return u64::MAX;
        }
        if child.is_fork && !child.is_paginated {
            return self.past_events.max(self.first_turn.unwrap_or(0));
        }
        self.past_events
    }
}

impl Child {
    fn ms_after_began(&self, mark: &UsageMark) -> Option<i64> {
        Some(mark.at_ms? - self.began_ms?)
    }

    /// Whether an event comes too soon for a response, or is dated before the thread.
    fn is_too_soon(&self, mark: &UsageMark) -> bool {
        match self.ms_after_began(mark) {
            Some(ms) => ms.abs() <= INSTANT_MS || ms < -BURST_MS,
            None => false,
        }
    }

    /// Whether an event comes as soon as a replay is written.
    fn is_in_the_burst(&self, mark: &UsageMark) -> bool {
        let (Some(at), Some(began)) = (mark.at_ms, self.began_ms) else {
            return false;
        };
        at.div_euclid(1000) == began.div_euclid(1000) || (at - began).abs() <= BURST_MS
    }

    /// Whether a turn is the thread's own; `None` where that is unknown.
    fn owns_turn(&self, id: &str, started: Option<f64>) -> Option<bool> {
        match (made_ms(&self.id), made_ms(id)) {
            (Some(thread), Some(turn)) => Some(turn >= thread),
            _ => Some(started? >= self.made_ms?.div_euclid(1000) as f64),
        }
    }
}

/// The time in an id, if it is a UUID of version 7: its first 48 bits, milliseconds since 1970.
fn made_ms(id: &str) -> Option<u64> {
    let bytes = id.as_bytes();
    let is_dashed = [8, 13, 18].iter().all(|at| bytes.get(*at) == Some(&b'-'));
    if !is_dashed || bytes.get(14) != Some(&b'7') {
        return None;
    }
    let (high, low) = (id.get(..8)?, id.get(9..13)?);
    u64::from_str_radix(&format!("{high}{low}"), 16).ok()
}

#[cfg(test)]
mod tests;
