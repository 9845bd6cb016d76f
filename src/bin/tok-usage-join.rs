//! tok-usage-join: adds what carrying each span cost, and joins with a usage ledger.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common, Io, Priced, Status, UsageExport};
use tok::replay::{Given, Laws, Prices};
use tok::usage_join::{ProviderExport, UsageJoin, UsageLedger};

/// Add what carrying each span cost, and join with a usage ledger.
///
/// Reads records on standard input, after tok-measure. Replays each thread: adds to spans which
/// requests carried them and how much of that was cached (carried_*), to requests what their
/// context was made of (context_*), and writes after each thread what was charged by hour, model
/// and kind of content (total). Where the prices of the model are known, all that has its cost in
/// dollars too (*_usd). With a usage ledger, each counted request names the bucket it falls into,
/// and usage records at the end say how much of each bucket the sessions explain. A provider's
/// export of usage becomes export records: sessions, days, minutes, and the whole. Memory: the
/// lines of one thread up to --memory, past that a temporary file; 500 bytes a span, 600 a request
/// and 500 a broken cache of that thread; 64 to 130 a request of all; with a ledger, 200 bytes a
/// bucket and session; with an export, 200 bytes a minute that had a request.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-split fixtures/sessions | tok-measure | tok-usage-join | jq -c \
        'select(.carried_tokens > 1e6)'"
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
    #[command(flatten)]
    priced: Priced,
    /// Predict requests by the laws in this file (TOML) before those of the table
    #[arg(long, value_name = "FILE")]
    laws: Option<PathBuf>,
    /// List the laws of the table, as a file of them is written
    #[arg(long)]
    list_laws: bool,
    #[command(flatten)]
    export: UsageExport,
    #[command(flatten)]
    common: Common,
}

fn run(options: &Options, io: &mut Io) -> anyhow::Result<Status> {
    let given = Given::new(&options.priced.alias, &options.priced.model_for)?;
    let prices = options
        .priced
        .file()
        .map_or_else(Prices::embedded, |file| Prices::open(&file))?
        .with(given)?;
    let laws = match &options.laws {
        Some(file) => Laws::open(file)?,
        None => Laws::default(),
    };
    if options.list_laws {
        io.out.text(&laws.listed()?)?;
        return Ok(Status::Done);
    }
    let (ledger, opened) = match &options.usage {
        Some(path) => UsageLedger::open(path, options.account.as_deref(), &mut io.skips),
        None => (None, Status::Done),
    };
    let (export, read) = match ProviderExport::open(&options.export, &mut io.skips) {
        Some((export, read)) => (Some(export), read),
        None => (None, Status::Done),
    };
    let status = io.run(
        &mut UsageJoin::new(options.memory, ledger, prices)
            .with_laws(laws)
            .with_export(export),
    )?;
    Ok(status.or(opened).or(read))
}

fn main() -> ExitCode {
    cli::main("tok-usage-join", |o: &Options| &o.common, run)
}
