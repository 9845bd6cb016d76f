//! tok-show: prints the texts that records refer to.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common};
use tok::show::Show;

/// Print the texts of spans, clipped and with control characters escaped.
///
/// Reads records on standard input. Prints a header and the text of every span, and the message and
/// the locations of every finding; other records are ignored. Control characters are printed as
/// \u{1b}; images and encrypted content are named, not printed. The status is 3 where a text cannot
/// be read.
/// Memory: the longest text, and 100 bytes a session record.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  \
    tok-split ~/.codex/sessions | tok-measure | jq -c 'select(.tokens > 10000)' | tok-show"
)]
struct Options {
    /// Show at most N characters of each text, from its beginning and its end; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 400)]
    chars: usize,
    /// Print only the finding of this rank, in full, and its texts
    #[arg(long, value_name = "N", requires = "ranked")]
    finding: Option<u64>,
    /// The ranked records that hold the finding (output of tok-rank)
    #[arg(long, value_name = "FILE", requires = "finding")]
    ranked: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    cli::main(
        "tok-show",
        |o: &Options| &o.common,
        |options, io| {
            let mut show = Show::new(options.chars);
            if let (Some(rank), Some(ranked)) = (options.finding, &options.ranked) {
                show = show.only(rank, ranked)?;
            }
            let status = io.run(&mut show)?;
            let (skips, read) = show.finish();
            io.skips.append(skips);
            Ok(status.or(read))
        },
    )
}
