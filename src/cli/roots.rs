//! Folders beside the sessions, where an agent keeps what its sessions do not tell.

use std::path::PathBuf;

/// These folders, as they were given.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Roots {
    /// The agent's memories: memory_summary.md there is sent with every request
    #[arg(long, value_name = "DIR")]
    pub memory_root: Option<PathBuf>,
    /// The agent's review state: runs.json there tells of automatic reviews
    #[arg(long, value_name = "DIR")]
    pub review_root: Option<PathBuf>,
}
