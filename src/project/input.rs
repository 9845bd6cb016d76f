//! Reads the input: one document, several behind one another, or rows on lines.
//!
//! Where the first line is an object and another follows, the input is rows on lines: they are read
//! one by one, and only those that are to be returned are kept. Everything else is read whole.
//! Lines that are no rows are counted, and noted with their number.

use std::io::BufRead;

use super::WantedRows;
use super::document::{self, DocumentPart, RowList};
use crate::json;
use crate::raw_lines::{BrokenInput, RawLine, RawLines};
use crate::refusal;
use crate::skip::Skips;

/// Most bytes of a line, and of a document.
const MOST_BYTES: usize = 256 << 20;

/// Why nothing can be returned of an input.
pub(super) type Refusal = String;

/// What was read.
pub(super) struct ListInput {
    pub(super) root: DocumentPart,
    /// Whether it was rows on lines.
    pub(super) is_lines: bool,
    /// Lines that were no rows.
    pub(super) skipped: u64,
}

/// Reads the input. Rows on lines are chosen as they are read, those of a document are not.
pub(super) fn read(
    from: &mut dyn BufRead,
    file: &str,
    wanted: &mut WantedRows,
    skips: &mut Skips,
) -> Result<ListInput, Refusal> {
    let mut lines = RawLines::new(from, MOST_BYTES as u64);
    let mut rows = RowsOnLines {
        list: RowList::default(),
        skipped: 0,
        file,
        skips,
        wanted,
    };
    let Some(first) = next(&mut lines)? else {
        return Err("the input is empty".to_owned());
    };
    if is_row(&first.text) {
        let Some(second) = next(&mut lines)? else {
            return rows.document(&first.text).ok_or_else(|| why(&first.text));
        };
        rows.add(first);
        rows.add(second);
        while let Some(line) = next(&mut lines)? {
            rows.add(line);
        }
        return Ok(rows.end());
    }
    rows.whole(first, &mut lines)
}

/// A line that is not blank.
struct FilledLine {
    number: u64,
    /// Its text; U+FFFD stands for what is not UTF-8.
    text: String,
    is_utf8: bool,
}

/// Reads the next line that is not blank.
fn next(lines: &mut RawLines) -> Result<Option<FilledLine>, Refusal> {
    loop {
        match lines.read().map_err(broken)? {
            None => return Ok(None),
            Some(RawLine::TooLong) => return Err(too_long()),
            Some(RawLine::Whole { number, bytes, .. }) => {
                let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
                    Some(rest) if number == 1 => rest,
                    _ => bytes,
                };
                let bytes = bytes.trim_ascii();
                if !bytes.is_empty() {
                    let text = String::from_utf8_lossy(bytes);
                    return Ok(Some(FilledLine {
                        number,
                        is_utf8: matches!(text, std::borrow::Cow::Borrowed(_)),
                        text: text.into_owned(),
                    }));
                }
            }
        }
    }
}

fn broken(e: BrokenInput) -> Refusal {
    crate::path::reason(&e.error)
}

fn too_long() -> Refusal {
    format!("longer than {} MiB", MOST_BYTES >> 20)
}

/// Whether a line is a row by itself.
fn is_row(line: &str) -> bool {
    line.starts_with('{') && json::entries(line).is_some()
}

/// Why a text without rows is refused.
fn why(text: &str) -> Refusal {
    match serde_json::from_str::<&serde_json::value::RawValue>(text) {
        Ok(_) => "no rows: an array of objects was expected, alone or in an object".to_owned(),
        Err(e) => refusal::of(&e).to_owned(),
    }
}

/// Rows that stand on lines, as far as they are read.
struct RowsOnLines<'a> {
    list: RowList,
    skipped: u64,
    file: &'a str,
    skips: &'a mut Skips,
    wanted: &'a mut WantedRows,
}

impl RowsOnLines<'_> {
    fn add(&mut self, line: FilledLine) {
        if !line.is_utf8 || !is_row(&line.text) {
            self.skipped += 1;
            let why = "no row: a JSON object was expected";
            self.skips.note(self.file, Some(line.number), why);
            return;
        }
        self.wanted.see(&line.text);
        self.list.total += 1;
        self.wanted.keep(line.text, &mut self.list.rows);
    }

    fn end(mut self) -> ListInput {
        for row in &mut self.list.rows {
            *row = json::compact(row);
        }
        ListInput {
            root: DocumentPart::Rows(self.list),
            is_lines: true,
            skipped: self.skipped,
        }
    }

    /// The text as one document, or as several behind one another.
    fn document(&mut self, text: &str) -> Option<ListInput> {
        let mut root = document::read(text)?;
        root.each_list(&mut |list| {
            for row in std::mem::take(&mut list.rows) {
                self.wanted.see(&row);
                self.wanted.keep(row, &mut list.rows);
            }
        });
        Some(ListInput {
            root,
            is_lines: false,
            skipped: 0,
        })
    }

    /// Reads everything else: a document, or lines of which the first is no row.
    fn whole(mut self, first: FilledLine, lines: &mut RawLines) -> Result<ListInput, Refusal> {
        let mut text = first.text.clone();
        let mut is_utf8 = first.is_utf8;
        let mut read = vec![first];
        while let Some(line) = next(lines)? {
            text.push('\n');
            text.push_str(&line.text);
            is_utf8 &= line.is_utf8;
            read.push(line);
            if text.len() > MOST_BYTES {
                return Err(too_long());
            }
        }
        if is_utf8 && let Some(input) = self.document(&text) {
            return Ok(input);
        }
        if !read.iter().any(|line| line.is_utf8 && is_row(&line.text)) {
            return Err(why(&text));
        }
        for line in read {
            self.add(line);
        }
        Ok(self.end())
    }
}
