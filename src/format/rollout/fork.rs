//! Forks and sub-agents: which lines at the beginning of a file are a parent's (docs/formats.md
//! 1.8, *Whose an event is*).
//!
//! The file of a thread that has a parent may begin with the parent's lines, usage events included,
//! with their times changed to the instant of the start or unchanged. The spans of these lines are
//! inherited, and their usage is the parent's. The first of these rules that applies decides
//! whose a usage event is:
//!
//! 1. The file names the ordinal at which the thread's own lines begin, and the event has an
//!    ordinal: the parent's if it is lower, else own.
//! 2. An event that was own has come, or, where the file names no such ordinal, an own turn has
//!    begun: own. Where both the thread and the turn have an id with a time in it (UUID version 7),
//!    the turn is the thread's unless the turn's time is earlier. Else it is the thread's unless
//!    the second in which the turn says it started is before that in which the thread was made.
//! 3. The event is dated within a tenth of a second of the first line, for no response is that
//!    quick, or more than a second before it: the parent's. An event in between, up to a second
//!    before the first line, is left to the rules below.
//! 4. The latest turn that can be attributed is the parent's, and the file is not paginated: the
//!    parent's, however late the event is.
//! 5. The parent's files have an event of the same sum and last: the parent's.
//! 6. The file is paginated, and such files copy no usage: own.
//! 7. The parent's files have usage events, but not this one: own.
//! 8. The parent's metadata is copied, or the thread is a sub-agent's: events within a second of
//!    the first line are the parent's, and so is everything up to the last event that repeats the
//!    inherited sum, which is the largest sum of the parent's events so far.
//!    What rule 8 leaves is own.
//! 9. Else, which means in a person's fork that copied nothing: own.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::io::Read;

use super::child::Child;
use super::scan::{self, MarkKind, UsageMark};
use super::usage::{ReportedUsage, TokenParts};

/// The part of a file that is a parent's.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Replay {
    /// Offsets of the usage events that are a parent's.
    events: HashSet<u64>,
    /// Lines before the one with this ordinal are a parent's. `None` as soon as that line, a later
    /// one or an own event has come.
    before_ordinal: Option<u64>,
    /// Lines before this offset are a parent's.
    before: u64,
}

/// A sum and a last, as an event reports them.
pub(super) type SumAndLast = (Option<ReportedUsage>, Option<ReportedUsage>);

/// The usage events of the parent's files, which are read when they are first needed.
pub(super) struct ParentEvents<'t> {
    known: OnceCell<HashSet<SumAndLast>>,
    read: &'t dyn Fn() -> HashSet<SumAndLast>,
}

impl<'t> ParentEvents<'t> {
    pub(super) fn new(read: &'t dyn Fn() -> HashSet<SumAndLast>) -> ParentEvents<'t> {
        ParentEvents {
            known: OnceCell::new(),
            read,
        }
    }

    fn events(&self) -> &HashSet<SumAndLast> {
        self.known.get_or_init(self.read)
    }
}

impl Replay {
    /// Takes the next line, at this offset and with this ordinal. Returns whether it is a parent's.
    pub(super) fn take_line(&mut self, offset: u64, ordinal: Option<u64>) -> bool {
        if let (Some(first), Some(ordinal)) = (self.before_ordinal, ordinal)
            && ordinal >= first
        {
            self.before_ordinal = None;
        }
        self.before_ordinal.is_some() || offset < self.before
    }

    /// Ends the part that the ordinal limits. The caller has met an own usage event, perhaps one
    /// without an ordinal, so all later lines are the thread's.
    pub(super) fn end(&mut self) {
        self.before_ordinal = None;
    }

    /// Whether the usage event at this offset is a parent's.
    pub(super) fn has_event(&self, offset: u64) -> bool {
        self.events.contains(&offset)
    }

    /// Finds the parent's part of a child's file. `parent_events`: the usage events of the parent's
    /// files, read only if needed.
    pub(super) fn of(child: &Child, parent_events: &ParentEvents, file: impl Read) -> Replay {
        let mut marks = Vec::new();
        let mut judge = Judge::new(child, parent_events);
        scan::marks(file, &mut |mark| {
            judge.take(&mark, &|_| false);
            marks.push(mark);
            !judge.is_decided
        });
        if judge.is_decided {
            return judge.replay();
        }
        // A later event may repeat the inherited sum: the events before it are known only now.
        let mut latest: HashMap<TokenParts, u64> = HashMap::new();
        for mark in &marks {
            if let MarkKind::Usage(Some(sum), _) = &mark.what {
                latest.insert(sum.parts(), mark.offset);
            }
        }
        let mut judge = Judge::new(child, parent_events);
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
    parent_events: &'c ParentEvents<'c>,
    /// The parent's metadata is copied.
    copied: bool,
    /// Whether the latest turn that can be attributed is the thread's own. `None` before such a
    /// turn, and not changed after the own part began.
    turn_is_own: Option<bool>,
    /// The largest sum of the parent's events.
    inherited: Option<TokenParts>,
    /// An own event, or an own turn, has come. An own turn does not count where the file names the
    /// ordinal of the first own line.
    own_part_began: bool,
    /// No later mark can change what was decided, so the rest of the file need not be read.
    is_decided: bool,
    /// Offsets of the events that are the parent's.
    events: HashSet<u64>,
    /// Offset of the first turn, whoever's it is.
    first_turn: Option<u64>,
    /// Offset of the own turn at which the own part began.
    own_turn: Option<u64>,
    /// One more than the offset at which the parent's last event starts; 0 without such an event.
    after_last_parent_event: u64,
}

impl<'c> Judge<'c> {
    fn new(child: &'c Child, parent_events: &'c ParentEvents<'c>) -> Judge<'c> {
        Judge {
            child,
            parent_events,
            copied: false,
            turn_is_own: None,
            inherited: None,
            own_part_began: false,
            is_decided: false,
            events: HashSet::new(),
            first_turn: None,
            own_turn: None,
            after_last_parent_event: 0,
        }
    }

    /// `comes_again`: whether this event or a later one shows that sum.
    fn take(&mut self, mark: &UsageMark, comes_again: &dyn Fn(TokenParts) -> bool) {
        match &mark.what {
            MarkKind::Meta(id) => self.copied |= *id == self.child.parent,
            MarkKind::Turn(id, started) => self.turn(mark.offset, id, *started),
            MarkKind::Usage(sum, last) => {
                if !self.is_parents(mark, &(*sum, *last), comes_again) {
                    self.own_part_began = true;
                    return;
                }
                self.events.insert(mark.offset);
                self.after_last_parent_event = mark.offset + 1;
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
        if self.own_part_began {
            return;
        }
        self.turn_is_own = Some(is_own);
        if is_own {
            self.own_turn = Some(offset);
            self.own_part_began = self.child.first_ordinal.is_none();
            self.is_decided = self.own_part_began;
        }
    }

    /// Whether a usage event is the parent's, by the rules at the head of this file.
    fn is_parents(
        &mut self,
        mark: &UsageMark,
        reported: &SumAndLast,
        comes_again: &dyn Fn(TokenParts) -> bool,
    ) -> bool {
        let child = self.child;
        // 1. The ordinal.
        if let (Some(first), Some(ordinal)) = (child.first_ordinal, mark.ordinal) {
            self.is_decided |= ordinal >= first;
            return ordinal < first;
        }
        // 2. The own part has begun.
        if self.own_part_began {
            return false;
        }
        // 3. Too soon for a response, or dated before the thread.
        if child.is_too_soon(mark) {
            return true;
        }
        // 4. In a turn of the parent.
        if self.latest_turn_is_parents() && !child.is_paginated {
            return true;
        }
        // 5. The parent's files have the event.
        if self.parent_events.events().contains(reported) {
            return true;
        }
        // 6. Paginated files copy no usage.
        if child.is_paginated {
            self.decide();
            return false;
        }
        // 7. The parent's files have other events only.
        if !self.parent_events.events().is_empty() {
            self.decide();
            return false;
        }
        // 9. Nothing shows that the file copies anything, so rule 8 does not apply.
        if !self.copied && !child.is_subagent {
            self.decide();
            return false;
        }
        // 8. A burst, then everything until the inherited sum is repeated for the last time.
        if child.is_in_the_burst(mark) {
            return true;
        }
        match self.inherited {
            Some(sum) => comes_again(sum),
            None => false,
        }
    }

    /// Notes that an event is own for a reason that no later mark removes. Everything after it is
    /// own too (rule 2), except where ordinals may still decide (rule 1).
    fn decide(&mut self) {
        self.is_decided |= self.child.first_ordinal.is_none();
    }

    fn latest_turn_is_parents(&self) -> bool {
        self.turn_is_own == Some(false)
    }

    fn replay(self) -> Replay {
        Replay {
            before: self.before(),
            before_ordinal: self.child.first_ordinal,
            events: self.events,
        }
    }

    /// Finds the offset at which the lines of a file become the thread's own.
    fn before(&self) -> u64 {
        let child = self.child;
        let in_a_parents_turn = self.latest_turn_is_parents();
        let replays = child.is_fork || self.copied || !self.events.is_empty() || in_a_parents_turn;
        // The ordinal alone decides about the lines behind the last event, or nothing is copied.
        if child.first_ordinal.is_some() || !replays {
            return self.after_last_parent_event;
        }
        // The thread's own turn begins its lines.
        if let Some(turn) = self.own_turn
            && !child.is_paginated
        {
            return turn;
        }
        // The file ends within a turn of the parent: all its lines are the parent's.
        if in_a_parents_turn && !self.own_part_began {
            return u64::MAX;
        }
        // In a fork, lines before the first turn are the parent's too.
        if child.is_fork && !child.is_paginated {
            return self
                .after_last_parent_event
                .max(self.first_turn.unwrap_or(0));
        }
        self.after_last_parent_event
    }
}

#[cfg(test)]
mod tests;
