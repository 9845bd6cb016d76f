//! tok-measure: adds to each span its size in tokens and its kind of text.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use tok::cli::{self, Common};
use tok::measure::{Measure, Options};
use tok::token::Encoding;

/// Add to each span its size in tokens, and what kind of text it is.
///
/// Reads records on standard input, and the text of each span from the file that the span names.
/// Adds exact token counts, tokens of images by their size and of encrypted reasoning by its
/// length, counts of character classes, content-defined blocks of instructions and long texts, and
/// whether the shape of the text is remarkable. No text is written. Where a text cannot be read or
/// has changed, the span is not measured, and a skip record follows it.
/// Memory: about 60 MB, 4 MB for each thread, and five times the longest text.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-split ~/.codex/sessions | tok-measure | jq -c 'select(.tokens > \
        10000)' | tok-show"
)]
struct Args {
    /// Count in this encoding
    #[arg(long, value_name = "NAME", default_value = Encoding::standard().name(),
        value_parser = PossibleValuesParser::new(Encoding::names()))]
    encoding: String,
    #[command(flatten)]
    threads: cli::ThreadCount,
    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    cli::main(
        "tok-measure",
        |args: &Args| &args.common,
        |args, io| {
            let at_once = args.common.line_buffered;
            let threads = if at_once {
                NonZeroUsize::MIN
            } else {
                args.threads.get()
            };
            let encoding = Encoding::named(&args.encoding).unwrap_or(Encoding::standard());
            let mut measure = Measure::new(Options {
                encoding,
                threads,
                at_once,
            });
            let status = io.run(&mut measure)?;
            let (skips, read) = measure.finish();
            io.skips.append(skips);
            Ok(status.or(read))
        },
    )
}
