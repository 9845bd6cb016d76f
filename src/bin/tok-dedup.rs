//! tok-dedup: marks spans whose text was seen before, whole or in part.

use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common};
use tok::dedup::Dedup;

/// Mark spans whose text was seen before, whole or in part.
///
/// Reads the records of tok-measure on standard input. To each span that repeats an earlier one it
/// adds copy_of (the first span with that text), copy_scope (where it was seen before: in the same
/// turn, session, tree of sessions, or anywhere in the corpus) and dup_tokens (how many of its
/// tokens are repeated). Texts of less than 64 bytes are ignored, and so are the repeated blocks of
/// a span where they have less than 64 tokens together.
/// Memory: 64 MB, which is room for 1.8 million distinct spans and blocks, and 100 bytes a thread.
/// When there are more, the oldest are forgotten and a message says how many.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-split fixtures/sessions | tok-measure | tok-dedup | jq -c \
        'select(.dup_tokens > 500)'"
)]
struct Options {
    /// Memory for remembered texts; beyond it the oldest are forgotten, and a message says how many
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = cli::size)]
    memory: usize,
    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    cli::main(
        "tok-dedup",
        |o: &Options| &o.common,
        |options, io| {
            let mut dedup = Dedup::bounded(options.memory);
            let status = io.run(&mut dedup)?;
            if dedup.forgotten() > 0 {
                let why = "texts were forgotten, the oldest first; to find all copies takes a \
                    larger --memory";
                io.skips
                    .note("stdin", None, &format!("{} {why}", dedup.forgotten()));
            }
            Ok(status)
        },
    )
}
