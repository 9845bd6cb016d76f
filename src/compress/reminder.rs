//! Reminders that were sent before: a reference to the line where the text stands.

use lru::LruCache;

use super::reference;

/// How many reminders are remembered, 64 bytes each; the one not met for longest is forgotten, and
/// stands in full when it comes again.
const MOST: usize = 16_384;

const BEGIN: &str = "<system-reminder>";
const END: &str = "</system-reminder>";

/// The reminders that stand in full in the output, by hash, with the number of their line.
pub(super) struct Reminders {
    seen: LruCache<[u8; 16], u64>,
}

/// A text with references in it.
pub(super) struct Deduped {
    /// The text.
    pub(super) text: String,
    /// How many reminders were replaced.
    pub(super) replaced: u64,
}

impl Reminders {
    pub(super) fn new() -> Reminders {
        Reminders {
            seen: LruCache::unbounded(),
        }
    }

    /// Replaces the reminders of the text that stand on an earlier line, or, `within`, earlier in
    /// the text, which stands on line `number`. `None` where there are none.
    pub(super) fn dedup(&mut self, text: &str, number: u64, within: bool) -> Option<Deduped> {
        let (mut to, mut from, mut replaced) = (String::new(), 0, 0);
        let mut here: Vec<[u8; 16]> = Vec::new();
        for block in blocks(text) {
            let reminder = text.get(block.clone())?;
            let key = reference::key(reminder.as_bytes());
            let first = self
                .seen
                .get(&key)
                .copied()
                .or_else(|| here.contains(&key).then_some(number));
            let Some(first) = first else {
                if within {
                    here.push(key);
                }
                continue;
            };
            to.push_str(text.get(from..block.start)?);
            to.push_str(&format!(
                "<system-reminder ref=\"{}\" first_seq={first} elided />",
                reference::sha256(reminder.as_bytes())
            ));
            from = block.end;
            replaced += 1;
        }
        to.push_str(text.get(from..)?);
        (replaced > 0).then_some(Deduped { text: to, replaced })
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

/// Where reminders stand in a text.
fn blocks(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find(BEGIN)?;
        let end = start + text.get(start..)?.find(END)? + END.len();
        from = end;
        Some(start..end)
    })
}
