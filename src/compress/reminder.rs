//! References to reminders that were written on an earlier line.
//!
//! A reminder is a text between `<system-reminder>` tags. This file knows texts and line numbers,
//! not entries.

use lru::LruCache;

use super::reference;

/// Number of reminders that are remembered, in 64 bytes each. The least recently seen one is
/// forgotten first; it is written in full when it comes again.
const MOST: usize = 16_384;

const BEGIN: &str = "<system-reminder>";
const END: &str = "</system-reminder>";

/// The reminders that were written in full: their hashes and line numbers.
pub(super) struct Reminders {
    seen: LruCache<[u8; 16], u64>,
}

/// A text in which reminders were replaced by references.
pub(super) struct Deduped {
    pub(super) text: String,
    /// Number of reminders replaced.
    pub(super) replaced: u64,
}

impl Reminders {
    pub(super) fn new() -> Reminders {
        Reminders {
            seen: LruCache::unbounded(),
        }
    }

    /// Replaces the reminders of a text that were written on an earlier line. With `within`, also
    /// those that are a repetition in the text itself, which is on line `number`. `None` where
    /// nothing is replaced.
    pub(super) fn dedup(&mut self, text: &str, number: u64, within: bool) -> Option<Deduped> {
        let (mut to, mut from, mut replaced) = (String::new(), 0, 0);
        let mut here: Vec<[u8; 16]> = Vec::new();
        for block in blocks(text) {
            let reminder = text.get(block.clone())?;
            let key = reference::key(reminder.as_bytes());
            let first = match self.seen.get(&key) {
                Some(first) => *first,
                None if here.contains(&key) => number,
                None => {
                    if within {
                        here.push(key);
                    }
                    continue;
                }
            };
            to.push_str(text.get(from..block.start)?);
            to.push_str(&format!(
                "<system-reminder ref=\"{}\" first_seq={first} elided />",
                reference::sha256(reminder.as_bytes())
            ));
            from = block.end;
            replaced += 1;
        }
        if replaced == 0 {
            return None;
        }
        to.push_str(text.get(from..)?);
        Some(Deduped { text: to, replaced })
    }

    /// Remembers the reminders of a text that was written on line `number`.
    pub(super) fn remember(&mut self, text: &str, number: u64) {
        for block in blocks(text) {
            let key = reference::key(text.get(block).unwrap_or_default().as_bytes());
            self.seen.get_or_insert(key, || number);
            if self.seen.len() > MOST {
                self.seen.pop_lru();
            }
        }
    }
}

/// Returns the byte ranges of the reminders of a text, tags included.
fn blocks(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find(BEGIN)?;
        let end = start + text.get(start..)?.find(END)? + END.len();
        from = end;
        Some(start..end)
    })
}
