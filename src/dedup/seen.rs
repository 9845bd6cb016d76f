//! The texts seen so far: a map from the hash of a text to the spans that had it.
//!
//! An entry takes sixteen bytes under a key of 64 bits of the hash. Two different texts with the
//! same key occur about once in four billion texts; that error is accepted. The memory is bounded
//! by two generations: new texts go into the young map, and when it is full, the old map is cleared
//! and the two are swapped. Texts that are lost in this way are counted; as long as none is, all
//! answers are exact.
//!
//! This file knows hashes and numbers; it does not know records or links between threads.

use rustc_hash::FxHashMap;

/// The spans that had a text: the first and the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeenAt {
    /// Thread of the first span.
    pub(super) first_thread: u32,
    /// `seq` of the first span.
    pub(super) first_seq: u32,
    /// Thread of the latest span.
    pub(super) last_thread: u32,
    /// Turn of the latest span; 0 where unknown.
    pub(super) last_turn: u32,
}

/// The location of the current span.
#[derive(Clone, Copy, Debug)]
pub(super) struct Here {
    pub(super) thread: u32,
    pub(super) seq: u32,
    /// 0 where unknown.
    pub(super) turn: u32,
}

/// Bytes of a slot: key, value, and the control byte of the map.
const SLOT_BYTES: usize = 8 + size_of::<SeenAt>() + 1;

/// The texts seen so far. Beyond a bound the oldest are forgotten.
pub(super) struct SeenTexts {
    young: FxHashMap<u64, SeenAt>,
    old: FxHashMap<u64, SeenAt>,
    /// Capacity of one map, in texts.
    half: usize,
    forgotten: u64,
}

impl SeenTexts {
    /// Creates an empty map that never takes more than `bytes`, not even while it grows.
    pub(super) fn bounded(bytes: usize) -> SeenTexts {
        SeenTexts {
            young: FxHashMap::default(),
            old: FxHashMap::default(),
            half: half_of(bytes),
            forgotten: 0,
        }
    }

    /// Returns the spans that had the text; `None` where it was not seen.
    pub(super) fn get(&self, key: u64) -> Option<SeenAt> {
        match self.young.get(&key) {
            Some(seen) => Some(*seen),
            None => self.old.get(&key).copied(),
        }
    }

    /// Notes that the current span has the text.
    pub(super) fn note(&mut self, key: u64, here: Here) {
        let Here { thread, seq, turn } = here;
        let seen = match self.young.get_mut(&key) {
            Some(seen) => Some(seen),
            None => self.old.get_mut(&key),
        };
        if let Some(seen) = seen {
            (seen.last_thread, seen.last_turn) = (thread, turn);
            return;
        }
        if self.young.len() >= self.half {
            self.forgotten += self.old.len() as u64;
            // The map is cleared and reused, and its slots are allocated once: the allocator may
            // not return the memory of a map that is dropped or outgrown.
            self.old.clear();
            self.old.reserve(self.half);
            std::mem::swap(&mut self.old, &mut self.young);
        }
        self.young.insert(
            key,
            SeenAt {
                first_thread: thread,
                first_seq: seq,
                last_thread: thread,
                last_turn: turn,
            },
        );
    }

    /// Number of texts forgotten.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

/// Returns the capacity of one of the two maps, in texts. A map doubles its slots when seven of
/// eight are taken; the slots that it had before may stay allocated, and the bound includes them.
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
    fn the_first_span_stays_and_the_oldest_half_is_forgotten_when_there_is_no_room() {
        let mut table = SeenTexts::bounded(1024);
        let note = |table: &mut SeenTexts, seqs: std::ops::Range<u32>| {
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
            Some(SeenAt {
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
