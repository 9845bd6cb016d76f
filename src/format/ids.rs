//! What is known by the ids that a file gives its lines and calls: a session has hundreds of thousands.
//!
//! Of each id a hash of 64 bits is kept. Of a million ids in one file two would be taken for one in one
//! file of thirty million; that error is accepted.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What is known by an id.
pub(super) struct ById<T>(HashMap<u64, T>);

impl<T> Default for ById<T> {
    fn default() -> ById<T> {
        ById(HashMap::new())
    }
}

impl<T> ById<T> {
    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.0.get(&short(id))
    }

    pub(super) fn insert(&mut self, id: &str, value: T) {
        self.0.insert(short(id), value);
    }
}

impl<T: Default> ById<T> {
    /// What is known by the id; nothing so far, if it is new.
    pub(super) fn of(&mut self, id: &str) -> &mut T {
        self.0.entry(short(id)).or_default()
    }
}

/// The hash that an id, or a list of figures, is known by.
pub(super) fn short(id: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
