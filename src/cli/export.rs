//! A provider's export of usage: the flags that name it and say how it is read.

use std::path::PathBuf;

/// Which export, and how to read it.
#[derive(Clone, Debug, clap::Args)]
pub struct UsageExport {
    /// Read this provider's export of usage, CSV with a row a minute, and write export records
    #[arg(long, value_name = "FILE")]
    pub usage_csv: Option<PathBuf>,
    /// Begin a session of the export after so many seconds without a request
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 600,
        requires = "usage_csv"
    )]
    pub gap: u64,
    /// Call a minute of the export one of high burn above so many input tokens
    #[arg(
        long,
        value_name = "TOKENS",
        default_value_t = 500_000,
        requires = "usage_csv"
    )]
    pub high_burn: u64,
    /// Hold each day of the export against so many tokens, input and output together
    #[arg(
        long,
        value_name = "TOKENS",
        requires = "usage_csv",
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub day_limit: Option<u64>,
}
