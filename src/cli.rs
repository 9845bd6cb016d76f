//! The one main: arguments in, flush and exit status out.
//!
//! Every binary is a struct of options and one call of [`main`]. Whatever happens in between,
//! the process ends here: a closed pipe silently with 141, as the shell reports SIGPIPE; output
//! that could not be written with 2 (`/dev/full`, a closed descriptor); the rest as [`Status`].

use std::io::{self, BufReader, BufWriter, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

mod anonymize;
mod cuts;
mod export;
mod files;
mod number;
mod prices;
mod roots;
mod sessions;
mod threads;
mod when;
mod width;

pub use anonymize::Anonymize;
use anyhow::{Context, Result};
use clap::Parser;
pub use cuts::Cuts;
pub use export::UsageExport;
pub use files::Files;
pub use number::{Number, Numbers, Table};
pub use prices::Priced;
pub use roots::Roots;
pub use sessions::Sessions;
pub use threads::Threads;
pub use when::When;
pub use width::Width;

use crate::refusal;
use crate::skip::Skips;
pub use crate::stream::Status;
use crate::stream::{Filter, Sink};

/// Flags that mean the same in every filter.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Common {
    /// Exit with 3 when anything was skipped
    #[arg(long, help_heading = "Common options")]
    pub strict: bool,
    /// Do not print messages about skipped places
    #[arg(short, long, help_heading = "Common options")]
    pub quiet: bool,
    /// Flush after every line
    #[arg(long, help_heading = "Common options")]
    pub line_buffered: bool,
}

/// What a filter is given to work with.
pub struct Io<'w> {
    /// Name of the program, as its messages begin.
    pub program: &'static str,
    /// Where records come from.
    pub input: Box<dyn io::BufRead>,
    /// Where records go.
    pub out: Sink<'w>,
    /// What could not be read.
    pub skips: Skips,
    quiet: bool,
}

impl<'w> Io<'w> {
    /// Reads and writes these, and prints nothing by itself: a filter within another program.
    pub fn over(program: &'static str, input: Box<dyn io::BufRead>, out: Sink<'w>) -> Io<'w> {
        Io {
            program,
            input,
            out,
            skips: Skips::default(),
            quiet: true,
        }
    }
}

impl Io<'_> {
    /// Tells the user what is being done, unless `--quiet`.
    pub fn say(&self, what: &str) {
        if !self.quiet {
            // Standard error that cannot be written has nobody left to tell.
            let _ = writeln!(
                io::stderr(),
                "{}: {}",
                self.program,
                crate::skip::visible(what)
            );
        }
    }

    /// Runs a filter over standard input.
    ///
    /// # Errors
    /// As [`crate::stream::run`].
    pub fn run(&mut self, filter: &mut dyn Filter) -> Result<Status> {
        crate::stream::run(filter, &mut *self.input, &mut self.out, &mut self.skips)
    }
}

/// Parses a size as options give it: `64M`; K, M and G are powers of 1,024, no letter is bytes.
///
/// # Errors
/// In words, for clap.
pub fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err("a number of bytes was expected, with K, M or G: 64M".into()),
    };
    let number: usize = digits
        .parse()
        .map_err(|_| "a number was expected: 64M".to_owned())?;
    number
        .checked_mul(unit)
        .ok_or_else(|| "too large".to_owned())
}

/// 64 KB: a buffer of 8 KB costs up to 15 % more processor time, and one of 1 MB makes a stage wait
/// for the one before it (measured on pipes of 64 KB: 1.48 seconds where 64 KB took 0.92).
const BUFFER_BYTES: usize = 64 << 10;

/// Parses the arguments, runs, flushes, prints what was skipped, and returns the exit status.
pub fn main<O: Parser>(
    program: &'static str,
    common: impl Fn(&O) -> &Common,
    run: impl FnOnce(&O, &mut Io) -> Result<Status>,
) -> ExitCode {
    let options = match parse::<O>(program) {
        Ok(options) => options,
        Err(e) => return usage(program, &e),
    };
    let Common {
        strict,
        quiet,
        line_buffered,
    } = common(&options).clone();
    let mut io = match open(program) {
        Ok(io) => io,
        Err(e) => return failed(program, &e),
    };
    io.quiet = quiet;
    io.out.line_buffered(line_buffered);
    let ran = run(&options, &mut io);
    let flushed = io.out.flush();
    let skipped = io.skips.any();
    if ran.is_err() {
        io.skips.unsay();
    }
    if !quiet {
        io.skips.print(program, &mut io::stderr().lock());
    }
    match ran.and_then(|status| flushed.map(|()| status)) {
        Ok(status) if strict && skipped => ExitCode::from(status.or(Status::Partial).code()),
        Ok(status) => ExitCode::from(status.code()),
        Err(e) => failed(program, &e),
    }
}

/// Parses the arguments under the name of the binary; clap would take that of the package.
fn parse<O: Parser>(program: &'static str) -> Result<O, clap::Error> {
    let matches = O::command().name(program).try_get_matches()?;
    O::from_arg_matches(&matches)
}

fn open(program: &'static str) -> Result<Io<'static>> {
    refuse_closed()?;
    // Not `io::Stdout`: that looks for line feeds in every write.
    let stdout = std::fs::File::from(
        io::stdout()
            .as_fd()
            .try_clone_to_owned()
            .context("standard output")?,
    );
    let input = BufReader::with_capacity(BUFFER_BYTES, io::stdin());
    let out = Sink::new(Box::new(BufWriter::with_capacity(BUFFER_BYTES, stdout)));
    Ok(Io::over(program, Box::new(input), out))
}

/// Refuses to run where nothing that is written could be read.
fn refuse_closed() -> Result<()> {
    anyhow::ensure!(
        !STDOUT_CLOSED.load(Ordering::Relaxed),
        "standard output is closed"
    );
    Ok(())
}

/// Whether descriptor 1 was closed when the process began.
static STDOUT_CLOSED: AtomicBool = AtomicBool::new(false);

/// Looks at standard output before Rust's runtime does: the runtime opens /dev/null in place of a
/// closed descriptor, and everything written would be lost with status 0.
#[ctor::ctor]
fn look_at_stdout() {
    let closed = std::path::Path::new("/proc/self/fd/0")
        .parent()
        .is_some_and(std::path::Path::exists)
        && std::fs::symlink_metadata("/proc/self/fd/1").is_err();
    STDOUT_CLOSED.store(closed, Ordering::Relaxed);
}

/// `--help` and `--version` are answers (status 0); anything else is one line and status 2.
fn usage(program: &str, e: &clap::Error) -> ExitCode {
    if !e.use_stderr() {
        if let Err(closed) = refuse_closed() {
            return failed(program, &closed);
        }
        return match e.print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => failed(program, &e.into()),
        };
    }
    let text = e.render().to_string();
    let text = text.trim_start_matches("error: ");
    let first: Vec<&str> = text
        .lines()
        .take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more"))
        .collect();
    let line = first
        .join(" ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let _ = writeln!(io::stderr(), "{program}: {line} (see {program} --help)");
    ExitCode::from(Status::Failed.code())
}

fn failed(program: &str, e: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(e) {
        return ExitCode::from(141);
    }
    let _ = writeln!(
        io::stderr(),
        "{program}: {}",
        crate::skip::visible(&words(e))
    );
    ExitCode::from(Status::Failed.code())
}

/// The words of an error and of its causes. Those of serde quote what they stumble over.
fn words(e: &anyhow::Error) -> String {
    let cause = |cause: &(dyn std::error::Error + 'static)| match cause
        .downcast_ref::<serde_json::Error>()
    {
        Some(json) if json.io_error_kind().is_none() => refusal::naming(json),
        _ => cause.to_string(),
    };
    e.chain().map(cause).collect::<Vec<_>>().join(": ")
}

/// Whether the reader of our output went away. `serde_json::Error::source` hides the io error, so
/// its own question is asked too.
fn is_broken_pipe(e: &anyhow::Error) -> bool {
    e.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause
            .downcast_ref::<serde_json::Error>()
            .and_then(serde_json::Error::io_error_kind);
        io == Some(io::ErrorKind::BrokenPipe) || json == Some(io::ErrorKind::BrokenPipe)
    })
}
