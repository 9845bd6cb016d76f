//! How many threads: the flag, else one a core, and never more than a bound.

use std::num::NonZeroUsize;

/// More threads are of no use to anybody, and starting them can bring a process down.
const MOST: usize = 256;

/// Returns how many threads to start, where so many were asked for, or where none were.
pub fn threads(asked: Option<NonZeroUsize>) -> NonZeroUsize {
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let wanted = asked.unwrap_or_else(cores);
    NonZeroUsize::new(wanted.get().min(MOST)).unwrap_or(wanted)
}
