//! tok-compress: makes a session smaller.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common, Cuts, Io, Status};
use tok::compress::{self, Output, SessionSource, Stats};
use tok::format::open::MOST_BYTES;
use tok::policy::{self, Policies};

/// Make a session smaller, in one pass and without a model.
///
/// Reads one session and writes it line by line. The session is in a format that tok-split knows,
/// or has one entry on each line (ox raw.jsonl). The user's messages stay as they are in every
/// mode. What mode lossless removes, tok-expand restores from the original.
/// Memory: 12 MB, up to five times the longest buffered line (--max-line), and for --policy window
/// the lines of N exchanges; counting tokens (--stats, --log) takes 25 MB more.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-compress session.jsonl | jq -r 'select(.type==\"user\").content'"
)]
struct Options {
    /// Session to read; standard input if absent or -
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// What to keep: messages and a mark for each tool call (conversation), every line without the
    /// noise and repetition in its texts (lossless), or every line as it is (plain)
    #[arg(long, value_name = "MODE", default_value = "conversation")]
    #[arg(value_parser = compress::modes())]
    mode: String,
    #[command(flatten)]
    cuts: Cuts,
    #[arg(long, value_name = "POLICY", help = policy::help(policy::Applied::Texts))]
    policy: Vec<String>,
    /// Do not mark shortened lines; tok-expand cannot restore them then
    #[arg(long)]
    no_references: bool,
    /// Write the counts to this file as one JSON object (- is standard error)
    #[arg(long, value_name = "FILE")]
    stats: Option<PathBuf>,
    /// Write the counts to standard error as one line of key=value
    #[arg(long)]
    log: bool,
    /// Do not count exact tokens for --stats and --log
    #[arg(long)]
    no_tokens: bool,
    /// Add up the JSON objects of earlier --stats, read from standard input, and do nothing else
    #[arg(long, conflicts_with = "file")]
    sum: bool,
    /// Copy lines of this length or more unchanged, without buffering them
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    max_line: u64,
    /// Stop reading a compressed file when its content exceeds this size
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
        io.out
            .line(Stats::sum(&mut *io.input)?.json()?.as_bytes())?;
        return Ok(Status::Done);
    }
    let options = compress::Options {
        cuts: o.cuts,
        references: !o.no_references,
        max_line_bytes: o.max_line,
        policies: Policies::of(&o.policy, policy::Applied::Texts).map_err(anyhow::Error::msg)?,
    };
    let file = match o.file.as_deref() {
        Some(file) if file != Path::new("-") => Some(file),
        _ => None,
    };
    let Some(source) = SessionSource::open(file, o.max_decompressed, &mut io.skips) else {
        return Ok(Status::Partial);
    };
    let mut out = Output::new(&mut io.out, !o.no_tokens && (o.stats.is_some() || o.log));
    let status = compress::run(source, &o.mode, &options, &mut out, &mut io.skips)?;
    let log = if o.log { Some(io.program) } else { None };
    out.report(log, o.stats.as_deref(), file)?;
    Ok(status)
}
