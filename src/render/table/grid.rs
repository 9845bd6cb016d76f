//! The shape of a table, as every format takes it.

use crate::render::phrase::Phrase;

/// The most rows of a table; further ones are only counted.
pub(super) const ROWS: usize = 20;

/// A column: its heading, and whether it is aligned to the right, as numbers are.
pub(in crate::render) type ReportColumn = (&'static str, bool);

/// A table with a title.
pub(in crate::render) struct ReportTable {
    pub(in crate::render) title: &'static str,
    pub(in crate::render) columns: &'static [ReportColumn],
    pub(in crate::render) rows: Vec<Vec<Phrase>>,
    /// The number of further rows.
    pub(in crate::render) left_out: usize,
    /// The noun for a row: `session`.
    pub(in crate::render) noun: &'static str,
}

impl ReportTable {
    /// Makes a table of the first items of a list, one row for each; the others are only counted.
    /// `None` if there is no item.
    pub(super) fn of<T>(
        title: &'static str,
        columns: &'static [ReportColumn],
        noun: &'static str,
        items: &[T],
        row: impl FnMut(&T) -> Vec<Phrase>,
    ) -> Option<ReportTable> {
        let table = ReportTable {
            title,
            columns,
            rows: items.iter().take(ROWS).map(row).collect(),
            left_out: items.len().saturating_sub(ROWS),
            noun,
        };
        table.unless_empty()
    }

    /// Returns the table; `None` if it has no rows.
    pub(super) fn unless_empty(self) -> Option<ReportTable> {
        if self.rows.is_empty() {
            None
        } else {
            Some(self)
        }
    }
}
