//! The flag for a terminal that shows how far the reading is.

use std::path::PathBuf;

/// Where to say how far the reading is.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Progress {
    /// Say on this terminal, such as /dev/tty, how far the reading is
    #[arg(long = "progress", value_name = "FILE")]
    pub terminal: Option<PathBuf>,
}
