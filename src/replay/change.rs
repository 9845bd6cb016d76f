//! Changes of the context, as events tell them.

use crate::record::{Event, What};

/// A change of the context; spans and places are named by their `seq`.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) clear: bool,
    /// What stands in front and is in no file is written anew.
    pub(super) head: bool,
    pub(super) reason: Option<String>,
    pub(super) keep: Vec<u64>,
    pub(super) keep_user_tokens: Option<u64>,
    pub(super) back_to: Option<u64>,
    pub(super) drop: Vec<u64>,
}

/// The place of a record in the order of its thread, by its id.
pub(super) fn seq(thread: &str, id: &str) -> Option<u64> {
    id.strip_prefix(thread)?.strip_prefix('.')?.parse().ok()
}

impl Change {
    /// What the event changes; `None` where it leaves the context as it is.
    pub(super) fn of(event: &Event) -> Option<Change> {
        let seq = |id: &String| seq(&event.thread, id);
        let change = Change {
            clear: event.clear,
            head: event.head,
            reason: event.reason.clone(),
            keep: event.keep.iter().filter_map(seq).collect(),
            keep_user_tokens: event.keep_user_tokens,
            back_to: event.back_to.as_ref().and_then(seq),
            drop: event.drop.iter().filter_map(seq).collect(),
        };
        let changes = change.clear || change.back_to.is_some() || !change.drop.is_empty();
        (event.what == What::Context && changes).then_some(change)
    }
}

impl Change {
    /// Whether a new epoch begins: nothing stays where it was.
    pub(super) fn clears(&self) -> bool {
        self.clear
    }

    /// Why, in a word.
    pub(super) fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}
