//! tok-rank: applies the rules to a record stream and ranks what they found.

use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common, Io, Numbers, Status};
use tok::rank::{self, Limits, Rank, Thresholds};

/// Judge where tokens went, and rank what could be saved.
///
/// Reads records (after tok-usage-join), applies the rules, and writes one summary and the
/// findings, the most wasteful first. Each token is credited to one finding only (net_tokens).
/// Context events end here, and spans but the ten that cost most; all else passes. Memory: 1 KB a
/// thread, 150 a request, 80 a span that a finding names, 6 KB a finding, 40 a minute with a
/// request, 1 KB a call of one thread.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-split ~/.codex/sessions | tok-measure | tok-dedup | \
    tok-usage-join |\n    tok-rank --where '.waste_tokens > 1e6' | \
    jq -c 'select(.type==\"finding\")'"
)]
struct Options {
    #[command(flatten)]
    rank: rank::Options,
    /// Hold contexts, answers and loads against this budget: a preset, or a file (NAME.toml)
    #[arg(long, value_name = "NAME|FILE")]
    budget: Option<String>,
    /// List the rules and their thresholds, and do nothing else
    #[arg(long)]
    list_rules: bool,
    /// List the budgets as a file would hold them, and do nothing else
    #[arg(long)]
    list_budgets: bool,
    #[command(flatten)]
    numbers: Numbers<Thresholds>,
    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    cli::main("tok-rank", |o: &Options| &o.common, run)
}

fn run(o: &Options, io: &mut Io) -> anyhow::Result<Status> {
    let limits = match &o.budget {
        Some(name) => Limits::named(name)?,
        None => Limits::default(),
    };
    let thresholds = Thresholds::new(o.numbers.given.clone()).with_limits(limits);
    if o.list_rules || o.list_budgets {
        rank::list(&thresholds, o.list_budgets, &mut io.out)?;
        return Ok(Status::Done);
    }
    let asked = o.rank.clone();
    let mut rank = Rank::new(rank::Options {
        thresholds,
        ..asked
    })?;
    let status = io.run(&mut rank)?.or(rank.complain(&mut io.skips));
    Ok(status.or(if rank.fired() {
        Status::Gate
    } else {
        Status::Done
    }))
}
