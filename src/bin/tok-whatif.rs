//! tok-whatif: what the requests of each thread would have cost under a policy.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common, Io, PriceFlags, Status, Width};
use tok::policy::{self, Applied};
use tok::replay::{Aliases, Laws, Prices};
use tok::whatif::{self, TryPolicies};

/// Show what requests would have cost under a policy.
///
/// Reads the records of tok-usage-join on standard input, replays each thread, and runs it again
/// under each policy. Writes what was sent and paid before and after, with the cost of every cache
/// that the policy breaks.
///
/// Memory: of one thread 250 bytes for each span and 1.5 KB for each request, and the longest text
/// that is cut; with --suggest of all threads.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-split ~/.codex/sessions | tok-measure | tok-usage-join |\n    \
    tok-whatif --policy compact=150000 | jq -c 'select(.type==\"whatif\")'"
)]
struct Options {
    #[arg(long, value_name = "POLICY", required_unless_present = "suggest")]
    #[arg(help = policy::help(Applied::Requests))]
    policy: Vec<String>,
    /// Try what the agents can be set to, and the best of that together
    #[arg(long, conflicts_with_all = ["policy", "per_request"])]
    suggest: bool,
    /// Write what is made of each request
    #[arg(long)]
    per_request: bool,
    /// How to write the outcomes [default: text on a terminal, else records]
    #[arg(long, value_name = "FORMAT")]
    format: Option<WhatIfFormat>,
    #[command(flatten)]
    width: Width<80>,
    #[command(flatten)]
    priced: PriceFlags,
    /// Predict requests with the laws in this file (TOML), as tok-usage-join did
    #[arg(long, value_name = "FILE")]
    laws: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// How outcomes are written.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum WhatIfFormat {
    /// A table for people
    Text,
    /// The stream with the outcomes
    Records,
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
    let is_table = match options.format {
        Some(format) => format == WhatIfFormat::Text,
        None => !options.per_request && std::io::stdout().is_terminal(),
    };
    let asked = whatif::Options {
        policies: options.policy.clone(),
        per_request: options.per_request,
        suggest: options.suggest,
        table_width: is_table.then(|| options.width.columns()),
    };
    let mut filter = TryPolicies::new(&asked, prices, laws)?;
    let status = io.run(&mut filter)?;
    Ok(status.or(filter.complain(&mut io.skips)))
}

fn main() -> ExitCode {
    cli::main("tok-whatif", |o: &Options| &o.common, run)
}
