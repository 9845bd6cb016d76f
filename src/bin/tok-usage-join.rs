//! tok-usage-join: adds what carrying each span cost, and joins requests with a usage ledger.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common, Io, PriceFlags, Status, UsageExport};
use tok::replay::{Aliases, Laws, Prices};
use tok::usage_join::{ProviderExport, UsageJoin, UsageLedger};

/// Add what carrying each span cost, and join requests with a usage ledger.
///
/// Reads records on standard input, after tok-measure, and replays each thread. Adds to spans which
/// requests carried them and how much of that was cached (carried_*), and to requests how large
/// each part of their context was (context_*). After each thread it writes total records: tokens by
/// hour, model and kind of content. Where the prices of the model are known, it adds the cost in
/// dollars (*_usd).
///
/// With --usage, each counted request names its bucket of the ledger, and usage records at the end
/// show which part of each bucket the sessions explain. With --usage-csv, a provider's export
/// becomes export records: the whole, sessions, days and minutes.
///
/// Memory: the lines of one thread up to --memory, beyond that a temporary file; of that thread 500
/// bytes for each span, 600 for each request and 500 for each broken cache; of all threads 64 to
/// 130 bytes for each request; with a ledger 200 bytes for each bucket and session, with an export
/// 200 for each minute that had a request.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-split fixtures/sessions | tok-measure | tok-usage-join | jq -c \
        'select(.carried_tokens > 1e6)'"
)]
struct Options {
    /// Keep this much of a thread's lines in memory, and the rest in a temporary file
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = cli::size)]
    memory: usize,
    /// Join requests with the usage ledger in this file, or with the ledgers in this folder
    #[arg(long, value_name = "DIR|FILE")]
    usage: Option<PathBuf>,
    /// Use the ledger of this account, where there are several
    #[arg(long, value_name = "ID", requires = "usage")]
    account: Option<String>,
    #[command(flatten)]
    priced: PriceFlags,
    /// Predict requests with the laws in this file (TOML) before the built-in ones
    #[arg(long, value_name = "FILE")]
    laws: Option<PathBuf>,
    /// Print the laws as a file for --laws, and exit
    #[arg(long)]
    list_laws: bool,
    #[command(flatten)]
    export: UsageExport,
    #[command(flatten)]
    common: Common,
}

fn run(options: &Options, io: &mut Io) -> anyhow::Result<Status> {
    let given = Aliases::new(&options.priced.alias, &options.priced.model_for)?;
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
