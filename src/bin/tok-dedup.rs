//! tok-dedup: marks spans whose text was seen before, whole or in part.

use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common};
use tok::dedup::Dedup;

/// Mark spans whose text was seen before, whole or in part.
///
/// Reads records on standard input, after tok-measure, and adds to each span that repeats an
/// earlier one copy_of (the first span with that text), copy_scope (turn, session, tree or corpus:
/// how near it was seen) and dup_tokens (how much of it). Texts below 64 bytes, and blocks that
/// come to less than 64 tokens together, are not judged.
/// Memory: 64 MB, room for 1.8 million distinct spans and blocks, and 100 bytes a thread. Of more
/// texts the oldest are forgotten first; how many is said.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-split fixtures/sessions | tok-measure | tok-dedup | jq -c \
        'select(.dup_tokens > 500)'"
)]
struct Options {
    /// Remember texts in no more than this; past it, the oldest are forgotten, and a message says
    /// how many
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
