//! tok-render: lays a ranked stream out as a report.
//!
//! The stream is read once into a [`ReportContent`]: the summary, the findings, one row for each
//! thread, the bill by thread and kind of content, and how complete the input was. A format is one
//! function from that to text. So all formats show the same facts, and a new format is one file and
//! one line of [`FORMATS`].
//!
//! This room computes only what a layout needs: the order of rows and the sums of tables. The
//! filters before it have decided what the numbers mean. It opens no file.

mod advice;
mod bill;
mod coverage;
mod days;
mod dearest;
mod delegation;
mod facts;
mod findings;
mod fix;
mod folded;
mod growth;
mod html;
mod ink;
mod json;
mod layout;
mod markdown;
mod opening;
mod phrase;
mod portion;
mod report;
mod series;
mod spans;
mod table;
mod text;
mod tidy;
mod time;
mod tsv;
mod unit;

use anyhow::Result;

pub use layout::Layout;
use report::AgentLedger;
pub use report::ReportContent;

use crate::record::{Billed, Type};
use crate::skip::Skips;
use crate::stream::{Filter, Place, Record, Sink, Status, Twice};

/// Lays a report out.
pub type ReportFormat = fn(&ReportContent, &Layout) -> Result<String>;

/// All formats by name; the first is the default.
pub const FORMATS: &[(&str, ReportFormat)] = &[
    ("markdown", markdown::lay_out),
    ("text", text::lay_out),
    ("json", json::lay_out),
    ("tsv", tsv::lay_out),
    ("folded", folded::lay_out),
    ("html", html::lay_out),
];

/// Formats with charts, for which the series of contexts and days are kept.
const CHARTED: &[&str] = &["html"];

/// Formats that are complete without tok-rank. The others begin with its summary and findings.
const UNRANKED: &[&str] = &["json", "folded"];

/// Returns the format with this name.
pub fn format(name: &str) -> Option<ReportFormat> {
    for (known, format) in FORMATS {
        if *known == name {
            return Some(*format);
        }
    }
    None
}

/// Collects the records of a stream and writes the report at its end.
pub struct Render {
    content: ReportContent,
    layout: Layout,
    format: ReportFormat,
    /// Whether the stream has a span or a total, so that tok-rank would have had something to rank.
    has_content: bool,
}

impl Render {
    /// A filter that writes `format`.
    pub fn new(format: ReportFormat, layout: Layout) -> Render {
        Render {
            content: ReportContent::default(),
            layout,
            format,
            has_content: false,
        }
    }

    /// Keeps what the charts of this format show; nothing where it has none.
    #[must_use]
    pub fn with_charts_of(mut self, format: &str) -> Render {
        if CHARTED.contains(&format) {
            self.content.draw(&self.layout.zone);
        }
        self
    }

    /// Notes in `skips` that the stream was not ranked, and returns [`Status::Partial`]. A stream
    /// without anything to rank is fine, and so is a format that needs no ranking.
    pub fn complain(&self, format: &str, skips: &mut Skips) -> Status {
        if UNRANKED.contains(&format) || self.content.summary.is_some() || !self.has_content {
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
            Type::Stream => self.content.stream(record.read()?),
            Type::Session => self.content.session(record.read()?),
            Type::Span => self.content.spans.take(record.read()?),
            Type::Request => self
                .content
                .request(&record.read()?, record.read::<Billed>()?.cost_usd),
            Type::Total => self.content.total(record.read()?),
            Type::Disk => self.content.disk(&record.read()?),
            Type::Usage => self.content.usage.push(record.read()?),
            Type::Export => self.content.export(record.read()?),
            Type::Ledger => self.content.ledgers.push(AgentLedger {
                ledger: record.read()?,
                checked: record.read()?,
            }),
            Type::Finding => self.content.findings.push(record.read()?),
            Type::Summary => self.content.summary = Some(record.read()?),
            Type::Skip => self.content.skip(record.read()?),
            // The summary counts the events that a report without charts shows.
            Type::Event if self.content.is_charted() => self.content.event(&record.read()?),
            Type::WhatIf => self.content.setting(record.read()?),
            Type::WhatIfRequest | Type::Event | Type::Coverage | Type::Partial | Type::Other => {}
        }
        Ok(())
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        if let Some(record) = coverage {
            self.content.coverage = Some(record.read()?);
        }
        self.content.close();
        out.text(&(self.format)(&self.content, &self.layout)?)
    }
}
