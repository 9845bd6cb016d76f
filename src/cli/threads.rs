//! How many threads: the flag, else one a core, and never more than a bound.

use std::num::NonZeroUsize;

/// More threads are of no use to anybody, and starting them can bring a process down.
const MOST: usize = 256;

/// How many threads, as it was asked for.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Threads {
    /// Use this many threads, 256 at most [default: one a core]
    #[arg(short = 'j', long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

impl Threads {
    /// How many to start.
    pub fn get(self) -> NonZeroUsize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let wanted = self.threads.unwrap_or_else(cores);
        NonZeroUsize::new(wanted.get().min(MOST)).unwrap_or(wanted)
    }
}
