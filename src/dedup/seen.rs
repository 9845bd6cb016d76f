//! What was seen before: a map from the hash of a text to where it was.
//!
//! Sixteen bytes a text, under a key of 64 bits of its hash. Two different texts of equal key are
//! to be expected once in four billion texts; that error is accepted. Nothing is ever forgotten,
//! so the answer does not depend on what came in between; when the bound is reached, new texts are
//! no longer remembered, and the table says so.

use rustc_hash::FxHashMap;

/// Where a text was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Thread of the first span that had it.
    pub(super) first_thread: u32,
    /// `seq` of that span.
    pub(super) first_seq: u32,
    /// Thread of the latest span that had it.
    pub(super) last_thread: u32,
    /// Turn of the latest span that had it; 0: not known.
    pub(super) last_turn: u32,
}

/// A span as a place to remember.
#[derive(Clone, Copy, Debug)]
pub(super) struct Here {
    /// Its thread.
    pub(super) thread: u32,
    /// Its place in the thread.
    pub(super) seq: u32,
    /// Its turn; 0: not known.
    pub(super) turn: u32,
}

/// Bytes of a slot: key, place, and the map's control byte.
const SLOT_BYTES: usize = 8 + size_of::<Seen>() + 1;

/// All texts seen, up to a bound.
pub(super) struct Table {
    map: FxHashMap<u64, Seen>,
    most: usize,
    full: bool,
}

impl Table {
    /// A table that takes no more than `bytes`, also while it grows.
    pub(super) fn bounded(bytes: usize) -> Table {
        Table { map: FxHashMap::default(), most: most_texts(bytes), full: false }
    }

    /// Where the text was seen, if it was.
    pub(super) fn get(&self, key: u64) -> Option<Seen> {
        self.map.get(&key).copied()
    }

    /// Notes that the text stands here.
    pub(super) fn note(&mut self, key: u64, here: Here) {
        let room = self.map.len() < self.most;
        match self.map.get_mut(&key) {
            Some(seen) => {
                seen.last_thread = here.thread;
                seen.last_turn = here.turn;
            }
            None if room => {
                let Here { thread, seq, turn } = here;
                self.map
                    .insert(key, Seen { first_thread: thread, first_seq: seq, last_thread: thread, last_turn: turn });
            }
            None => self.full = true,
        }
    }

    /// The bound, once it kept a text from being remembered: how many texts are.
    pub(super) fn full(&self) -> Option<usize> {
        self.full.then_some(self.map.len())
    }
}

/// How many texts fit: the map doubles when seven of eight slots are taken, and while it does, the
/// old half is there too.
fn most_texts(bytes: usize) -> usize {
    let slots = bytes / (SLOT_BYTES + SLOT_BYTES / 2 + 1);
    if slots == 0 { 0 } else { (1 << slots.ilog2()) / 8 * 7 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_stays_and_the_bound_holds() {
        let mut table = Table::bounded(1024);
        for seq in 0..100 {
            table.note(u64::from(seq), Here { thread: 0, seq, turn: 1 });
        }
        assert_eq!(table.full(), Some(14));
        table.note(3, Here { thread: 5, seq: 900, turn: 2 });
        assert_eq!(table.get(3), Some(Seen { first_thread: 0, first_seq: 3, last_thread: 5, last_turn: 2 }));
        assert_eq!(table.get(50), None);
    }
}
