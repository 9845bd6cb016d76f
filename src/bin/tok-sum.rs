//! tok-sum: adds up a record stream, by period, model, session, tool and more.

use std::process::ExitCode;

use anyhow::{Error, Result};
use clap::Parser;
use tok::cli::{self, Common, Io, Priced, Status, When, Width};
use tok::sum::{self, Basis, Of, Per, PriceTable, SumFormat, cache::CacheComparison, key};
use tok::{time_range::TimeRange, zone::Zone};

const EXAMPLE: &str = "Example:\n  tok-split --only requests --since 7d | \
tok-sum --by day,model\n  tok-split DIR | tok-measure | tok-usage-join | tok-sum --by server";
const NOT_WITH_CACHE: [&str; 8] = [
    "by", "of", "summary", "partial", "merge", "naive", "hooks", "spawns",
];
const NOT_WITH_MERGE: [&str; 10] = [
    "by", "of", "per", "basis", "naive", "hooks", "spawns", "since", "until", "tz",
];

/// Add up requests, totals or spans, by one key or several.
///
/// Reads records on standard input and writes a row for each value of the keys: counts, input,
/// cached, output, cost, average, p50, p95 and maximum. Requests without a cost are charged here,
/// at list prices; spans and totals have theirs from tok-usage-join. Rows of several runs merge
/// exactly. Memory: 1 kB a row, 40 bytes a thread of it, 64 to 170 a request (of parts, 300).
#[derive(Parser)]
#[command(version, after_help = EXAMPLE)]
struct Options {
    #[arg(long, value_name = "KEY,...", value_delimiter = ',', value_parser = key::parse)]
    #[arg(help = key::help())]
    by: Vec<&'static key::Key>,
    /// What to add up [default: the first of requests, totals, spans that has every key]
    #[arg(long, value_name = "RECORDS")]
    of: Option<Of>,
    /// What average, percentiles and maximum are taken over
    #[arg(long, value_name = "UNIT", default_value = "request")]
    per: Per,
    /// Which tokens of a request average, percentiles and maximum count
    #[arg(long, value_name = "BASIS", default_value = "full")]
    basis: Basis,
    /// How to write the rows
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: SumFormat,
    /// One line: average, p50 and p95
    #[arg(long, conflicts_with_all = ["by", "format", "partial"])]
    summary: bool,
    #[command(flatten)]
    extra: sum::ExtraColumns,
    /// Compare what two threads read from the cache, request by request
    #[arg(long, conflicts_with_all = NOT_WITH_CACHE)]
    cache: bool,
    /// Write rows that --merge takes
    #[arg(long, conflicts_with_all = ["format", "merge"])]
    partial: bool,
    /// Take rows of --partial instead of records; they say by what
    #[arg(long, conflicts_with_all = NOT_WITH_MERGE)]
    merge: bool,
    #[command(flatten)]
    priced: Priced,
    #[command(flatten)]
    width: Width<80>,
    #[command(flatten)]
    when: When,
    #[command(flatten)]
    common: Common,
}

fn run(o: &Options, io: &mut Io) -> Result<Status> {
    let options = sum::Options {
        of: key::of(&o.by, o.of).map_err(Error::msg)?,
        by: o.by.clone(),
        per: o.per,
        basis: o.basis,
        zone: Zone::new(o.when.tz.as_deref()).map_err(Error::msg)?,
        window: TimeRange::of(&o.when)?,
        extra: o.extra,
        prices: PriceTable::asked(&o.priced)?,
        merge: o.merge,
        format: o.format.or(o.summary, o.partial),
        columns: o.width.columns(),
    };
    if o.cache {
        return io.run(&mut CacheComparison::new(&options));
    }
    sum::run(options, io)
}

fn main() -> ExitCode {
    cli::main("tok-sum", |o: &Options| &o.common, run)
}
