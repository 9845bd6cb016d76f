//! A thread that has a parent, and what the times of its events and turns say about whose they are.
//!
//! `fork` applies this as parts of its rules.

use super::scan::UsageMark;

/// A response takes longer than this.
const INSTANT_MS: i64 = 100;

/// A replay without turns that can be attributed is written within this time.
const BURST_MS: i64 = 1000;

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
    /// The `history_mode` of the file is `paginated`: it may copy the parent's lines and turns, but
    /// not its usage.
    pub(super) is_paginated: bool,
    /// The ordinal at which the thread's own lines begin.
    pub(super) first_ordinal: Option<u64>,
    /// When the first line was written, in milliseconds since 1970.
    pub(super) began_ms: Option<i64>,
    /// When the thread was made, by its metadata, in milliseconds since 1970.
    pub(super) made_ms: Option<i64>,
}

impl Child {
    fn ms_after_began(&self, mark: &UsageMark) -> Option<i64> {
        Some(mark.at_ms? - self.began_ms?)
    }

    /// Whether an event comes too soon for a response, or is dated clearly before the thread.
    pub(super) fn is_too_soon(&self, mark: &UsageMark) -> bool {
        match self.ms_after_began(mark) {
            Some(ms) => ms.abs() <= INSTANT_MS || ms < -BURST_MS,
            None => false,
        }
    }

    /// Whether an event comes as soon as a replay is written.
    pub(super) fn is_in_the_burst(&self, mark: &UsageMark) -> bool {
        match self.ms_after_began(mark) {
            Some(ms) => ms.abs() <= BURST_MS,
            None => false,
        }
    }

    /// Whether a turn is the thread's own; `None` where that is unknown.
    pub(super) fn owns_turn(&self, id: &str, started: Option<f64>) -> Option<bool> {
        match (uuid_ms(&self.id), uuid_ms(id)) {
            (Some(thread), Some(turn)) => Some(turn >= thread),
            _ => Some(started? >= self.made_ms?.div_euclid(1000) as f64),
        }
    }
}

/// The time in an id, if it is a UUID of version 7: its first 48 bits, milliseconds since 1970.
fn uuid_ms(id: &str) -> Option<u64> {
    let bytes = id.as_bytes();
    let is_dashed = [8, 13, 18].iter().all(|at| bytes.get(*at) == Some(&b'-'));
    if !is_dashed || bytes.get(14) != Some(&b'7') {
        return None;
    }
    let (high, low) = (id.get(..8)?, id.get(9..13)?);
    u64::from_str_radix(&format!("{high}{low}"), 16).ok()
}
