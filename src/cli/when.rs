//! When: the flags of a window in time, alike in every filter that has one.

/// A window in time as it was asked for; what it means is said by whoever reads it.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct When {
    /// Count only requests from then on: a date, yesterday, an instant, or a time ago (7d, 12h)
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Count only requests before then; a date counts in full
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Time zone of dates, such as Europe/Berlin [default: $TZ, else the system's]
    #[arg(long, value_name = "ZONE")]
    pub tz: Option<String>,
}
