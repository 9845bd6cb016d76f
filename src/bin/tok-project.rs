//! tok-project: the fields and rows of a list that are needed.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tok::cli::{self, Common, Io, Status};
use tok::project::report::{self, ReportOptions};
use tok::project::{self, Options as ListOptions};

/// Keep the rows and fields of a JSON list that are needed, in few bytes.
///
/// Reads an array of objects, an object that contains some, the result of an MCP tool whose text is
/// JSON, or an object on each line. Writes JSON of the same shape with some fields of some rows,
/// and the counts of all: without options the short fields of the last 10 rows, in 2,048 bytes.
/// With --summary or --detail it reads a report in Markdown.
/// Memory: 10 MB and, of lines, the rows that are returned; of anything else ten times the input.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  \
    gh api repos/OWNER/NAME/issues | tok-project --fields number,title,user.login | jq '.rows[]'"
)]
struct Options {
    /// What to read; standard input if absent or -
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Keep these fields, separated by commas: id, author.login, labels.0.name
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    fields: Option<Vec<String>>,
    /// Keep the last N rows of each list (10), or the last N events of a summary (5)
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// Keep the first N rows of each list
    #[arg(long, value_name = "N", conflicts_with = "last")]
    first: Option<usize>,
    /// Write at most this many bytes, line feed included (2048)
    #[arg(long, value_name = "BYTES", value_parser = cli::size)]
    max_bytes: Option<usize>,
    /// Keep all fields and all rows, in any number of bytes, where no other option limits them
    #[arg(long)]
    include_full: bool,
    /// Write only the rows, as an array or as lines, and print the counts on standard error
    #[arg(long)]
    bare: bool,
    /// Keep of a report its headings, metadata and last events
    #[arg(long, conflicts_with_all = ["fields", "first", "include_full", "bare"])]
    summary: bool,
    /// Keep all of a report, in any number of bytes without --max-bytes
    #[arg(long, conflicts_with_all = ["summary", "last"])]
    #[arg(conflicts_with_all = ["fields", "first", "include_full", "bare"])]
    detail: bool,
    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    cli::main("tok-project", |o: &Options| &o.common, run)
}

fn run(o: &Options, io: &mut Io) -> anyhow::Result<Status> {
    let file = o.file.as_deref();
    let Some((mut from, name)) = project::open(file, &mut *io.input, &mut io.skips) else {
        return Ok(Status::Partial);
    };
    let limit = |given: Option<usize>, otherwise| match given {
        None if o.include_full || o.detail => None,
        given => given.or(Some(otherwise)),
    };
    let max_bytes = limit(o.max_bytes, 2048);
    if o.summary || o.detail {
        let asked = ReportOptions {
            is_summary: o.summary,
            events: o.last.unwrap_or(5),
            max_bytes,
        };
        return report::run(&mut from, &name, asked, &mut io.out, &mut io.skips);
    }
    let asked = ListOptions {
        fields: o.fields.clone(),
        rows: limit(o.last.or(o.first), 10),
        keeps_last: o.first.is_none(),
        max_bytes,
        is_full: o.include_full,
        is_bare: o.bare,
    };
    project::run(&mut from, &name, &asked, &mut io.out, &mut io.skips)
}
