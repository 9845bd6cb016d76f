//! Text in the cells of tables: harmless, and no wider than there is room.
//!
//! Names come from session files, so they may hold anything: what moves a cursor, ends a cell or is
//! a formula is made visible here, alike in every filter that writes tables.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::skip::visible;

/// A cell of tab-separated values: a tab is `\t`, a line feed `\n`, a carriage return `\r` and a
/// backslash `\\`; other control characters are shown as `\u{1b}`. One that a spreadsheet would
/// take for a formula begins with `'`.
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

/// The text in at most that many columns: the middle gives way to `…`, because the ends of paths
/// and commands say most.
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

/// The first characters that take no more than `columns`. Characters without a width count too,
/// so that a heap of combining marks cannot grow without end.
fn taken(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut left = columns;
    let mut fits = |c: &char| {
        let width = c.width().unwrap_or(0).max(1);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    chars.take_while(|c| fits(c)).collect()
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
    fn the_middle_gives_way() {
        assert_eq!(clip("abcdefghij", 10), "abcdefghij");
        assert_eq!(clip("abcdefghij", 7), "abc…hij");
        assert_eq!(clip("漢字漢字漢字", 7), "漢…字");
        assert!(clip(&"e\u{301}".repeat(9999), 10).chars().count() <= 10);
    }
}
