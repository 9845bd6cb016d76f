//! Policy `project`: keeps the named fields of JSON rows, as a tool that lists things returns them.

use super::definition::{Action, Policy, PolicyValue};
use crate::json;
use crate::projection::{self, Projection};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "project",
    value: "FIELDS",
    about: "keep only these fields (separated by commas) of an array of JSON rows",
    action: Action::Cut(cut),
};

/// Projects an array of rows, or the arrays of rows that an object contains. Fields are named and
/// values are copied as [`Projection`] says.
fn cut(text: &str, value: &PolicyValue) -> Result<Option<String>, String> {
    let PolicyValue::Names(fields) = value else {
        return Ok(None);
    };
    let mut projection = Projection::to(fields)?;
    let trimmed = text.trim();
    if trimmed.starts_with('[') {
        return rows(trimmed, &mut projection);
    }
    let mut edits = Vec::new();
    for (_, array) in json::entries(trimmed).unwrap_or_default() {
        if let (Some(range), Some(rows)) =
            (json::range_of(text, array), rows(array, &mut projection)?)
        {
            edits.push((range, rows));
        }
    }
    if edits.is_empty() {
        return Ok(None);
    }
    Ok(Some(json::spliced(text, edits)))
}

/// Returns the rows with these fields only; `None` where the array is not a list of at least two
/// objects. A field that no row has is an error, because it is most likely misspelt.
fn rows(array: &str, projection: &mut Projection) -> Result<Option<String>, String> {
    let Some(rows) = projection::rows(array) else {
        return Ok(None);
    };
    if rows.len() < 2 {
        return Ok(None);
    }
    let mut projected = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(row) = projection.row(row) else {
            return Ok(None);
        };
        projected.push(row);
    }
    match projection.unknown() {
        Some(field) => Err(format!("unknown field: {field}")),
        None => Ok(Some(format!("[{}]", projected.join(",")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_the_fields_and_numbers_their_digits() {
        let fields = PolicyValue::Names(vec!["id".into(), "at".into()]);
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
