//! The flags that say how much tok-compress shortens.

/// The limits, as the user gave them: 0 means 0, not the default.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Cuts {
    /// Cut outputs of the tool Read that have more lines
    #[arg(long, value_name = "N", default_value_t = Cuts::default().read_max_lines)]
    pub read_max_lines: usize,
    /// Keep N of their lines at each end; 0 cuts nothing
    #[arg(long, value_name = "N", default_value_t = Cuts::default().read_keep_lines)]
    pub read_keep_lines: usize,
    /// Remember the latest N outputs, so that a copy can be replaced by a reference
    #[arg(long, value_name = "N", default_value_t = Cuts::default().lru)]
    pub lru: usize,
    /// Replace no output that is shorter than this by a reference
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
