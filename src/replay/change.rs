//! Changes of the context, as events record them.

use crate::record::{Event, What};

/// A change of the context; spans and places are named by their `seq`.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) clear: bool,
    /// The head (system prompt and tool definitions) is written anew.
    pub(super) head: bool,
    pub(super) reason: Option<String>,
    pub(super) keep: Vec<u64>,
    pub(super) keep_user_tokens: Option<u64>,
    pub(super) back_to: Option<u64>,
    pub(super) drop: Vec<u64>,
}

/// The `seq` of a record, from its id; `None` where the id is of another thread.
pub(super) fn seq(thread: &str, id: &str) -> Option<u64> {
    id.strip_prefix(thread)?.strip_prefix('.')?.parse().ok()
}

impl Change {
    /// What the event changes; `None` where it leaves the context as it is.
    pub(super) fn of(event: &Event) -> Option<Change> {
        if event.what != What::Context {
            return None;
        }
        let back_to = match &event.back_to {
            Some(id) => seq(&event.thread, id),
            None => None,
        };
        let drop = seqs(&event.thread, &event.drop);
        if !event.clear && back_to.is_none() && drop.is_empty() {
            return None;
        }
        Some(Change {
            clear: event.clear,
            head: event.head,
            reason: event.reason.clone(),
            keep: seqs(&event.thread, &event.keep),
            keep_user_tokens: event.keep_user_tokens,
            back_to,
            drop,
        })
    }

    /// Whether a new epoch begins: nothing stays where it was.
    pub(super) fn clears(&self) -> bool {
        self.clear
    }

    /// Why, in a word.
    pub(super) fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// The `seq` of each id that is of the thread.
fn seqs(thread: &str, ids: &[String]) -> Vec<u64> {
    let mut seqs = Vec::new();
    for id in ids {
        seqs.extend(seq(thread, id));
    }
    seqs
}
