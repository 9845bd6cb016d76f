//! The `main` function of all binaries, and the flags that several of them share.
//!
//! Every binary is a struct of options and one call of [`main`], which parses the arguments, runs
//! the filter, flushes the output and ends the process. If the reader of the output goes away, the
//! process ends silently with 141, the status by which the shell reports SIGPIPE. If the output
//! cannot be written (`/dev/full`, a closed descriptor), it ends with 2; otherwise with the
//! [`Status`] of the filter. What the filters do is not known here.

use std::io::{self, BufReader, BufWriter, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

mod anonymize;
mod colour;
mod cuts;
mod export;
mod files;
mod number;
mod prices;
mod progress;
mod roots;
mod sessions;
mod threads;
mod when;
mod width;

pub use anonymize::Anonymize;
use anyhow::{Context, Result};
use clap::Parser;
pub use colour::Colour;
pub use cuts::Cuts;
pub use export::UsageExport;
pub use files::Files;
pub use number::{Number, NumberTable, Numbers};
pub use prices::PriceFlags;
pub use progress::Progress;
pub use roots::RootFlags;
pub use sessions::Sessions;
pub use threads::ThreadCount;
pub use when::When;
pub use width::Width;

use crate::refusal;
use crate::skip::Skips;
pub use crate::stream::Status;
use crate::stream::{Filter, Sink};

/// The flags of every filter.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Common {
    /// Exit with status 3 if anything was skipped
    #[arg(long, help_heading = "Common options")]
    pub strict: bool,
    /// Do not print messages about what was skipped
    #[arg(short, long, help_heading = "Common options")]
    pub quiet: bool,
    /// Flush after every line
    #[arg(long, help_heading = "Common options")]
    pub line_buffered: bool,
}

/// The input and output of a filter.
pub struct Io<'w> {
    /// Name of the program, with which its messages begin.
    pub program: &'static str,
    /// The input; of most filters, records.
    pub input: Box<dyn io::BufRead>,
    /// The output.
    pub out: Sink<'w>,
    /// Notes about input that could not be read.
    pub skips: Skips,
    quiet: bool,
}

impl<'w> Io<'w> {
    /// Returns an `Io` for a filter that runs inside another program: it prints no messages.
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
    /// Prints a message about what is being done, unless `--quiet` is given.
    pub fn say(&self, what: &str) {
        if !self.quiet {
            // If standard error cannot be written, there is no other way to say so.
            let _ = writeln!(
                io::stderr(),
                "{}: {}",
                self.program,
                crate::skip::visible(what)
            );
        }
    }

    /// Prints why the status is not 0, `--quiet` or not: a log of errors has nothing else.
    pub fn blame(&self, what: &str) {
        let what = crate::skip::visible(what);
        // If standard error cannot be written, the status still says it.
        let _ = writeln!(io::stderr(), "{}: {what}", self.program);
    }

    /// Runs a filter over standard input.
    ///
    /// # Errors
    /// As [`crate::stream::run`].
    pub fn run(&mut self, filter: &mut dyn Filter) -> Result<Status> {
        crate::stream::run(filter, &mut *self.input, &mut self.out, &mut self.skips)
    }
}

/// Parses a size in bytes, such as `64M`: K, M and G are powers of 1,024.
///
/// # Errors
/// A message that clap shows.
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

/// Size of the buffers of standard input and output. With 8 KB a filter needs up to 15 % more
/// processor time; with 1 MB each stage waits for the one before it (measured on pipes of 64 KB:
/// 1.48 seconds instead of 0.92).
const BUFFER_BYTES: usize = 64 << 10;

/// Parses the arguments, runs the filter, flushes the output, prints what was skipped, and returns
/// the exit status.
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
    let status = match (ran, flushed) {
        (Ok(status), Ok(())) => status,
        (Err(e), _) | (Ok(_), Err(e)) => return failed(program, &e),
    };
    if strict && skipped {
        return ExitCode::from(status.or(Status::Partial).code());
    }
    ExitCode::from(status.code())
}

/// Parses the arguments; messages and help show the name of the binary, not that of the package.
fn parse<O: Parser>(program: &'static str) -> Result<O, clap::Error> {
    let matches = O::command().name(program).try_get_matches()?;
    O::from_arg_matches(&matches)
}

/// Opens standard input and output.
fn open(program: &'static str) -> Result<Io<'static>> {
    refuse_closed()?;
    // `io::Stdout` would look for line feeds in everything that is written.
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

/// Refuses to run when standard output is closed: everything written would be lost.
fn refuse_closed() -> Result<()> {
    anyhow::ensure!(
        !STDOUT_CLOSED.load(Ordering::Relaxed),
        "standard output is closed"
    );
    Ok(())
}

/// Whether descriptor 1 was closed when the process began.
static STDOUT_CLOSED: AtomicBool = AtomicBool::new(false);

/// Checks standard output before Rust's runtime starts: the runtime opens /dev/null in place of a
/// closed descriptor, and everything written would be lost with status 0.
#[ctor::ctor]
fn look_at_stdout() {
    let descriptors = std::path::Path::new("/proc/self/fd");
    let closed = descriptors.exists() && std::fs::symlink_metadata(descriptors.join("1")).is_err();
    STDOUT_CLOSED.store(closed, Ordering::Relaxed);
}

/// Prints what clap returned instead of options. `--help` and `--version` go to standard output,
/// with status 0; a usage error is printed as one line, with status 2.
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
    let mut words = Vec::new();
    for line in text.lines() {
        if line.starts_with("Usage:") || line.starts_with("For more") {
            break;
        }
        words.extend(line.split_whitespace());
    }
    let line = words.join(" ");
    let _ = writeln!(io::stderr(), "{program}: {line} (see {program} --help)");
    ExitCode::from(Status::Failed.code())
}

/// Prints an error as one line and returns status 2; returns 141 if the reader went away.
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

/// Returns the message of an error and of its causes. The messages of serde are replaced, because
/// they quote the input.
fn words(e: &anyhow::Error) -> String {
    let mut messages = Vec::new();
    for cause in e.chain() {
        messages.push(match cause.downcast_ref::<serde_json::Error>() {
            Some(json) if json.io_error_kind().is_none() => refusal::naming(json),
            _ => cause.to_string(),
        });
    }
    messages.join(": ")
}

/// Whether the reader of the output went away. `serde_json::Error` hides the io error that caused
/// it from the chain of causes, so `io_error_kind` is checked too.
fn is_broken_pipe(e: &anyhow::Error) -> bool {
    e.chain().any(|cause| {
        let kind = if let Some(io) = cause.downcast_ref::<io::Error>() {
            Some(io.kind())
        } else if let Some(json) = cause.downcast_ref::<serde_json::Error>() {
            json.io_error_kind()
        } else {
            None
        };
        kind == Some(io::ErrorKind::BrokenPipe)
    })
}
