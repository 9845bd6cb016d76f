//! The indices of the lists of a thread: one type for each kind of entry.
//!
//! An index is a place in its list and nothing else. The lists are in the files that own them; see
//! [`super::indexed_list`] for how they are addressed.

use super::indexed_list::ListIndex;

/// The number of a span, in the order in which the spans of the thread were fed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SpanNumber(u32);

impl ListIndex for SpanNumber {
    fn at(place: usize) -> SpanNumber {
        SpanNumber(narrow(place))
    }

    fn place(self) -> usize {
        self.0 as usize
    }
}

/// The place of a slot in its context; slots that have left keep theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SlotIndex(u32);

impl SlotIndex {
    /// The first slot of a context: the head of its first epoch, which is no span.
    pub(super) const FIRST: SlotIndex = SlotIndex(0);
    /// Beyond all slots.
    pub(super) const BEYOND: SlotIndex = SlotIndex(u32::MAX);
}

impl ListIndex for SlotIndex {
    fn at(place: usize) -> SlotIndex {
        SlotIndex(narrow(place))
    }

    fn place(self) -> usize {
        self.0 as usize
    }
}

/// The number of a row; [`super::total`] says which label and basis it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowNumber(pub(super) u32);

impl ListIndex for RowNumber {
    fn at(place: usize) -> RowNumber {
        RowNumber(narrow(place))
    }

    fn place(self) -> usize {
        self.0 as usize
    }
}

/// The place of a request among all requests of the thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RequestIndex(u32);

impl ListIndex for RequestIndex {
    fn at(place: usize) -> RequestIndex {
        RequestIndex(narrow(place))
    }

    fn place(self) -> usize {
        self.0 as usize
    }
}

/// The place of a group of spans that were measured together, among all such groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupIndex(u32);

impl ListIndex for GroupIndex {
    fn at(place: usize) -> GroupIndex {
        GroupIndex(narrow(place))
    }

    fn place(self) -> usize {
        self.0 as usize
    }
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
