//! What was seen before: a map from the hash of a text to where it was.
//!
//! Sixteen bytes a text, under a key of 64 bits of its hash. Two different texts of equal key are
//! to be expected once in four billion texts; that error is accepted. The memory is bounded, so
//! texts come in two halves: a new text goes into the young half, and when that is full, the old
//! half is forgotten and the young one takes its place. What is forgotten is counted. As long as
//! nothing is, the answer does not depend on what came in between.

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

/// The texts seen, up to a bound: of more, the latest.
pub(super) struct Table {
    young: FxHashMap<u64, Seen>,
    old: FxHashMap<u64, Seen>,
    /// Texts of a half.
    half: usize,
    forgotten: u64,
}

impl Table {
    /// A table that takes no more than `bytes`, also while it grows.
    pub(super) fn bounded(bytes: usize) -> Table {
        Table {
            young: FxHashMap::default(),
            old: FxHashMap::default(),
            half: half_of(bytes),
            forgotten: 0,
        }
    }

    /// Where the text was seen, if it was.
    pub(super) fn get(&self, key: u64) -> Option<Seen> {
        self.young.get(&key).or_else(|| self.old.get(&key)).copied()
    }

    /// Notes that the text stands here.
    pub(super) fn note(&mut self, key: u64, here: Here) {
        let Here { thread, seq, turn } = here;
        if let Some(seen) = self.young.get_mut(&key).or_else(|| self.old.get_mut(&key)) {
            (seen.last_thread, seen.last_turn) = (thread, turn);
            return;
        }
        if self.young.len() >= self.half {
            self.forgotten += self.old.len() as u64;
            // Its slots are used again, and are made once: memory of maps that were dropped, or
            // were too small, may not come back.
            self.old.clear();
            self.old.reserve(self.half);
            std::mem::swap(&mut self.old, &mut self.young);
        }
        self.young.insert(
            key,
            Seen {
                first_thread: thread,
                first_seq: seq,
                last_thread: thread,
                last_turn: turn,
            },
        );
    }

    /// How many texts were forgotten.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

/// How many texts are a half of what fits: a map doubles when seven of eight slots are taken, and
/// the slots that it had may stay with the process; so do those of the other half.
fn half_of(bytes: usize) -> usize {
    let slots = bytes / (2 * SLOT_BYTES + SLOT_BYTES / 2 + 1);
    if slots < 8 {
        1
    } else {
        (1 << slots.ilog2()) / 8 * 7
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_stays_and_the_oldest_half_is_forgotten_when_there_is_no_room() {
        let mut table = Table::bounded(1024);
        let note = |table: &mut Table, seqs: std::ops::Range<u32>| {
            seqs.for_each(|seq| {
                table.note(
                    u64::from(seq),
                    Here {
                        thread: 0,
                        seq,
                        turn: 1,
                    },
                )
            });
        };
        note(&mut table, 0..28);
        assert_eq!(table.forgotten(), 0);
        table.note(
            3,
            Here {
                thread: 5,
                seq: 900,
                turn: 2,
            },
        );
        assert_eq!(
            table.get(3),
            Some(Seen {
                first_thread: 0,
                first_seq: 3,
                last_thread: 5,
                last_turn: 2
            })
        );
        note(&mut table, 28..29);
        assert_eq!(
            (table.forgotten(), table.get(3), table.get(13)),
            (14, None, None)
        );
        assert!((14..29).all(|key| table.get(key).is_some()));
        note(&mut table, 29..100);
        assert_eq!(
            table.forgotten() + (0..100).filter(|key| table.get(*key).is_some()).count() as u64,
            100
        );
    }

    #[test]
    fn the_slots_of_both_halves_take_no_more_than_the_bound() {
        for bytes in [1 << 10, 10_000, 1 << 20, 100_000_000] {
            let slots = |half: usize| (half * 8).div_ceil(7).next_power_of_two();
            let halves = 2 * slots(half_of(bytes)) + slots(half_of(bytes)) / 2;
            assert!(halves * SLOT_BYTES <= bytes, "{bytes}");
        }
        assert_eq!(2 * half_of(64 << 20), 1_835_008, "tok-dedup(1) says so");
    }
}
