//! Rows: JSON objects with the same keys, and what they would take with the keys written once.
//!
//! A list of objects says every key again in each row. The same rows as lines of values under one
//! line of keys say as much: how many tokens these would be is measured, not guessed. The values of
//! strings lose their quotes, all other values the blanks between their parts. What a projection to
//! fewer keys would save is not known.
//!
//! Only a text that is JSON as a whole is looked at: an array of objects, an object on each line,
//! or an object with such arrays as members. An agent may have put lines in front of it.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json;

/// The rows of a text.
pub(super) struct JsonRows {
    /// How many.
    pub(super) count: u64,
    /// The text, with the rows as lines under their keys.
    pub(super) text: String,
}

/// The last of the lines that some agents put in front of an output, and how far down it may be.
const HEAD_ENDS: &str = "Output:\n";
const MOST_HEAD_BYTES: usize = 512;

/// Returns the rows; `None` where the text is something else.
pub(super) fn of(text: &str) -> Option<JsonRows> {
    let (head, json) = match text.find(HEAD_ENDS) {
        Some(at) if at < MOST_HEAD_BYTES => text.split_at(at + HEAD_ENDS.len()),
        _ => ("", text),
    };
    let json = json.trim();
    // Most texts that begin with a bracket are log lines, which are not worth parsing.
    let mut table = match (json.as_bytes().first()?, json.as_bytes().last()?) {
        (b'[', b']') => array(json)?,
        (b'{', b'}') => members(json).or_else(|| lines(json))?,
        _ => return None,
    };
    table.text.insert_str(0, head);
    Some(table)
}

/// An array of objects.
fn array(json: &str) -> Option<JsonRows> {
    let inner = json.strip_prefix('[')?.trim_start();
    if !inner.starts_with('{') {
        return None;
    }
    let rows: Vec<Members> = serde_json::from_str(json).ok()?;
    Some(written(&rows))
}

/// Two or more lines, and an object on each.
fn lines(json: &str) -> Option<JsonRows> {
    let mut rows: Vec<Members> = Vec::new();
    for line in json.lines() {
        if !line.trim().is_empty() {
            rows.push(serde_json::from_str(line).ok()?);
        }
    }
    (rows.len() > 1).then(|| written(&rows))
}

/// An object with arrays of objects among its members.
fn members(json: &str) -> Option<JsonRows> {
    let members: Members = serde_json::from_str(json).ok()?;
    let mut all = JsonRows {
        count: 0,
        text: String::new(),
    };
    for (key, value) in &members.0 {
        all.text.push_str(key);
        all.text.push('\t');
        if let Some(rows) = array(value.get()) {
            all.count += rows.count;
            all.text.push('\n');
            all.text.push_str(&rows.text);
        } else {
            write_value(value.get(), &mut all.text);
            all.text.push('\n');
        }
    }
    (all.count > 0).then_some(all)
}

/// Writes rows as lines under one line of keys, in the order in which the keys first appear.
fn written(rows: &[Members]) -> JsonRows {
    let mut keys: Vec<&str> = Vec::new();
    for (key, _) in rows.iter().flat_map(|row| &row.0) {
        // Rows have a few keys, mostly the same in the same order.
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    let mut text = keys.join("\t");
    for row in rows {
        let mut between = '\n';
        for key in &keys {
            text.push(between);
            between = '\t';
            if let Some((_, value)) = row.0.iter().find(|(name, _)| name == key) {
                write_value(value.get(), &mut text);
            }
        }
    }
    text.push('\n');
    JsonRows {
        count: rows.len() as u64,
        text,
    }
}

/// Writes a value without the quotes of a string and without the blanks between the parts of
/// anything else.
fn write_value(value: &str, to: &mut String) {
    if let Some(inner) = value.strip_prefix('"') {
        to.push_str(inner.strip_suffix('"').unwrap_or(inner));
        return;
    }
    to.push_str(&json::compact(value));
}

/// The members of an object, in their order; the values as they stand there.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Members<'a>, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = keys.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(ObjectVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Option<(u64, String)> {
        of(text).map(|rows| (rows.count, rows.text))
    }

    #[test]
    fn keys_are_written_once_and_values_without_their_frame() {
        let pretty =
            "[\n  {\n    \"a\": \"x y\",\n    \"b\": [1, \"c d\"]\n  },\n  {\"b\": null}\n]\n";
        let table = "a\tb\nx y\t[1,\"c d\"]\n\tnull\n".to_owned();
        assert_eq!(rows(pretty), Some((2, table.clone())));
        let lines = "{\"a\":\"x y\",\"b\":[1,\"c d\"]}\n{\"b\":null}\n";
        assert_eq!(rows(lines), Some((2, table.clone())));
        let headed = format!("Wall time: 1 seconds\nOutput:\n{lines}");
        let head = "Wall time: 1 seconds\nOutput:\n".to_owned();
        assert_eq!(rows(&headed), Some((2, head + &table)));
    }

    #[test]
    fn rows_inside_an_object_count() {
        let text = r#"{"total": 2, "jobs": [{"id": 1}, {"id": 2}]}"#;
        let table = "total\t2\njobs\t\nid\n1\n2\n".to_owned();
        assert_eq!(rows(text), Some((2, table)));
    }

    #[test]
    fn other_texts_have_no_rows() {
        for text in [
            "",
            "[",
            "[info] started",
            "[1,2]",
            "[{\"a\":1},2,{}]",
            r#"{"a":1}"#,
            "{\"a\":1}\nand more }",
            "fn main() {}",
            "[{\"a\":1},…3 tokens truncated…]",
        ] {
            assert_eq!(rows(text), None, "{text}");
        }
    }
}
