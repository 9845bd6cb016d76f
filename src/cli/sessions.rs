//! The flags that select sessions.

/// The criteria that a session must meet.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Sessions {
    /// Only sessions of this project: its name, or a part of its working directory
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Only sessions whose id, thread or root begins with ID
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    /// Leave out paths that match GLOB
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
}
