//! A table for a terminal: aligned by the columns that characters take, and no wider than the line.

use comfy_table::{Cell, CellAlignment, ContentArrangement, presets};
use unicode_width::UnicodeWidthStr;

use crate::cell::clip;

/// Between two columns.
const GAP: usize = 2;
/// A name is not cut shorter than this.
const LEAST: usize = 4;

/// A column: its heading, its cells, and how soon it gives way (0: never).
pub(super) struct Column {
    pub(super) head: String,
    /// Names stand to the left, figures to the right.
    pub(super) is_name: bool,
    pub(super) rank: u8,
    pub(super) cells: Vec<String>,
}

impl Column {
    fn width(&self) -> usize {
        self.cells
            .iter()
            .map(|cell| cell.width())
            .max()
            .unwrap_or(0)
            .max(self.head.width())
    }
}

/// What of the columns fits into lines of that width.
pub(super) fn fitted(mut columns: Vec<Column>, width: usize) -> Vec<Column> {
    while all(&columns) > width {
        let Some(least) = columns
            .iter()
            .map(|column| column.rank)
            .max()
            .filter(|rank| *rank > 0)
        else {
            break;
        };
        columns.retain(|column| column.rank != least);
    }
    while all(&columns) > width {
        let over = all(&columns) - width;
        let names = columns
            .iter_mut()
            .filter(|column| column.is_name && column.width() > LEAST);
        let Some(widest) = names.max_by_key(|column| column.width()) else {
            break;
        };
        let room = widest.width().saturating_sub(over).max(LEAST);
        widest
            .cells
            .iter_mut()
            .for_each(|cell| *cell = clip(cell, room).into_owned());
        widest.head = clip(&widest.head, room).into_owned();
    }
    columns
}

fn all(columns: &[Column]) -> usize {
    columns.iter().map(Column::width).sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

/// The columns as lines.
pub(super) fn lines(columns: &[Column]) -> String {
    let side = |column: &Column| {
        if column.is_name {
            CellAlignment::Left
        } else {
            CellAlignment::Right
        }
    };
    let cell = |text: &String, column: &Column| Cell::new(text).set_alignment(side(column));
    let mut table = comfy_table::Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| cell(&column.head, column)));
    let rows = columns
        .iter()
        .map(|column| column.cells.len())
        .max()
        .unwrap_or(0);
    for row in 0..rows {
        table.add_row(
            columns
                .iter()
                .filter_map(|column| Some(cell(column.cells.get(row)?, column))),
        );
    }
    for (n, column) in table.column_iter_mut().enumerate() {
        column.set_padding((
            if n > 0 {
                u16::try_from(GAP).unwrap_or(0)
            } else {
                0
            },
            0,
        ));
    }
    table
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(head: &str, is_name: bool, rank: u8, cells: &[&str]) -> Column {
        Column {
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
        let wide = "project   requests  threads\n漢字の店         1        3\nshop-api        12        4\n";
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
