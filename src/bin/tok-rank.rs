//! tok-rank: applies the rules to a record stream and ranks their findings.

use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common, Io, Numbers, Status};
use tok::rank::{self, Limits, Rank, Thresholds};

/// Find where tokens could be saved, and rank the findings.
///
/// Reads records that tok-usage-join has extended, applies the rules, and writes one summary and
/// the findings, the most wasteful first. The net_tokens of a finding leave out the tokens that an
/// earlier finding counts. Context events and spans are not passed on, except for the ten most
/// expensive spans; all other records are. Memory: 1 KB per thread, 200 bytes per request, 80 per
/// span that a finding names, 6 KB per finding, 40 bytes per minute with a request, and 1 KB per
/// call of the current thread.
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
    /// Compare contexts, answers and loads with this budget: a preset, or a file (NAME.toml)
    #[arg(long, value_name = "NAME|FILE")]
    budget: Option<String>,
    /// List the rules and their thresholds, and do nothing else
    #[arg(long)]
    list_rules: bool,
    /// Explain a rule: its meaning, its formula, and what to do; and do nothing else
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    /// List the preset budgets in the format of a file, and do nothing else
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
    if let Some(rule) = &o.explain {
        rank::explain(rule, &thresholds, o.rank.remedies.as_deref(), &mut io.out)?;
        return Ok(Status::Done);
    }
    let asked = o.rank.clone();
    let mut rank = Rank::new(rank::Options {
        thresholds,
        ..asked
    })?;
    let status = io.run(&mut rank)?.or(rank.complain(&mut io.skips));
    let fired = rank.fired();
    for line in &fired {
        io.blame(line);
    }
    Ok(status.or(if fired.is_empty() {
        Status::Done
    } else {
        Status::Gate
    }))
}
