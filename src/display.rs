//! Text prepared for the cells of tables: escaped, and clipped to a width.
//!
//! Names come from session files, so they may contain anything. Characters that move a cursor or
//! end a cell, and text that a spreadsheet would run as a formula, are escaped here, in the same
//! way for every filter that writes tables.
//!
//! This module does not know which table a text is for.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::skip::visible;

/// Returns the text as a cell of tab-separated values: a tab is written `\t`, a line feed `\n`, a
/// carriage return `\r` and a backslash `\\`; other control characters are written `\u{1b}`. A text
/// that a spreadsheet would take for a formula gets a leading `'`.
pub fn tsv(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('\t', "\\t")
        .replace('\n', "\\n")
        .replace('\r', "\\r");
    let harmless = visible(&escaped);
    if harmless.starts_with(['=', '+', '-', '@']) {
        format!("'{harmless}")
    } else {
        harmless.into_owned()
    }
}

/// Returns the text in at most `columns` columns. Where it is wider, its middle is replaced by `…`,
/// because the two ends of a path or a command are the most informative parts.
pub fn clip(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return text.into();
    }
    let room = columns.saturating_sub(1);
    let tail = taken(text.chars().rev(), room / 2);
    let head = taken(text.chars(), room - room / 2);
    let tail: String = tail.chars().rev().collect();
    format!("{head}…{tail}").into()
}

/// Returns the first characters that fit into `columns`. A character without a width counts as one
/// column, so that a long run of combining marks is cut too.
fn taken(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut left = columns;
    let mut fitting = String::new();
    for c in chars {
        let width = c.width().unwrap_or(0).max(1);
        if width > left {
            break;
        }
        left -= width;
        fitting.push(c);
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_no_tab_no_line_end_and_no_formula() {
        assert_eq!(tsv("a\tb\nc\\d\u{1b}[2J"), "a\\tb\\nc\\\\d\\u{1b}[2J");
        assert_eq!(tsv("=HYPERLINK(1)"), "'=HYPERLINK(1)");
    }

    #[test]
    fn the_middle_of_a_wide_text_is_left_out() {
        assert_eq!(clip("abcdefghij", 10), "abcdefghij");
        assert_eq!(clip("abcdefghij", 7), "abc…hij");
        assert_eq!(clip("漢字漢字漢字", 7), "漢…字");
        assert!(clip(&"e\u{301}".repeat(9999), 10).chars().count() <= 10);
    }
}
