//! tok-expand: what tok-compress left out, put back.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common, Status};
use tok::expand::{self, Original};
use tok::format::open::MOST_BYTES;
use tok::path::{reason, written};

/// Put back into a session what tok-compress left out of it.
///
/// Reads on standard input what tok-compress --mode lossless wrote, in whole or filtered, and
/// writes each line as it stands in the original. Lines that were taken out stay away, texts that
/// were edited stay edited. Status 3, and nothing further written, when the original has changed.
/// Memory: 10 MB, and up to four times the longest line held (--max-line).
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-compress --mode lossless session.jsonl | tok-expand --from \
        session.jsonl | cmp - session.jsonl"
)]
struct Options {
    /// The session that was made small
    #[arg(long, value_name = "ORIGINAL")]
    from: PathBuf,
    /// Hand lines of this length or more on as they are
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    max_line: u64,
    /// Stop reading a compressed original that grows beyond this
    #[arg(long, value_name = "BYTES", default_value_t = MOST_BYTES)]
    max_decompressed: u64,
    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    cli::main(
        "tok-expand",
        |o: &Options| &o.common,
        |o, io| match Original::open(&o.from, o.max_decompressed) {
            Ok(mut original) => expand::run(
                &mut *io.input,
                &mut original,
                o.max_line,
                &mut io.out,
                &mut io.skips,
            ),
            Err(e) => {
                io.skips.note(&written(&o.from), None, &reason(&e));
                Ok(Status::Partial)
            }
        },
    )
}
