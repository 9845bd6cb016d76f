//! All tables of the report, each folded below its title.

use maud::{Markup, html};

use super::LINE_END;
use super::words::phrase;
use crate::number::counted;
use crate::render::layout::Layout;
use crate::render::phrase::Phrase;
use crate::render::report::ReportContent;
use crate::render::table;
use crate::render::table::grid::ReportTable;

/// Returns the section; nothing where no table has rows.
pub(super) fn folded(report: &ReportContent, layout: &Layout) -> Markup {
    let tables = table::all(report, layout);
    html! {
        @if !tables.is_empty() {
            section aria-labelledby="tables" {
                h2 id="tables" { "All tables" }
                (LINE_END)
                @for (at, table) in tables.iter().enumerate() { (fold(table, at)) }
            }
            (LINE_END)
        }
    }
}

fn fold(table: &ReportTable, at: usize) -> Markup {
    html! {
        details {
            summary id={ "table" (at) } { (table.title) }
            (LINE_END)
            div class="scroll" role="region" aria-labelledby={ "table" (at) } tabindex="0" {
                table {
                    thead { tr {
                        @for (name, is_right) in table.columns {
                            th scope="col" class=[is_right.then_some("number")] { (name) }
                        }
                    } }
                    (LINE_END)
                    tbody { @for row in &table.rows { (line(row, table)) } }
                }
            }
            @if table.left_out > 0 {
                p class="note" {
                    (counted(table.left_out as u64, &format!("more {}", table.noun)))
                }
            }
        }
        (LINE_END)
    }
}

fn line(row: &[Phrase], table: &ReportTable) -> Markup {
    html! {
        tr {
            @for (cell, (_, is_right)) in row.iter().zip(table.columns) {
                td class=[is_right.then_some("number")] { (phrase(cell)) }
            }
        }
        (LINE_END)
    }
}
