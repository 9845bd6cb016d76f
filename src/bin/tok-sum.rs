//! tok-sum: adds up a record stream by period, model, session, tool and other keys.

use std::process::ExitCode;

use anyhow::{Error, Result};
use clap::Parser;
use tok::cli::{self, Common, Io, PriceFlags, Status, When, Width};
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

/// Add up requests, totals or spans by one or more keys.
///
/// Reads records on standard input and writes one row for each value of the keys: counts, input,
/// cached input, output, cost, average, p50, p95, maximum. Requests without a cost are charged here
/// at list prices; spans and totals have costs from tok-usage-join. Rows of several runs merge
/// exactly. Memory: 1 kB per row, 40 bytes per thread in it, 64 to 300 bytes per request.
#[derive(Parser)]
#[command(version, after_help = EXAMPLE)]
struct Options {
    #[arg(long, value_name = "KEY,...", value_delimiter = ',', value_parser = key::parse)]
    #[arg(help = key::help())]
    by: Vec<&'static key::Key>,
    /// What to add up [default: the first of requests, totals, spans that has every key]
    #[arg(long, value_name = "RECORDS")]
    of: Option<Of>,
    /// The units of which average, percentiles and maximum are computed
    #[arg(long, value_name = "UNIT", default_value = "request")]
    per: Per,
    /// The tokens of a request of which average, percentiles and maximum are computed
    #[arg(long, value_name = "BASIS", default_value = "full")]
    basis: Basis,
    /// How to write the rows
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: SumFormat,
    /// Write one line with average, p50 and p95
    #[arg(long, conflicts_with_all = ["by", "format", "partial"])]
    summary: bool,
    #[command(flatten)]
    extra: sum::ExtraColumns,
    /// Compare what two threads read from the cache, request by request
    #[arg(long, conflicts_with_all = NOT_WITH_CACHE)]
    cache: bool,
    /// Write rows that a later run can merge (--merge)
    #[arg(long, conflicts_with_all = ["format", "merge"])]
    partial: bool,
    /// Read rows that --partial wrote instead of records, and add them up by the same keys
    #[arg(long, conflicts_with_all = NOT_WITH_MERGE)]
    merge: bool,
    #[command(flatten)]
    priced: PriceFlags,
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
