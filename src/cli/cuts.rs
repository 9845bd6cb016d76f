//! What a compressor shortens: the flags with the numbers that it goes by.

/// The numbers. Nothing stands for a number that was given: 0 is 0.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Cuts {
    /// Cut outputs of the tool Read that have more lines
    #[arg(long, value_name = "N", default_value_t = Cuts::default().read_max_lines)]
    pub read_max_lines: usize,
    /// Keep N of their lines at each end; 0 cuts nothing
    #[arg(long, value_name = "N", default_value_t = Cuts::default().read_keep_lines)]
    pub read_keep_lines: usize,
    /// Remember N outputs to refer to
    #[arg(long, value_name = "N", default_value_t = Cuts::default().lru)]
    pub lru: usize,
    /// Refer to no output shorter than this
    #[arg(long, value_name = "BYTES", default_value_t = Cuts::default().min_bytes)]
    pub min_bytes: usize,
}

impl Default for Cuts {
    fn default() -> Cuts {
        Cuts {
            read_max_lines: 120,
            read_keep_lines: 40,
            lru: 1024,
            min_bytes: 512,
        }
    }
}
