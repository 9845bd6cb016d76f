//! Writes a document as JSON on one line, with its counts in front.
//!
//! The document keeps its shape; an array of rows becomes an object with the counts and `rows`.
//! A total that the document has itself is kept: it may count what the server holds.

use super::document::{DocumentPart, RowList};
use super::shorten;
use crate::json;

/// How much of a document is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct SizeLimits {
    /// Most rows of each list.
    pub(super) rows: usize,
    /// Most bytes of a value in a row.
    row_bytes: usize,
    /// Most bytes of a value around the rows.
    around_bytes: usize,
    /// Values around the rows that have more bytes are left out.
    drop_over: usize,
    /// Whether the names of omitted fields are written.
    names: bool,
}

impl SizeLimits {
    /// This many rows, whole.
    pub(super) fn whole(rows: usize, around_bytes: usize) -> SizeLimits {
        SizeLimits {
            rows,
            row_bytes: usize::MAX,
            around_bytes,
            drop_over: usize::MAX,
            names: true,
        }
    }

    /// The same with values of at most this many bytes.
    pub(super) fn shortened(self, bytes: usize) -> SizeLimits {
        SizeLimits {
            row_bytes: bytes,
            around_bytes: self.around_bytes.min(bytes),
            names: bytes > 64,
            ..self
        }
    }

    /// The same with this many rows.
    pub(super) fn rows(self, rows: usize) -> SizeLimits {
        SizeLimits { rows, ..self }
    }

    /// The same without values around the rows that have more bytes.
    pub(super) fn without_values_over(self, drop_over: usize) -> SizeLimits {
        SizeLimits { drop_over, ..self }
    }

    /// Whether values around the rows are left out.
    pub(super) fn drops(&self) -> bool {
        self.drop_over < usize::MAX
    }
}

/// How documents are written, whatever their size.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListLayout {
    /// Whether the last rows are kept, not the first.
    pub(super) keeps_last: bool,
    /// Whether rows are written without their counts.
    pub(super) is_bare: bool,
    /// Whether the input was lines, which bare rows stay.
    pub(super) is_lines: bool,
    /// Lines of the input that were no rows.
    pub(super) skipped: u64,
}

/// Names of the members that are written about the rows. The ones of an earlier run are replaced.
const TOTAL: &str = "\"total_count\"";
const INPUT: &str = "\"input_count\"";
const RETURNED: &str = "\"returned_count\"";
const OMITTED: &str = "\"omitted_fields\"";
const SKIPPED: &str = "\"skipped_lines\"";

impl ListLayout {
    /// Returns the document with a line feed at its end.
    pub(super) fn written(&self, root: &DocumentPart, limits: &SizeLimits) -> String {
        let mut to = String::new();
        match root {
            DocumentPart::Rows(list) if self.is_bare && self.is_lines => {
                to = self.rows(list, limits).join("\n");
            }
            root => self.document(root, limits, &mut to),
        }
        if !to.is_empty() {
            to.push('\n');
        }
        to
    }

    /// A whole document: the input, or the text of a block.
    fn document(&self, root: &DocumentPart, limits: &SizeLimits, to: &mut String) {
        match root {
            DocumentPart::Rows(_) if self.is_bare => self.part(root, limits, to),
            DocumentPart::Rows(list) => {
                let mut members = self.counts(&[list], &[], limits);
                if self.skipped > 0 {
                    members.push(format!("{SKIPPED}:{}", self.skipped));
                }
                members.push(format!("\"rows\":[{}]", self.rows(list, limits).join(",")));
                braced(&members, to);
            }
            DocumentPart::Object(own) => {
                let lists = root.lists();
                let mut members = Vec::new();
                if !self.is_bare && !lists.is_empty() {
                    members = self.counts(&lists, own, limits);
                }
                let counts = !members.is_empty();
                for (name, part) in own {
                    let is_ours = [INPUT, RETURNED, OMITTED].contains(&name.as_str());
                    if !(counts && is_ours && matches!(part, DocumentPart::Value(_))) {
                        members.extend(self.member(name, part, limits));
                    }
                }
                braced(&members, to);
            }
            part => self.part(part, limits, to),
        }
    }

    /// The members that say how many rows there were, and how many are returned.
    fn counts(
        &self,
        lists: &[&RowList],
        own: &[(String, DocumentPart)],
        limits: &SizeLimits,
    ) -> Vec<String> {
        let own = |wanted: &str| own.iter().find(|(name, _)| name == wanted);
        let is_taken = |name: &str| matches!(own(name), Some((_, part)) if !part.is_value());
        let total = by_path(lists, |list| list.total);
        let returned = by_path(lists, |list| list.rows.len().min(limits.rows));
        let mut members = Vec::new();
        match own(TOTAL) {
            None => members.push(format!("{TOTAL}:{total}")),
            Some((_, DocumentPart::Value(same))) if *same == total => {}
            Some(_) if is_taken(INPUT) => {}
            Some(_) => members.push(format!("{INPUT}:{total}")),
        }
        if !is_taken(RETURNED) {
            members.push(format!("{RETURNED}:{returned}"));
        }
        let omitted = omitted(lists);
        if limits.names && !omitted.is_empty() && !is_taken(OMITTED) {
            members.push(format!("{OMITTED}:[{}]", omitted.join(",")));
        }
        members
    }

    /// One member of an object, with its name; `None` where it is left out.
    fn member(&self, name: &str, part: &DocumentPart, limits: &SizeLimits) -> Option<String> {
        if let DocumentPart::Value(value) = part {
            // Without its type, a content block is none.
            let is_kept = value.len() <= limits.drop_over || name == "\"type\"";
            if !is_kept {
                return None;
            }
        }
        let mut member = format!("{name}:");
        self.part(part, limits, &mut member);
        Some(member)
    }

    fn part(&self, part: &DocumentPart, limits: &SizeLimits, to: &mut String) {
        match part {
            DocumentPart::Rows(list) => {
                to.push('[');
                to.push_str(&self.rows(list, limits).join(","));
                to.push(']');
            }
            DocumentPart::Text(root) => {
                let mut text = String::new();
                self.document(root, limits, &mut text);
                to.push_str(&json::quoted(&text));
            }
            DocumentPart::Object(members) => {
                let members = members.iter();
                let members: Vec<String> = members
                    .filter_map(|(name, part)| self.member(name, part, limits))
                    .collect();
                braced(&members, to);
            }
            DocumentPart::Blocks(blocks) => {
                for (at, block) in blocks.iter().enumerate() {
                    to.push(if at == 0 { '[' } else { ',' });
                    self.part(block, limits, to);
                }
                to.push(']');
            }
            DocumentPart::Value(value) => to.push_str(&shorten::value(value, limits.around_bytes)),
        }
    }

    /// The rows that are returned.
    fn rows(&self, list: &RowList, limits: &SizeLimits) -> Vec<String> {
        let left_out = list.rows.len().saturating_sub(limits.rows);
        let from = if self.keeps_last { left_out } else { 0 };
        let rows = list.rows.iter().skip(from).take(limits.rows);
        rows.map(|row| match limits.row_bytes {
            usize::MAX => row.clone(),
            most => shorten::row(row, most),
        })
        .collect()
    }
}

impl DocumentPart {
    fn is_value(&self) -> bool {
        matches!(self, DocumentPart::Value(_))
    }
}

/// Writes an object of these members.
fn braced(members: &[String], to: &mut String) {
    to.push('{');
    to.push_str(&members.join(","));
    to.push('}');
}

/// A count: a number, or of several lists an object of numbers by the path of the list.
fn by_path(lists: &[&RowList], count: impl Fn(&RowList) -> usize) -> String {
    if let [list] = lists {
        return count(list).to_string();
    }
    let lists = lists.iter();
    let counts: Vec<String> = lists
        .map(|list| format!("{}:{}", json::quoted(&list.path), count(list)))
        .collect();
    format!("{{{}}}", counts.join(","))
}

/// The names of all omitted fields as JSON strings; of several lists with the path of the list.
fn omitted(lists: &[&RowList]) -> Vec<String> {
    let mut names = Vec::new();
    for list in lists {
        for name in &list.omitted {
            names.push(match lists {
                [_] => json::quoted(name),
                _ => json::quoted(&format!("{}.{name}", list.path)),
            });
        }
    }
    names
}
