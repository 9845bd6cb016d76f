//! A table for a terminal: aligned by the columns that characters take, and no wider than the line.

use comfy_table::{Cell, CellAlignment, ContentArrangement, presets};
use unicode_width::UnicodeWidthStr;

use crate::display::clip;

/// Spaces between two columns.
const GAP: u16 = 2;
/// Columns of the screen that a name keeps at least.
const LEAST: usize = 4;

/// A column of text.
pub(super) struct TextColumn {
    pub(super) head: String,
    /// Names are aligned to the left, figures to the right.
    pub(super) is_name: bool,
    /// The column with the highest rank is left out first; 0: never.
    pub(super) rank: u8,
    pub(super) cells: Vec<String>,
}

impl TextColumn {
    fn width(&self) -> usize {
        let mut width = self.head.width();
        for cell in &self.cells {
            width = width.max(cell.width());
        }
        width
    }
}

/// Returns the columns that fit into lines of that width: those of the highest rank are left out
/// first; then the widest names are cut.
pub(super) fn fitted(mut columns: Vec<TextColumn>, width: usize) -> Vec<TextColumn> {
    while all(&columns) > width {
        let highest = columns.iter().map(|column| column.rank).max().unwrap_or(0);
        if highest == 0 {
            break;
        }
        columns.retain(|column| column.rank != highest);
    }
    while all(&columns) > width {
        let over = all(&columns) - width;
        let Some(widest) = widest_name(&mut columns) else {
            break;
        };
        let room = widest.width().saturating_sub(over).max(LEAST);
        for cell in &mut widest.cells {
            *cell = clip(cell, room).into_owned();
        }
        widest.head = clip(&widest.head, room).into_owned();
    }
    columns
}

/// The widest column of names that can still be cut; of several the last.
fn widest_name(columns: &mut [TextColumn]) -> Option<&mut TextColumn> {
    let mut widest: Option<&mut TextColumn> = None;
    for column in columns {
        let most = widest.as_ref().map_or(LEAST + 1, |widest| widest.width());
        if column.is_name && column.width() >= most {
            widest = Some(column);
        }
    }
    widest
}

/// Columns of the screen that the table takes.
fn all(columns: &[TextColumn]) -> usize {
    columns.iter().map(TextColumn::width).sum::<usize>()
        + usize::from(GAP) * columns.len().saturating_sub(1)
}

/// The columns as lines.
pub(super) fn lines(columns: &[TextColumn]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| aligned(&column.head, column)));
    let rows = columns
        .iter()
        .map(|column| column.cells.len())
        .max()
        .unwrap_or(0);
    for row in 0..rows {
        let mut cells = Vec::new();
        for column in columns {
            if let Some(text) = column.cells.get(row) {
                cells.push(aligned(text, column));
            }
        }
        table.add_row(cells);
    }
    for (n, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if n > 0 { GAP } else { 0 }, 0));
    }
    table
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

fn aligned(text: &str, column: &TextColumn) -> Cell {
    Cell::new(text).set_alignment(if column.is_name {
        CellAlignment::Left
    } else {
        CellAlignment::Right
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(head: &str, is_name: bool, rank: u8, cells: &[&str]) -> TextColumn {
        TextColumn {
            head: head.into(),
            is_name,
            rank,
            cells: cells.iter().map(|cell| (*cell).into()).collect(),
        }
    }

    #[test]
    fn wide_characters_take_two_columns_and_columns_that_say_least_give_way() {
        let columns = || {
            vec![
                column("project", true, 0, &["漢字の店", "shop-api"]),
                column("requests", false, 0, &["1", "12"]),
                column("threads", false, 9, &["3", "4"]),
            ]
        };
        let wide = concat!(
            "project   requests  threads\n",
            "漢字の店         1        3\n",
            "shop-api        12        4\n"
        );
        assert_eq!(lines(&fitted(columns(), 80)), wide);
        assert_eq!(
            lines(&fitted(columns(), 20)),
            "project   requests\n漢字の店         1\nshop-api        12\n"
        );
    }

    #[test]
    fn names_lose_their_middle_only_when_no_column_can_give_way() {
        let names = vec![
            column("project", true, 0, &["a-very-long-name-of-a-project"]),
            column("n", false, 0, &["1"]),
        ];
        let text = lines(&fitted(names, 16));
        assert!(text.lines().all(|line| line.width() <= 16), "{text}");
        assert!(text.contains('…'), "{text}");
    }
}
