//! tok-expand: restores what tok-compress removed.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common, Status};
use tok::expand::{self, Original};
use tok::format::open::MOST_BYTES;
use tok::path::{reason, written};

/// Restore what tok-compress removed from a session.
///
/// Reads on standard input the output of tok-compress --mode lossless, which may have been filtered
/// or edited since, and writes each line as it is in the original. Lines that were filtered out are
/// not restored, and edited texts stay edited. Where the original has changed, nothing more is
/// written and the status is 3.
/// Memory: 10 MB, and up to four times the longest buffered line (--max-line).
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-compress --mode lossless session.jsonl | tok-expand --from \
        session.jsonl | cmp - session.jsonl"
)]
struct Options {
    /// Session that was given to tok-compress
    #[arg(long, value_name = "ORIGINAL")]
    from: PathBuf,
    /// Copy lines of this length or more unchanged, without buffering them
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    max_line: u64,
    /// Stop reading a compressed original when its content exceeds this size
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
