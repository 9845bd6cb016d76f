//! The shape of a document: where it has rows, and what surrounds them.
//!
//! The rows of a document are the arrays of objects that are reached through objects alone: an
//! array inside a row belongs to the row. The text of a content block (`{"type":"text","text":...}`
//! in the results of MCP tools) may be a document of its own, which stays inside its string.
//!
//! This file finds rows. It does not choose any.

use std::collections::VecDeque;

use serde_json::value::RawValue;

use crate::{json, projection};

/// Objects and texts that lie deeper than this are values like any other.
const MOST_DEPTH: usize = 16;

/// A part of a document.
#[derive(Debug)]
pub(super) enum DocumentPart {
    /// An array of rows.
    Rows(RowList),
    /// A string whose text is a document with rows.
    Text(Box<DocumentPart>),
    /// The members of an object that has rows, with their names as JSON strings.
    Object(Vec<(String, DocumentPart)>),
    /// The elements of an array of content blocks.
    Blocks(Vec<DocumentPart>),
    /// Any other value, as it is written.
    Value(String),
}

/// An array of rows.
#[derive(Debug, Default)]
pub(super) struct RowList {
    /// Its path in the document; empty where the document is the array.
    pub(super) path: String,
    /// The rows as they are written, or those of them that are returned.
    pub(super) rows: VecDeque<String>,
    /// How many rows the input had.
    pub(super) total: usize,
    /// Names of fields that are left out although nobody asked for that.
    pub(super) omitted: Vec<String>,
}

impl RowList {
    /// A list of these rows.
    pub(super) fn of(path: &str, rows: VecDeque<String>) -> RowList {
        RowList {
            path: path.to_owned(),
            total: rows.len(),
            rows,
            omitted: Vec::new(),
        }
    }

    fn at(path: &str, rows: &[&str]) -> RowList {
        RowList::of(path, rows.iter().map(|&row| row.to_owned()).collect())
    }
}

/// Reads a text that is one JSON value, or several behind one another. `None` where it is not JSON,
/// or has no rows.
pub(super) fn read(text: &str) -> Option<DocumentPart> {
    text_at(text, MOST_DEPTH)
}

fn text_at(text: &str, depth: usize) -> Option<DocumentPart> {
    let unique = json::without_repeats(text);
    let text = json::compact(unique.as_deref().unwrap_or(text));
    let values = serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>();
    let values: Vec<&RawValue> = values.collect::<Result<_, _>>().ok()?;
    if let [value] = values.as_slice() {
        return one(value.get(), depth);
    }
    let mut rows = VecDeque::new();
    for value in values {
        match projection::rows(value.get()) {
            Some(more) => rows.extend(more.into_iter().map(str::to_owned)),
            None if value.get().starts_with('{') => rows.push_back(value.get().to_owned()),
            None => return None,
        }
    }
    (!rows.is_empty()).then(|| DocumentPart::Rows(RowList::of("", rows)))
}

/// One value. An object without rows in it is the only row.
fn one(value: &str, depth: usize) -> Option<DocumentPart> {
    if let Some(blocks) = blocks(value, depth) {
        return Some(blocks);
    }
    if let Some(rows) = projection::rows(value) {
        return Some(DocumentPart::Rows(RowList::at("", &rows)));
    }
    if !value.starts_with('{') {
        return None;
    }
    for takes_empty in [false, true] {
        let finder = Finder { takes_empty };
        if let Some(object) = finder.object(value, "", depth) {
            return Some(object);
        }
    }
    Some(DocumentPart::Rows(RowList::at("", &[value])))
}

/// Looks for rows in an object.
struct Finder {
    /// Whether an empty array is an array of rows: only where there are no others.
    takes_empty: bool,
}

impl Finder {
    /// The members of an object; `None` where no rows are in it.
    fn object(&self, value: &str, path: &str, depth: usize) -> Option<DocumentPart> {
        let depth = depth.checked_sub(1)?;
        let mut members = Vec::new();
        let mut has_rows = false;
        for (name, value) in json::entries(value)? {
            let path = match path {
                "" => name.clone().into_owned(),
                path => format!("{path}.{name}"),
            };
            let part = self.member(value, &path, depth);
            has_rows |= part.is_some();
            let part = part.unwrap_or_else(|| DocumentPart::Value(value.to_owned()));
            members.push((json::quoted(&name), part));
        }
        has_rows.then_some(DocumentPart::Object(members))
    }

    /// A member that has rows.
    fn member(&self, value: &str, path: &str, depth: usize) -> Option<DocumentPart> {
        if value.starts_with('{') {
            return self.object(value, path, depth);
        }
        if let Some(blocks) = blocks(value, depth) {
            return Some(blocks);
        }
        let rows = projection::rows(value)?;
        if rows.is_empty() && !self.takes_empty {
            return None;
        }
        Some(DocumentPart::Rows(RowList::at(path, &rows)))
    }
}

/// An array of content blocks; `None` where the text of no block is a document.
fn blocks(value: &str, depth: usize) -> Option<DocumentPart> {
    let depth = depth.checked_sub(1)?;
    let mut blocks = Vec::new();
    let mut has_rows = false;
    for block in projection::rows(value)? {
        let mut members = Vec::new();
        let entries = json::entries(block)?;
        let is_text = entries
            .iter()
            .any(|(name, value)| name == "type" && *value == "\"text\"");
        for (name, value) in entries {
            let text = match json::text(value) {
                Some(text) if is_text && name == "text" => document(&text, depth),
                _ => None,
            };
            has_rows |= text.is_some();
            let part = match text {
                Some(text) => DocumentPart::Text(Box::new(text)),
                None => DocumentPart::Value(value.to_owned()),
            };
            members.push((json::quoted(&name), part));
        }
        blocks.push(DocumentPart::Object(members));
    }
    has_rows.then_some(DocumentPart::Blocks(blocks))
}

/// The document that is the text of a block.
fn document(text: &str, depth: usize) -> Option<DocumentPart> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    text_at(text, depth)
}

impl DocumentPart {
    /// Calls `take` on all lists of rows, also on those inside texts.
    pub(super) fn each_list(&mut self, take: &mut dyn FnMut(&mut RowList)) {
        match self {
            DocumentPart::Rows(rows) => take(rows),
            DocumentPart::Text(part) => part.each_list(take),
            DocumentPart::Object(members) => members
                .iter_mut()
                .for_each(|(_, part)| part.each_list(take)),
            DocumentPart::Blocks(blocks) => blocks.iter_mut().for_each(|part| part.each_list(take)),
            DocumentPart::Value(_) => {}
        }
    }

    /// Returns the lists of this document; those inside texts are of other documents.
    pub(super) fn lists(&self) -> Vec<&RowList> {
        match self {
            DocumentPart::Rows(rows) => vec![rows],
            DocumentPart::Object(members) => {
                members.iter().flat_map(|(_, part)| part.lists()).collect()
            }
            DocumentPart::Text(_) | DocumentPart::Blocks(_) | DocumentPart::Value(_) => Vec::new(),
        }
    }
}
