//! tok-check: silent when a record stream keeps all its rules.

use std::process::ExitCode;

use clap::Parser;
use tok::check::Check;
use tok::cli::{self, Common, Status};

/// Check that a record stream keeps its rules.
///
/// Reads records on standard input and prints one line for each broken rule: order, keys and
/// their types, who may write which, requests and totals that add up, the coverage record.
/// Silent and status 0 when all hold; status 1 when one does not.
/// Memory: 100 bytes a thread, and 32 a counted request.
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
