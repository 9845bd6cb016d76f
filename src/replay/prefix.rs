//! Prefixes of the context: how many tokens are before a slot, and which slots a number of tokens
//! covers.
//!
//! The tokens of the live slots are kept in prefix sums, one over all slots and one for each row (a
//! kind of content with one way in which its size is known). So the end of any prefix is found in
//! logarithmic time per row, independent of where other prefixes end. Costs are not known here.

use super::context::Slots;
use super::fenwick::PrefixSums;
use super::ids::{RowNumber, SlotIndex};
use super::indexed_list::{IndexedList, ListIndex};
use super::tape::TapePlace;

/// The number of prefixes of a request. The first is what was read from the cache; the second adds
/// what was written to it for an hour; the third adds everything else that was written.
pub(super) const PREFIXES: usize = 3;

/// The live tokens of all slots.
#[derive(Debug, Default)]
pub(super) struct LiveTokens {
    all: PrefixSums<u64>,
    rows: IndexedList<RowNumber, RowSlots>,
}

/// The slots of one row.
#[derive(Debug, Default)]
struct RowSlots {
    /// Their indices among all slots, rising.
    slots: Vec<SlotIndex>,
    sums: PrefixSums<u64>,
    /// The sum of their tokens.
    live: u64,
}

impl LiveTokens {
    /// Returns an empty context with that many rows.
    pub(super) fn new(rows: usize) -> LiveTokens {
        LiveTokens {
            all: PrefixSums::default(),
            rows: IndexedList::zeros(rows),
        }
    }

    /// Adds a slot at the end.
    pub(super) fn push(&mut self, row: RowNumber, tokens: u64) {
        let index = SlotIndex::at(self.all.len());
        self.all.push(tokens);
        let row = &mut self.rows[row];
        row.slots.push(index);
        row.sums.push(tokens);
        row.live = row.live.saturating_add(tokens);
    }

    /// Changes the tokens of a slot.
    pub(super) fn change(&mut self, index: SlotIndex, row: RowNumber, from: u64, to: u64) {
        self.all.change(index.place(), from, to);
        let row = &mut self.rows[row];
        let at = row.slots.partition_point(|slot| *slot < index);
        row.sums.change(at, from, to);
        row.live = row.live.saturating_sub(from).saturating_add(to);
    }

    /// Returns the tokens before a slot.
    pub(super) fn before(&self, index: SlotIndex) -> u64 {
        self.all.before(index.place())
    }

    /// Returns the live tokens of all slots.
    pub(super) fn all(&self) -> u64 {
        self.all.before(self.all.len())
    }

    /// Returns the place at which a prefix of that many tokens ends.
    pub(super) fn place_of(&self, tokens: u64) -> TapePlace {
        let (place, before) = self.all.reach(tokens);
        TapePlace {
            slot: SlotIndex::at(place),
            tokens: tokens - before,
        }
    }

    /// Returns the slot in which a prefix of that many tokens ends.
    pub(super) fn slot_at(&self, tokens: u64) -> SlotIndex {
        SlotIndex::at(self.all.reach(tokens).0)
    }

    /// Returns the live tokens of a row.
    pub(super) fn of_row(&self, row: RowNumber) -> u64 {
        self.rows[row].live
    }

    /// Returns the end of the longest prefix of whole slots with at most `limit` tokens.
    pub(super) fn reach(&self, limit: u64) -> PrefixEnd {
        let (place, before) = self.all.reach(limit);
        let at = SlotIndex::at(place);
        PrefixEnd {
            at,
            before,
            by_row: self.rows.iter().map(|row| row.before(at)).collect(),
        }
    }
}

impl RowSlots {
    /// Returns the tokens of those slots of the row that are before the slot `at`.
    fn before(&self, at: SlotIndex) -> u64 {
        if self.live == 0 {
            return 0;
        }
        let inside = self.slots.partition_point(|slot| *slot < at);
        self.sums.before(inside)
    }
}

/// The end of a prefix of whole slots.
#[derive(Debug, Default)]
pub(super) struct PrefixEnd {
    /// The first slot that is not inside.
    pub(super) at: SlotIndex,
    /// The live tokens of the slots inside.
    pub(super) before: u64,
    /// The same by row.
    by_row: IndexedList<RowNumber, u64>,
}

impl PrefixEnd {
    /// Returns the end of an empty prefix.
    pub(super) fn new(rows: usize) -> PrefixEnd {
        PrefixEnd {
            by_row: IndexedList::zeros(rows),
            ..PrefixEnd::default()
        }
    }

    /// Changes the tokens of a slot that is inside. `from` is 0 for a slot that becomes part of the
    /// prefix.
    pub(super) fn change(&mut self, row: RowNumber, from: u64, to: u64) {
        self.before = self.before.saturating_sub(from).saturating_add(to);
        let sum = &mut self.by_row[row];
        *sum = sum.saturating_sub(from).saturating_add(to);
    }
}

/// The slot that a prefix ends in.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartialSlot {
    pub(super) slot: SlotIndex,
    row: RowNumber,
    /// How many tokens of the slot are inside.
    pub(super) tokens: u64,
}

impl PartialSlot {
    /// Returns the slot after `end`, with its tokens inside a prefix of `limit` tokens.
    fn of(end: &PrefixEnd, limit: u64, slots: &Slots) -> PartialSlot {
        let (mut row, mut tokens) = (RowNumber::default(), 0);
        if let Some(slot) = slots.get(end.at)
            && slot.live
        {
            row = slot.row;
            tokens = limit.saturating_sub(end.before).min(slot.tokens);
        }
        PartialSlot {
            slot: end.at,
            row,
            tokens,
        }
    }
}

/// The tokens inside the prefixes of one request.
pub(super) struct InsidePrefixes<'r> {
    ends: [&'r PrefixEnd; PREFIXES],
    pub(super) across: [PartialSlot; PREFIXES],
}

impl<'r> InsidePrefixes<'r> {
    /// Returns prefixes of `limits` tokens, whose whole slots end at `ends`.
    pub(super) fn new(
        ends: [&'r PrefixEnd; PREFIXES],
        limits: [u64; PREFIXES],
        slots: &Slots,
    ) -> InsidePrefixes<'r> {
        InsidePrefixes {
            ends,
            across: std::array::from_fn(|side| PartialSlot::of(ends[side], limits[side], slots)),
        }
    }

    /// Returns the tokens of a row inside each prefix.
    pub(super) fn of_row(&self, row: RowNumber) -> [u64; PREFIXES] {
        std::array::from_fn(|side| {
            let PartialSlot {
                row: of, tokens, ..
            } = self.across[side];
            let whole = self.ends[side].by_row[row];
            whole + if of == row { tokens } else { 0 }
        })
    }

    /// Returns the tokens inside each prefix of a slot that has `tokens` in all.
    pub(super) fn of_slot(&self, index: SlotIndex, tokens: u64) -> [u64; PREFIXES] {
        std::array::from_fn(|side| match self.across[side] {
            across if index < across.slot => tokens,
            across if index == across.slot => across.tokens,
            _ => 0,
        })
    }
}
