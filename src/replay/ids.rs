//! The indices of the lists of a thread: one type for each kind of entry.
//!
//! An index is a place in its list and nothing else. The lists are in the files that own them; see
//! [`super::indexed_list`] for how they are addressed.

use super::indexed_list::ListIndex;

/// Makes a tuple of one `u32` the index of a list.
macro_rules! list_index {
    ($index:ident) => {
        impl ListIndex for $index {
            fn at(place: usize) -> $index {
                $index(u32::try_from(place).unwrap_or(u32::MAX))
            }

            fn place(self) -> usize {
                self.0 as usize
            }
        }
    };
}

/// The number of a span, in the order in which the spans of the thread were fed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SpanNumber(u32);

list_index!(SpanNumber);

/// The place of a slot in its context; slots that have left keep theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SlotIndex(u32);

impl SlotIndex {
    /// The first slot of a context: the head of its first epoch, which is no span.
    pub(super) const FIRST: SlotIndex = SlotIndex(0);
    /// Beyond all slots.
    pub(super) const BEYOND: SlotIndex = SlotIndex(u32::MAX);
}

list_index!(SlotIndex);

/// The number of a row; [`super::total`] says which label and basis it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowNumber(pub(super) u32);

list_index!(RowNumber);

/// The place of a request among all requests of the thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RequestIndex(u32);

list_index!(RequestIndex);

/// The place of a group of spans that were measured together, among all such groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupIndex(u32);

list_index!(GroupIndex);
