//! tok-render: writes a ranked stream as a report.

use std::process::ExitCode;

use anyhow::{Error, Result};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use tok::cli::{self, Colour, Common, Width};
use tok::render::{self, FORMATS, Layout, Render};
use tok::zone::Zone;

/// Lay out the records of tok-rank as a report.
///
/// Reads records on standard input and writes one report: the cost, and which sessions and which
/// kinds of content caused it; the findings with their locations, remedies and savings; the most
/// expensive spans; the bill, in all and by session; the growth of each session; and how complete
/// the input was. It opens no file and ignores records of unknown types. Memory: 500 bytes for
/// each of the 3,000 largest sessions and 450 for each kind of content in it, 130 for each
/// request, 1 kB for each finding, and the report. For the charts of html: up to 8 kB for each
/// session with a row.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  \
    tok-split ~/.codex/sessions | tok-measure | tok-dedup | tok-usage-join | tok-rank --top 5 |\n  \
    tok-render --format text\n  \
    ... | tok-render --format html > report.html\n  \
    ... | tok-render --format folded | inferno-flamegraph > bill.svg"
)]
struct Options {
    /// Format of the report
    #[arg(long, value_name = "FORMAT", default_value = FORMATS[0].0,
        value_parser = PossibleValuesParser::new(FORMATS.iter().map(|(name, _)| *name)))]
    format: String,
    /// Show instants in this time zone, such as Europe/Berlin [default: $TZ, else the system's]
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
    #[command(flatten)]
    width: Width<100>,
    /// text: print every table and every finding in full
    #[arg(long)]
    all: bool,
    /// text, markdown: put the first N findings first; 0: all [default: 5]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    #[command(flatten)]
    colour: Colour,
    /// markdown: stay under this number of characters
    #[arg(
        long,
        value_name = "N",
        default_value_t = 60_000,
        value_parser = clap::value_parser!(u64).range(4_000..)
    )]
    max_chars: u64,
    #[command(flatten)]
    common: Common,
}

impl Options {
    fn layout(&self) -> Result<Layout> {
        let is_text = self.format == "text";
        Ok(Layout {
            zone: Zone::new(self.tz.as_deref()).map_err(Error::msg)?,
            home: std::env::var("HOME").ok(),
            columns: if is_text { self.width.columns() } else { 100 },
            all: self.all,
            top: self.top,
            colour: is_text && self.colour.is_wanted(),
            max_chars: usize::try_from(self.max_chars).unwrap_or(usize::MAX),
        })
    }
}

fn main() -> ExitCode {
    cli::main(
        "tok-render",
        |o: &Options| &o.common,
        |options, io| {
            let format = render::format(&options.format).unwrap_or(FORMATS[0].1);
            let mut render = Render::new(format, options.layout()?).with_charts_of(&options.format);
            let status = io.run(&mut render)?;
            Ok(status.or(render.complain(&options.format, &mut io.skips)))
        },
    )
}
