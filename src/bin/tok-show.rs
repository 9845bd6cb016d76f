//! tok-show: prints the text that records point to.

use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common};
use tok::show::Show;

/// Print the text at the places of spans, clipped and made harmless.
///
/// Reads records on standard input; prints a header and the text of every span, and the message
/// and places of every finding. Other records are ignored. Control characters are shown as
/// \u{1b}; images and encrypted content are named, not printed. Status 3 when a place could not
/// be read.
/// Memory: the longest text, and 100 bytes a session record.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  \
    tok-split ~/.codex/sessions | tok-measure | jq -c 'select(.tokens > 10000)' | tok-show"
)]
struct Options {
    /// Show at most that many characters of each text, head and tail; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 400)]
    chars: usize,
    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    cli::main(
        "tok-show",
        |o: &Options| &o.common,
        |options, io| {
            let mut show = Show::new(options.chars);
            let status = io.run(&mut show)?;
            let (skips, read) = show.finish();
            io.skips.append(skips);
            Ok(status.or(read))
        },
    )
}
