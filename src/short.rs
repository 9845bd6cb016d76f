//! Hashes of 64 bits, used as keys of tables in place of long names.
//!
//! Two different names may have the same hash. With a million names in a table, that happens in one
//! table of thirty million; callers accept this error. The hash is the same in every run of a
//! program, and is never written to a file.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Returns the hash of a name, or of a list of numbers.
pub fn hash(name: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    Hash::hash(name, &mut hasher);
    hasher.finish()
}
