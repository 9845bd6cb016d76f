//! tok-check: reports each rule that a record stream breaks.

use std::process::ExitCode;

use clap::Parser;
use tok::check::Check;
use tok::cli::{self, Common, Status};

/// Check that a record stream keeps the rules of records.
///
/// Reads records on standard input and prints one line for each broken rule. The rules are about
/// the order of records, keys and their types, totals that add up to the requests, and the coverage
/// record. If no rule is broken, it prints nothing and ends with status 0; otherwise with status 1.
/// Memory: 100 bytes per thread, and 32 per counted request.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-split ~/.codex/sessions | tok-check && echo sound"
)]
struct Options {
    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    cli::main(
        "tok-check",
        |o: &Options| &o.common,
        |_, io| {
            let mut check = Check::default();
            let status = io.run(&mut check)?;
            Ok(status.or(if check.broken() {
                Status::Gate
            } else {
                Status::Done
            }))
        },
    )
}
