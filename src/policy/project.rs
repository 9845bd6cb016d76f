//! Rows of JSON with only the fields that were asked for: what a list tool returns, as a table.

use super::{Does, Policy, Value};
use crate::json;

/// The table line.
pub(super) const POLICY: Policy = Policy {
    name: "project",
    value: "FIELDS",
    about: "of a JSON array of rows only these fields (separated by commas)",
    does: Does::Cut(cut),
};

/// An array of rows, or an object that has one. Values stay as they are written: no number changes.
fn cut(text: &str, value: &Value) -> Result<Option<String>, String> {
    let Value::Names(fields) = value else {
        return Ok(None);
    };
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let trimmed = text.trim();
    if trimmed.starts_with('[') {
        return rows(trimmed, &fields);
    }
    let members: std::collections::BTreeMap<&str, &serde_json::value::RawValue> =
        serde_json::from_str(trimmed).unwrap_or_default();
    let mut edits = Vec::new();
    for array in members
        .values()
        .map(|value| value.get())
        .filter(|value| value.starts_with('['))
    {
        if let (Some(range), Some(rows)) = (json::range_of(text, array), rows(array, &fields)?) {
            edits.push((range, rows));
        }
    }
    let edits: Vec<_> = edits
        .iter()
        .map(|(range, rows)| (range.clone(), rows.as_str()))
        .collect();
    Ok((!edits.is_empty()).then(|| json::spliced(text, edits)))
}

/// The rows with these fields; `None` where it is no list of at least two objects. A field that no
/// row has is most likely misspelt.
fn rows(array: &str, fields: &[&str]) -> Result<Option<String>, String> {
    let Some(elements) = json::elements(array).filter(|rows| rows.len() > 1) else {
        return Ok(None);
    };
    let mut known = vec![false; fields.len()];
    let mut projected = Vec::with_capacity(elements.len());
    for row in elements {
        let mut members = Vec::new();
        for (field, known) in fields.iter().zip(&mut known) {
            let Some([value]) = json::members(row, [*field]) else {
                return Ok(None);
            };
            if let Some(value) = value {
                *known = true;
                members.push(format!("{}:{value}", json::quoted(field)));
            }
        }
        projected.push(format!("{{{}}}", members.join(",")));
    }
    match fields.iter().zip(known).find(|(_, known)| !known) {
        Some((field, _)) => Err(format!("unknown field: {field}")),
        None => Ok(Some(format!("[{}]", projected.join(",")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_the_fields_and_numbers_their_digits() {
        let fields = Value::Names(vec!["id".into(), "at".into()]);
        let text = r#"{"n":2,"rows":[{"id":1.50,"x":"y"},{"at":1e400,"id":12345678901234567890}]}"#;
        let cut = |text| cut(text, &fields);
        let wanted = r#"{"n":2,"rows":[{"id":1.50},{"id":12345678901234567890,"at":1e400}]}"#;
        assert_eq!(cut(text).unwrap().as_deref(), Some(wanted));
        assert_eq!(cut("[1,2]"), Ok(None));
        assert_eq!(
            cut(r#"[{"id":1},{"id":2}]"#),
            Err("unknown field: at".into())
        );
    }
}
