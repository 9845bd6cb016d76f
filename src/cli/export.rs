//! The flags of tok-usage-join for reading the usage file that a provider exports.

use std::path::PathBuf;

/// The file, and how it is divided into sessions and judged.
#[derive(Clone, Debug, clap::Args)]
pub struct UsageExport {
    /// Read usage that a provider exported as CSV, one row per minute, and write export records
    #[arg(long, value_name = "FILE")]
    pub usage_csv: Option<PathBuf>,
    /// Begin a new session of the export after SECONDS without a request
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 600,
        requires = "usage_csv"
    )]
    pub gap: u64,
    /// Count a minute of the export as high burn if its input exceeds TOKENS
    #[arg(
        long,
        value_name = "TOKENS",
        default_value_t = 500_000,
        requires = "usage_csv"
    )]
    pub high_burn: u64,
    /// Compare each day of the export with a limit of TOKENS, input plus output
    #[arg(
        long,
        value_name = "TOKENS",
        requires = "usage_csv",
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub day_limit: Option<u64>,
}
