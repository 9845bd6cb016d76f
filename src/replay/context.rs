//! The context: which spans the next request will carry, in which order.
//!
//! Spans enter in the order of the thread's records. They leave when an event says so: all of them
//! (a compaction, `clear`, which may keep some), all that entered after a place (a rollback,
//! `back_to`), or single ones (`drop`); an ephemeral span leaves with the first request after it.
//! The tokens of what is live are kept as a running sum, so a request need not walk the list to
//! know its size.
//!
//! Ids that name no live span of this thread change nothing: a file that was cut may lack them.

use std::collections::HashSet;

use super::history::{Classes, Span};
use crate::record::{Event, What};

/// A change of the context; spans and places are named by their `seq`.
#[derive(Debug)]
pub(super) struct Change {
    clear: bool,
    keep: Vec<u64>,
    keep_user_tokens: Option<u64>,
    back_to: Option<u64>,
    drop: Vec<u64>,
}

impl Change {
    /// What the event changes; `None` where it leaves the context as it is.
    pub(super) fn of(event: &Event) -> Option<Change> {
        let seq = |id: &String| id.strip_prefix(event.thread.as_str())?.strip_prefix('.')?.parse().ok();
        let change = Change {
            clear: event.clear,
            keep: event.keep.iter().filter_map(seq).collect(),
            keep_user_tokens: event.keep_user_tokens,
            back_to: event.back_to.as_ref().and_then(seq),
            drop: event.drop.iter().filter_map(seq).collect(),
        };
        let changes = change.clear || change.back_to.is_some() || !change.drop.is_empty();
        (event.what == What::Context && changes).then_some(change)
    }
}

/// The live spans of a thread, by their number.
pub(super) struct Context<'h> {
    spans: &'h [Span],
    live: Vec<u32>,
    tokens: Classes,
    entered: usize,
    ephemeral: bool,
}

impl<'h> Context<'h> {
    pub(super) fn new(spans: &'h [Span]) -> Context<'h> {
        Context { spans, live: Vec::new(), tokens: Classes::default(), entered: 0, ephemeral: false }
    }

    /// The numbers of the live spans, in order.
    pub(super) fn live(&self) -> &[u32] {
        &self.live
    }

    /// Their tokens, by class.
    pub(super) fn tokens(&self) -> Classes {
        self.tokens
    }

    /// The spans up to number `end` enter.
    pub(super) fn enter_up_to(&mut self, end: usize) {
        for (number, span) in self.spans.iter().enumerate().take(end).skip(self.entered) {
            let Ok(number) = u32::try_from(number) else { break };
            self.live.push(number);
            self.ephemeral |= span.ephemeral;
            weigh(&mut self.tokens, span);
        }
        self.entered = end;
    }

    /// A request has carried the live spans.
    pub(super) fn sent(&mut self) {
        if std::mem::take(&mut self.ephemeral) {
            self.retain(|span| !span.ephemeral);
        }
    }

    /// An event changes the context.
    pub(super) fn change(&mut self, change: &Change) {
        if change.clear {
            self.clear(change);
        }
        if let Some(place) = change.back_to {
            self.retain(|span| span.seq <= place);
        }
        if !change.drop.is_empty() {
            let drop: HashSet<u64> = change.drop.iter().copied().collect();
            self.retain(|span| !drop.contains(&span.seq));
        }
    }

    /// All leave but those to keep, which stand first, in their new order, and after them the
    /// latest messages of the user that fit.
    fn clear(&mut self, change: &Change) {
        let mut kept: Vec<u32> = change.keep.iter().filter_map(|seq| self.find(*seq)).collect();
        if let Some(room) = change.keep_user_tokens {
            let messages = self.latest_messages(room, &kept);
            kept.extend(messages);
        }
        self.live = kept;
        self.sum();
    }

    /// A span that has entered. One that has left may come back: a compaction names what it keeps.
    fn find(&self, seq: u64) -> Option<u32> {
        let entered = self.spans.get(..self.entered)?;
        let number = entered.binary_search_by_key(&seq, |span| span.seq).ok()?;
        u32::try_from(number).ok()
    }

    /// The latest user messages of no more than `room` tokens together, oldest first. The first
    /// that does not fit ends them: agents do not look for a smaller one behind it.
    fn latest_messages(&self, room: u64, kept: &[u32]) -> Vec<u32> {
        let kept: HashSet<u32> = kept.iter().copied().collect();
        let mut left = room;
        let mut messages = Vec::new();
        for number in self.live.iter().rev().filter(|number| !kept.contains(number)) {
            let Some(span) = self.spans.get(*number as usize).filter(|span| span.message && span.known) else {
                continue;
            };
            let Some(rest) = left.checked_sub(u64::from(span.tokens)) else { break };
            left = rest;
            messages.push(*number);
        }
        messages.reverse();
        messages
    }

    fn retain(&mut self, stays: impl Fn(&Span) -> bool) {
        let spans = self.spans;
        self.live.retain(|number| spans.get(*number as usize).is_some_and(&stays));
        self.sum();
    }

    fn sum(&mut self) {
        self.tokens = Classes::default();
        for span in self.live.iter().filter_map(|number| self.spans.get(*number as usize)) {
            weigh(&mut self.tokens, span);
        }
    }
}

fn weigh(tokens: &mut Classes, span: &Span) {
    tokens[span.class as usize] += u64::from(span.tokens);
}
