//! tok-split: session files of coding agents to records.

use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common, Files, Io, Status, When};
use tok::format::{Roots, Wants, agents, open::MOST_BYTES};
use tok::split::{self, choice::Choice, find, home, thread_index::ThreadIndex};
use tok::time_range::TimeRange;

const EXAMPLE: &str = "Example:\n  tok-split ~/.codex | jq -c 'select(.type==\"request\")'";

/// Split session files of coding agents into records, one JSON object a line.
///
/// Reads files and folders (searched for *.jsonl, .jsonl.zst and .jsonl.gz), recognises their
/// format by their content, and writes records in one order for all agents. Without FILES it reads
/// the session folders of the agents, the last seven days. Inputs are never written to. Memory: for
/// each thread one session without its texts (250 MB for 100,000 requests, each with a call), and
/// 100 bytes for each request that was read.
#[derive(Parser)]
#[command(version, after_help = EXAMPLE)]
struct Options {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    when: When,
    /// Only sessions of these agents
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = agents())]
    agent: Vec<String>,
    #[command(flatten)]
    sessions: cli::Sessions,
    #[command(flatten)]
    roots: cli::RootFlags,
    #[command(flatten)]
    anonymize: cli::Anonymize,
    /// Write no spans and no events: faster, and enough for sums
    #[arg(long, value_name = "KIND", value_parser = ["requests"])]
    only: Option<String>,
    /// Write only the session records
    #[arg(long)]
    list: bool,
    /// Exit with 1 when no session is found
    #[arg(long)]
    fail_if_empty: bool,
    /// Write the texts of spans into the records
    #[arg(long)]
    text: bool,
    /// Skip lines longer than this
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    max_line: u64,
    /// Stop reading a compressed file after this many decompressed bytes
    #[arg(long, value_name = "BYTES", default_value_t = MOST_BYTES)]
    max_decompressed: u64,
    #[command(flatten)]
    progress: cli::Progress,
    #[command(flatten)]
    threads: cli::ThreadCount,
    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    cli::main("tok-split", |o: &Options| &o.common, run)
}

fn run(o: &Options, io: &mut Io) -> anyhow::Result<Status> {
    let mut when = o.when.clone();
    let roots = home::asked(&o.files, &mut when)?;
    if o.files.is_empty() && o.when.since.is_none() {
        let since = when.since.as_deref().unwrap_or("the beginning");
        io.say(&format!("reading {}, since {since}", roots.names()));
    }
    let found = find::find(roots, &o.sessions.exclude)?;
    let options = split::Options {
        range: TimeRange::of(&when)?,
        choice: Choice::new(&o.agent, &o.sessions),
        list: o.list,
        fail_if_empty: o.fail_if_empty,
        wants: Wants::new(o.only.is_none() && !o.list, o.text),
        max_line: o.max_line,
        max_decompressed: o.max_decompressed,
        threads: o.threads.get().get(),
        roots: Roots::new(&o.roots.memory_root, &o.roots.review_root),
        names: split::NameCleaner::new(o.anonymize.pseudonyms()?),
        progress: o.progress.terminal.clone(),
        index: ThreadIndex::new(&found.inputs),
    };
    split::run(&found, &options, io)
}
