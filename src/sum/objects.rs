//! Rows as JSON: one document, or one line for each row.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::column::{Column, Figure};
use super::notes::CoverageNotes;
use super::partial::RowShape;
use super::report::{Report, Row};
use super::sums::{GroupSums, NaiveExtra, UnpricedItems};

/// All rows, their total, and what they rest on.
#[derive(Serialize)]
pub(super) struct SumDocument<'l> {
    #[serde(flatten)]
    shape: &'l RowShape,
    #[serde(skip_serializing_if = "Option::is_none")]
    prices: Option<&'l str>,
    rows: Vec<RowObject<'l>>,
    total: RowObject<'l>,
    uncounted: &'l BTreeMap<String, u64>,
    unpriced: &'l BTreeMap<String, UnpricedItems>,
    output_unknown: u64,
    naive: &'l BTreeMap<String, NaiveExtra>,
    sessions: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<&'l CoverageNotes>,
}

/// The report as one object.
pub(super) fn document<'l>(report: &'l Report, rows: &[Row<'l>]) -> SumDocument<'l> {
    let requests = report.notes.requests;
    let objects = rows.iter().map(|(key, sums)| RowObject {
        shape: report.shape,
        columns: &report.columns,
        key,
        sums,
        kind: None,
    });
    SumDocument {
        shape: report.shape,
        prices: report.prices.as_deref(),
        rows: objects.collect(),
        total: RowObject {
            shape: report.shape,
            columns: &report.columns,
            // A total has no key.
            key: &[],
            sums: report.total,
            kind: None,
        },
        uncounted: &requests.uncounted,
        unpriced: &requests.unpriced,
        output_unknown: requests.output_unknown,
        naive: &report.total.naive,
        sessions: report.notes.sessions,
        coverage: report.notes.covered,
    }
}

/// A row as a record of its own.
pub(super) fn line<'l>(report: &'l Report, (key, sums): &Row<'l>) -> RowObject<'l> {
    RowObject {
        shape: report.shape,
        columns: &report.columns,
        key,
        sums,
        kind: Some("sum"),
    }
}

/// A row as an object: its type where it is a record, its keys, its figures.
pub(super) struct RowObject<'l> {
    shape: &'l RowShape,
    columns: &'l [&'static Column],
    key: &'l [String],
    sums: &'l GroupSums,
    kind: Option<&'static str>,
}

impl Serialize for RowObject<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if let Some(kind) = self.kind {
            map.serialize_entry("type", kind)?;
        }
        for (name, value) in std::iter::zip(&self.shape.by, self.key) {
            if !value.is_empty() {
                map.serialize_entry(name, value)?;
            }
        }
        for column in self.columns {
            let cell = (column.cell)(self.sums);
            if cell != Figure::Absent {
                map.serialize_entry(column.name, &cell)?;
            }
        }
        map.end()
    }
}
