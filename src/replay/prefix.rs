//! Prefixes of the context: what stands in front of a place, and how far a number of tokens
//! reaches.
//!
//! The live tokens of the slots are kept in sums over their front, in all and for each row (a kind
//! of content, and how its size is known). So the end of any prefix is found in logarithmic time
//! for each row that is live, wherever the one before ended.

use super::context::Slots;
use super::fenwick::PrefixSums;
use super::ids::{RowNumber, SlotIndex};
use super::indexed_list::{IndexedList, ListIndex};

/// The nested prefixes of a request: what was read from the cache, that and what was written to it
/// for an hour, that and all else that was written.
pub(super) const PREFIXES: usize = 3;

/// The live tokens of all slots.
#[derive(Debug, Default)]
pub(super) struct Live {
    all: PrefixSums<u64>,
    rows: IndexedList<RowNumber, OfRow>,
}

/// The slots of one row.
#[derive(Debug, Default)]
struct OfRow {
    /// Their places, rising.
    slots: Vec<SlotIndex>,
    sums: PrefixSums<u64>,
    live: u64,
}

impl Live {
    /// No slots, of so many rows.
    pub(super) fn new(rows: usize) -> Live {
        Live {
            all: PrefixSums::default(),
            rows: IndexedList::zeros(rows),
        }
    }

    /// A slot enters behind all others.
    pub(super) fn push(&mut self, row: RowNumber, tokens: u64) {
        let index = SlotIndex::at(self.all.len());
        self.all.push(tokens);
        let row = &mut self.rows[row];
        row.slots.push(index);
        row.sums.push(tokens);
        row.live = row.live.saturating_add(tokens);
    }

    /// A slot weighs more or less.
    pub(super) fn change(&mut self, index: SlotIndex, row: RowNumber, from: u64, to: u64) {
        self.all.change(index.place(), from, to);
        let row = &mut self.rows[row];
        let at = row.slots.partition_point(|slot| *slot < index);
        row.sums.change(at, from, to);
        row.live = row.live.saturating_sub(from).saturating_add(to);
    }

    /// The tokens in front of a slot.
    pub(super) fn before(&self, index: SlotIndex) -> u64 {
        self.all.before(index.place())
    }

    /// The slot at which so many tokens from the front end.
    pub(super) fn slot_at(&self, tokens: u64) -> SlotIndex {
        SlotIndex::at(self.all.reach(tokens).0)
    }

    /// The live tokens of a row.
    pub(super) fn of_row(&self, row: RowNumber) -> u64 {
        self.rows[row].live
    }

    /// Where a prefix of no more than `limit` tokens ends.
    pub(super) fn reach(&self, limit: u64) -> Reach {
        let (place, before) = self.all.reach(limit);
        let at = SlotIndex::at(place);
        let of_row = |row: &OfRow| match row.live {
            0 => 0,
            _ => row
                .sums
                .before(row.slots.partition_point(|slot| *slot < at)),
        };
        Reach {
            at,
            before,
            by_row: self.rows.iter().map(of_row).collect(),
        }
    }
}

/// The end of a prefix.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// The slots before this one are inside.
    pub(super) at: SlotIndex,
    /// Their live tokens, in all and by row.
    pub(super) before: u64,
    by_row: IndexedList<RowNumber, u64>,
}

impl Reach {
    /// In front of all slots.
    pub(super) fn new(rows: usize) -> Reach {
        Reach {
            by_row: IndexedList::zeros(rows),
            ..Reach::default()
        }
    }

    /// A slot inside weighs more or less; or one gets inside.
    pub(super) fn change(&mut self, row: RowNumber, from: u64, to: u64) {
        let change = |sum: &mut u64| *sum = sum.saturating_sub(from).saturating_add(to);
        change(&mut self.before);
        change(&mut self.by_row[row]);
    }
}

/// Of the slot across the end of a prefix, what is inside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Across {
    pub(super) slot: SlotIndex,
    row: RowNumber,
    pub(super) tokens: u64,
}

/// What is inside the prefixes in one request.
pub(super) struct Within<'r> {
    ends: [&'r Reach; PREFIXES],
    pub(super) across: [Across; PREFIXES],
}

impl<'r> Within<'r> {
    /// Prefixes of `limits` tokens, the slots inside ending at `ends`.
    pub(super) fn new(
        ends: [&'r Reach; PREFIXES],
        limits: [u64; PREFIXES],
        slots: &Slots,
    ) -> Within<'r> {
        let across = |side: usize| {
            let end: &Reach = ends[side];
            let Some(slot) = slots.get(end.at).filter(|slot| slot.live) else {
                return Across {
                    slot: end.at,
                    row: RowNumber::default(),
                    tokens: 0,
                };
            };
            let tokens = limits[side].saturating_sub(end.before).min(slot.tokens);
            Across {
                slot: end.at,
                row: slot.row,
                tokens,
            }
        };
        Within {
            ends,
            across: std::array::from_fn(across),
        }
    }

    /// Tokens of all slots of a row.
    pub(super) fn of_row(&self, row: RowNumber) -> [u64; PREFIXES] {
        std::array::from_fn(|side| {
            let Across {
                row: of, tokens, ..
            } = self.across[side];
            let whole = self.ends[side].by_row[row];
            whole + if of == row { tokens } else { 0 }
        })
    }

    /// Of a slot of so many tokens.
    pub(super) fn of_slot(&self, index: SlotIndex, tokens: u64) -> [u64; PREFIXES] {
        std::array::from_fn(|side| match self.across[side] {
            across if index < across.slot => tokens,
            across if index == across.slot => across.tokens,
            _ => 0,
        })
    }
}
