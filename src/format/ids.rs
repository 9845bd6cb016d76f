//! A map by the ids that a file gives its lines and calls, of which a session has hundreds of
//! thousands: a short hash of each id is kept.

use std::collections::HashMap;

use crate::short;

/// Values by id.
pub(super) struct ById<T>(HashMap<u64, T>);

impl<T> Default for ById<T> {
    fn default() -> ById<T> {
        ById(HashMap::new())
    }
}

impl<T> ById<T> {
    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.0.get(&short::hash(id))
    }

    pub(super) fn insert(&mut self, id: &str, value: T) {
        self.0.insert(short::hash(id), value);
    }
}

impl<T: Default> ById<T> {
    /// The value of the id; the default value, if the id is new.
    pub(super) fn of(&mut self, id: &str) -> &mut T {
        self.0.entry(short::hash(id)).or_default()
    }
}
