//! tok-split: session files of coding agents to records.

use std::{num::NonZeroUsize, process::ExitCode};

use clap::Parser;
use tok::cli::{self, Common, Files, Io, Status, When};
use tok::format::{Roots, Wants, agents, open::MOST_BYTES};
use tok::{
    split, split::beside::Beside, split::choice::Choice, split::find, split::home, window::Window,
};

/// Split session files of coding agents into records, one JSON object a line.
///
/// Reads files and folders (searched for *.jsonl, .jsonl.zst and .jsonl.gz), tells their format by
/// what they say, and writes records in one order for all agents. With no file given: the agents'
/// own folders, last seven days. Inputs are never written to. Memory: one session for each thread
/// of -j, without its texts (100,000 requests, each with a call: 250 MB), and 100 bytes a request.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  tok-split ~/.codex/sessions | jq -c 'select(.type==\"request\")'"
)]
struct Options {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    when: When,
    /// Only sessions of these agents
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = agents())]
    agent: Vec<String>,
    /// Only sessions of this project: its name, or a part of its working directory
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Only sessions whose id, or thread, begins so
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Leave out paths that match
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    #[command(flatten)]
    roots: cli::Roots,
    #[command(flatten)]
    anonymize: cli::Anonymize,
    /// Write only one kind of record; `requests` is the fast way to sums
    #[arg(long, value_name = "KIND", value_parser = ["requests"])]
    only: Option<String>,
    /// Write only the session records
    #[arg(long)]
    list: bool,
    /// Exit with 1 when no session was found
    #[arg(long)]
    fail_if_empty: bool,
    /// Put the texts into the records
    #[arg(long)]
    text: bool,
    /// Pass over lines longer than this
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    max_line: u64,
    /// Stop reading a compressed file that grows beyond this
    #[arg(long, value_name = "BYTES", default_value_t = MOST_BYTES)]
    max_decompressed: u64,
    /// Read this many files side by side, 256 at most (default: one a core)
    #[arg(short = 'j', long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    cli::main("tok-split", |o: &Options| &o.common, run)
}

fn run(o: &Options, io: &mut Io) -> anyhow::Result<Status> {
    let since = o
        .when
        .since
        .as_deref()
        .or_else(|| (o.files.is_empty() && o.when.until.is_none()).then_some("7d"));
    let places = if o.files.is_empty() {
        home::places()?
    } else {
        find::Places::named(o.files.paths()?)
    };
    if o.files.is_empty() && o.when.since.is_none() {
        io.say(&format!(
            "reading {}, since {}",
            places.names(),
            since.unwrap_or("the beginning")
        ));
    }
    let found = find::find(places, &o.exclude)?;
    let options = split::Options {
        window: Window::new(since, o.when.until.as_deref(), o.when.tz.as_deref())?,
        choice: Choice {
            agents: o.agent.clone(),
            project: o.project.clone(),
            session: o.session.clone(),
        },
        list: o.list,
        fail_if_empty: o.fail_if_empty,
        wants: Wants {
            spans: o.only.is_none() && !o.list,
            text: o.text,
        },
        max_line: o.max_line,
        max_decompressed: o.max_decompressed,
        threads: cli::threads(o.threads).get(),
        roots: Roots {
            memory: o.roots.memory_root.clone(),
            review: o.roots.review_root.clone(),
        },
        names: split::Names {
            pseudonyms: o.anonymize.pseudonyms()?,
        },
        beside: Beside::new(&found.inputs),
    };
    split::run(&found, &options, io)
}
