//! Short hashes: what a long name is known by in tables, 64 bits.
//!
//! Of a million names in one table two would be taken for one in one table of thirty million; that
//! error is accepted where such a hash is used. It is the same in every run, and never written.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Returns the hash that a name, or a list of figures, is known by.
pub fn hash(name: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    Hash::hash(name, &mut hasher);
    hasher.finish()
}
