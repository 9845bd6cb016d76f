//! tok-usage-join: adds what carrying each span cost, and joins with a usage ledger.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common, Io, Status};
use tok::replay::Prices;
use tok::usage_join::{Ledger, UsageJoin};

/// Add what carrying each span cost, and join with a usage ledger.
///
/// Reads records on standard input, after tok-measure. Replays each thread: adds to spans which
/// requests carried them and how much of that was cached (carried_*), to requests what their
/// context was made of (context_*), and writes after each thread what was charged by hour, model
/// and kind of content (total). Where the prices of the model are known, all that has its cost in
/// dollars too (*_usd). With a usage ledger, each counted request names the bucket it falls
/// into, and usage records at the end say how much of each bucket the sessions explain.
/// Memory: the lines of one thread up to --memory, past that a temporary file; 500 bytes a span,
/// 600 a request and 500 a broken cache of that thread; with a ledger, 200 bytes a bucket and session.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-split fixtures/sessions | tok-measure | tok-usage-join | jq -c 'select(.carried_tokens > 1e6)'"
)]
struct Options {
    /// Hold up to this much of a thread's lines in memory
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = cli::size)]
    memory: usize,
    /// Join with the usage ledger in this file, or with those in this folder
    #[arg(long, value_name = "DIR|FILE")]
    usage: Option<PathBuf>,
    /// Account to join with, where there are ledgers of several
    #[arg(long, value_name = "ID", requires = "usage")]
    account: Option<String>,
    /// Prices in the shape of LiteLLM or of models.dev, instead of the built-in ones
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

fn run(options: &Options, io: &mut Io) -> anyhow::Result<Status> {
    let prices = options.prices.as_deref().map_or_else(Prices::embedded, Prices::open)?;
    let (ledger, opened) = match &options.usage {
        Some(path) => Ledger::open(path, options.account.as_deref(), &mut io.skips),
        None => (None, Status::Done),
    };
    let status = io.run(&mut UsageJoin::new(options.memory, ledger, prices))?;
    Ok(status.or(opened))
}

fn main() -> ExitCode {
    cli::main("tok-usage-join", |o: &Options| &o.common, run)
}
