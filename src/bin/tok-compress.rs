//! tok-compress: a session made small.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common, Cuts, Io, Status};
use tok::compress::{self, Output, SessionSource, Stats};
use tok::format::open::MOST_BYTES;
use tok::policy::{self, Policies};

/// Make a session small, in one pass and without a model.
///
/// Reads one session, of any format tok-split knows or as entries one a line (ox raw.jsonl), and
/// writes it line by line. Mode conversation keeps what was said and a mark for each tool call;
/// lossless keeps every line and takes noise and repetition out of their texts, and tok-expand
/// puts it back; plain does nothing but what policies ask for. The user's words always stay.
/// Memory: 12 MB, up to five times the longest line held (--max-line), and for --policy window
/// the lines of N exchanges; counting tokens (--stats, --log) 25 MB more.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-compress session.jsonl | jq -r 'select(.type==\"user\").content'"
)]
struct Options {
    /// The session; without it, or with -, standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// What to keep
    #[arg(long, value_name = "MODE", default_value = "conversation")]
    #[arg(value_parser = compress::modes())]
    mode: String,
    #[command(flatten)]
    cuts: Cuts,
    #[arg(long, value_name = "POLICY", help = format!("Also do this, NAME[=VALUE][@TOOL]; may be \
        repeated: {}", policy::names()))]
    policy: Vec<String>,
    /// Do not say in a line what was left out of it; then tok-expand cannot put it back
    #[arg(long)]
    no_references: bool,
    /// Write the counts there, as one JSON object (- is standard error)
    #[arg(long, value_name = "FILE")]
    stats: Option<PathBuf>,
    /// Write the counts to standard error, in one line of key=value
    #[arg(long)]
    log: bool,
    /// Leave the exact numbers of tokens out of the counts
    #[arg(long)]
    no_tokens: bool,
    /// Add up the objects of --stats on standard input, and do nothing else
    #[arg(long, conflicts_with = "file")]
    sum: bool,
    /// Hand lines of this length or more on as they are
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    max_line: u64,
    /// Stop reading a compressed file that grows beyond this
    #[arg(long, value_name = "BYTES", default_value_t = MOST_BYTES)]
    max_decompressed: u64,
    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    cli::main("tok-compress", |o: &Options| &o.common, run)
}

fn run(o: &Options, io: &mut Io) -> anyhow::Result<Status> {
    if o.sum {
        io.out.raw(Stats::sum(&mut *io.input)?.json()?.as_bytes())?;
        return Ok(Status::Done);
    }
    let options = compress::Options {
        cuts: o.cuts,
        references: !o.no_references,
        max_line_bytes: o.max_line,
        policies: Policies::of(&o.policy).map_err(anyhow::Error::msg)?,
    };
    let file = o.file.as_deref().filter(|file| *file != Path::new("-"));
    let Some(source) = SessionSource::open(file, o.max_decompressed, &mut io.skips) else {
        return Ok(Status::Partial);
    };
    let mut out = Output::new(&mut io.out, !o.no_tokens && (o.stats.is_some() || o.log));
    let status = compress::run(source, &o.mode, &options, &mut out, &mut io.skips)?;
    let log = if o.log { Some(io.program) } else { None };
    out.report(log, o.stats.as_deref(), file)?;
    Ok(status)
}
