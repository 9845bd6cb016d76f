//! The flags that name an agent's folders other than those of its sessions.

use std::path::PathBuf;

/// The folders, as the user named them.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct RootFlags {
    /// Folder of the agent's memories; its memory_summary.md is sent with every request
    #[arg(long, value_name = "DIR")]
    pub memory_root: Option<PathBuf>,
    /// Folder of the agent's review state; its runs.json lists automatic reviews
    #[arg(long, value_name = "DIR")]
    pub review_root: Option<PathBuf>,
}
