//! tok-render: lays a ranked stream out as a report.
//!
//! The idea: the stream is read once into a [`Report`] (what the summary says, the findings, one
//! row a thread, the bill by thread and kind of content, what it all rests on), and a format is one
//! function from that to text. So every format says the same, and a new one is one file and one
//! line of [`FORMATS`].
//!
//! Nothing is computed here but what a layout needs: which row comes first, what the rows of a
//! table add up to. What the numbers mean is decided before, by the filters that wrote the records.
//! No file is opened.

mod bill;
mod errands;
mod findings;
mod folded;
mod growth;
mod head;
mod json;
mod markdown;
mod name;
mod phrase;
mod report;
mod rests;
mod spans;
mod table;
mod text;
mod time;
mod tsv;

use anyhow::Result;

use report::Own;
pub use report::Report;

use crate::record::{Billed, Type};
use crate::skip::Skips;
use crate::stream::{Filter, Place, Record, Sink, Status, Twice};
use crate::zone::Zone;

/// Lays a report out.
pub type Format = fn(&Report, &Layout) -> Result<String>;

/// Every format by its name; the first is the default.
pub const FORMATS: &[(&str, Format)] = &[
    ("markdown", markdown::lay_out),
    ("text", text::lay_out),
    ("json", json::lay_out),
    ("tsv", tsv::lay_out),
    ("folded", folded::lay_out),
];

/// Formats that hold what an unranked stream has to say; the others begin with what tok-rank says.
const UNRANKED: &[&str] = &["json", "folded"];

/// Returns the format of that name.
pub fn format(name: &str) -> Option<Format> {
    FORMATS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, format)| *format)
}

/// What a format must know beside the report.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The zone that instants are shown in.
    pub zone: Zone,
    /// The reader's home folder, shown as `~`.
    pub home: Option<String>,
    /// Columns that a line of text may take.
    pub columns: usize,
    /// Characters that a markdown report stays under.
    pub max_chars: usize,
}

/// Collects the records of a stream and writes the report at its end.
pub struct Render {
    report: Report,
    layout: Layout,
    format: Format,
    /// Spans or totals came by: there was something to judge.
    has_content: bool,
}

impl Render {
    /// A filter that writes `format`.
    pub fn new(format: Format, layout: Layout) -> Render {
        Render {
            report: Report::default(),
            layout,
            format,
            has_content: false,
        }
    }

    /// Notes that the report has no opening and no findings, because nobody has ranked what there
    /// was to rank: [`Status::Partial`], where the format of that name begins with them.
    pub fn complain(&self, format: &str, skips: &mut Skips) -> Status {
        if UNRANKED.contains(&format) || self.report.summary.is_some() || !self.has_content {
            return Status::Done;
        }
        skips.note(
            "stdin",
            None,
            "the stream was not ranked, so that the report has no opening: put tok-rank before it",
        );
        Status::Partial
    }
}

impl Filter for Render {
    fn place(&self) -> Place {
        Place {
            twice: Twice::Said,
            ..Place::default()
        }
    }

    fn take(&mut self, record: Record, _: &mut Sink) -> Result<()> {
        self.has_content |= matches!(record.kind, Type::Span | Type::Total);
        match record.kind {
            Type::Stream => self.report.stream(record.read()?),
            Type::Session => self.report.session(record.read()?),
            Type::Span => self.report.spans.take(record.read()?),
            Type::Request => self
                .report
                .request(&record.read()?, record.read::<Billed>()?.cost_usd),
            Type::Total => self.report.total(record.read()?),
            Type::Disk => self.report.disk(&record.read()?),
            Type::Usage => self.report.usage.push(record.read()?),
            Type::Export => self.report.export(record.read()?),
            Type::Ledger => self.report.ledgers.push(Own {
                ledger: record.read()?,
                checked: record.read()?,
            }),
            Type::Finding => self.report.findings.push(record.read()?),
            Type::Summary => self.report.summary = Some(record.read()?),
            Type::Skip => self.report.skip(record.read()?),
            // The summary has counted the events that matter to people.
            Type::Event | Type::Coverage | Type::Partial | Type::Other => {}
        }
        Ok(())
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        self.report.coverage = coverage.map(|record| record.read()).transpose()?;
        self.report.close();
        out.text(&(self.format)(&self.report, &self.layout)?)
    }
}
