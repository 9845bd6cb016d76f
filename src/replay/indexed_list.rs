//! A list whose entries are addressed by one type of index only.
//!
//! Lists of one thread share their indices: the costs and the predictions of its spans are found by
//! the numbers of the spans. A type of index for each kind of entry keeps a slot from being looked
//! up by the number of a span. An index comes from the list that it addresses, or from one of the
//! same length, so that its entry exists. A list therefore answers without an `Option`; the tests
//! fail where there is no entry, and a release build reads zeros then and loses what is written.
//! [`IndexedList::get`] is for the places at which a missing entry is a real case.
//!
//! This file does not know what the entries are: the types of the indices are in [`super::ids`].

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};
use std::slice;

/// A type of index: the place of an entry, in 32 bits.
pub(super) trait ListIndex: Copy {
    /// The index of that place. No list of a thread has 2^32 entries.
    fn at(place: usize) -> Self;

    /// The place, counted from 0.
    fn place(self) -> usize;

    /// The index of the entry behind this one.
    fn next(self) -> Self {
        Self::at(self.place() + 1)
    }
}

/// A list of `T`, addressed by `I` alone.
#[derive(Debug)]
pub(super) struct IndexedList<I, T> {
    entries: Vec<T>,
    /// What an index without an entry reads.
    zero: T,
    /// What an index without an entry writes to.
    spare: T,
    index: PhantomData<I>,
}

impl<I, T: Default> From<Vec<T>> for IndexedList<I, T> {
    fn from(entries: Vec<T>) -> Self {
        IndexedList {
            entries,
            zero: T::default(),
            spare: T::default(),
            index: PhantomData,
        }
    }
}

impl<I, T: Default> Default for IndexedList<I, T> {
    fn default() -> Self {
        IndexedList::from(Vec::new())
    }
}

impl<I, T: Default> FromIterator<T> for IndexedList<I, T> {
    fn from_iter<Entries: IntoIterator<Item = T>>(entries: Entries) -> Self {
        IndexedList::from(Vec::from_iter(entries))
    }
}

impl<I: ListIndex, T: Default> IndexedList<I, T> {
    /// A list of `len` entries, all of them zero.
    pub(super) fn zeros(len: usize) -> Self {
        std::iter::repeat_with(T::default).take(len).collect()
    }

    /// Adds an entry at the end; returns its index.
    pub(super) fn push(&mut self, entry: T) -> I {
        let index = self.end();
        self.entries.push(entry);
        index
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The index behind the last entry.
    pub(super) fn end(&self) -> I {
        I::at(self.entries.len())
    }

    /// The entry at that index; `None` where the index is beyond the end.
    pub(super) fn get(&self, index: I) -> Option<&T> {
        self.entries.get(index.place())
    }

    /// The entry at that index, to be changed; `None` where the index is beyond the end.
    pub(super) fn get_mut(&mut self, index: I) -> Option<&mut T> {
        self.entries.get_mut(index.place())
    }

    pub(super) fn iter(&self) -> slice::Iter<'_, T> {
        self.entries.iter()
    }

    /// The entries from that index on; none where it is beyond the end.
    pub(super) fn tail(&self, from: I) -> &[T] {
        self.entries.get(from.place()..).unwrap_or_default()
    }

    /// The entries before that index; all where it is beyond the end.
    pub(super) fn before(&self, end: I) -> &[T] {
        self.entries.get(..end.place()).unwrap_or(&self.entries)
    }

    /// The indices from `from` up to the end.
    pub(super) fn indices_from(&self, from: I) -> impl DoubleEndedIterator<Item = I> + use<I, T> {
        (from.place()..self.entries.len()).map(I::at)
    }

    /// All entries, each with its index.
    pub(super) fn enumerate(&self) -> impl Iterator<Item = (I, &T)> {
        (0..).map(I::at).zip(&self.entries)
    }

    /// All entries, each with its index, to be changed.
    pub(super) fn enumerate_mut(&mut self) -> impl Iterator<Item = (I, &mut T)> {
        (0..).map(I::at).zip(&mut self.entries)
    }

    fn entry_or_zero(&self, index: I) -> &T {
        self.entries.get(index.place()).unwrap_or(&self.zero)
    }

    fn entry_or_spare(&mut self, index: I) -> &mut T {
        match self.entries.get_mut(index.place()) {
            Some(entry) => entry,
            None => {
                self.spare = T::default();
                &mut self.spare
            }
        }
    }
}

impl<I: ListIndex, T: Default> Index<I> for IndexedList<I, T> {
    type Output = T;

    fn index(&self, index: I) -> &T {
        debug_assert!(index.place() < self.len(), "an index has an entry");
        self.entry_or_zero(index)
    }
}

impl<I: ListIndex, T: Default> IndexMut<I> for IndexedList<I, T> {
    fn index_mut(&mut self, index: I) -> &mut T {
        debug_assert!(index.place() < self.len(), "an index has an entry");
        self.entry_or_spare(index)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::SlotIndex;
    use super::{IndexedList, ListIndex};

    #[test]
    fn an_entry_is_found_by_the_index_that_its_push_returned() {
        let mut list: IndexedList<SlotIndex, u64> = IndexedList::default();
        let (first, second) = (list.push(5), list.push(7));
        list[first] += 1;
        assert_eq!((list[first], list[second]), (6, 7));
        assert_eq!((list.len(), list.get(list.end())), (2, None));
        assert_eq!(list.tail(second), [7]);
        assert_eq!(list.before(second), [6]);
        let beyond = SlotIndex::at(9);
        assert_eq!(
            (list.tail(beyond), list.before(beyond)),
            (&[][..], &[6, 7][..])
        );
        assert!(list.indices_from(first).rev().eq([second, first]));
    }

    #[test]
    fn an_index_without_an_entry_reads_zero_whatever_was_written_to_it() {
        let mut list: IndexedList<SlotIndex, u64> = IndexedList::zeros(2);
        let beyond = SlotIndex::at(2);
        *list.entry_or_spare(beyond) += 3;
        assert_eq!((*list.entry_or_zero(beyond), list.len()), (0, 2));
        assert_eq!(*list.entry_or_spare(beyond), 0);
    }
}
