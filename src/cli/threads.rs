//! The flag for the number of threads: by default one per core, and never more than a limit.

use std::num::NonZeroUsize;

/// More threads do not help, and a process can fail when it starts too many.
const MOST: usize = 256;

/// The number of threads that the user asked for.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct ThreadCount {
    /// Use N threads, at most 256 [default: one per core]
    #[arg(short = 'j', long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

impl ThreadCount {
    /// Returns the number of threads to start.
    pub fn get(self) -> NonZeroUsize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let wanted = self.threads.unwrap_or_else(cores);
        NonZeroUsize::new(wanted.get().min(MOST)).unwrap_or(wanted)
    }
}
