//! Rows in the format that was asked for.

use anyhow::Result;

use super::choices::SumFormat;
use super::options::Options;
use super::report::Report;
use super::{objects, summary_line, text};
use crate::stream::Sink;

/// Writes the report.
pub(super) fn write(report: &Report, options: &Options, out: &mut Sink) -> Result<()> {
    let rows = report.sorted();
    match options.format {
        SumFormat::Text => out.text(&text::table(report, &rows, options.columns)),
        SumFormat::Tsv => out.text(&text::tsv(report, &rows)),
        SumFormat::Json => out.put(&objects::document(report, &rows)),
        SumFormat::Ndjson => {
            for row in &rows {
                out.put(&objects::line(report, row))?;
            }
            Ok(())
        }
        SumFormat::Summary => out.text(&summary_line::text(report)),
        // A part of a run is written elsewhere: it has no report.
        SumFormat::Partial => Ok(()),
    }
}
