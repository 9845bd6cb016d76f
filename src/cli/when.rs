//! The flags for a time range. Every filter that has a time range has these flags.

/// A time range as the user wrote it; `crate::time_range` interprets it.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct When {
    /// Count only requests from WHEN on: a date, yesterday, an instant, or a time ago (7d, 12h)
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Count only requests before WHEN; of a date, up to the end of the day
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Time zone of dates, such as Europe/Berlin [default: $TZ, else the system's]
    #[arg(long, value_name = "ZONE")]
    pub tz: Option<String>,
}
